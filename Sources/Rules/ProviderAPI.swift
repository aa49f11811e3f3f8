import RelayCore

/// A source's `api`: where its provider's own API is and as whom it is asked, for calls that are placed, records that are
/// fetched and recordings that are played.
package struct ProviderAPI: Sendable, Equatable {
  /// TeleCMI's doc sets that have an API of their own (providers.md §2).
  package enum Product: String, Sendable, CaseIterable {
    /// rest.telecmi.com, v2.
    case chub
    /// piopiy.telecmi.com, v1: the same with older names.
    case chubIndia = "chub_india"
    /// piopiy.telecmi.com: calls are placed, lists by date are not documented.
    case piopiy
  }

  /// What is asked of an API, by the name that `paths` gives it.
  package enum Endpoint: String, Sendable, CaseIterable {
    case answered, missed
    case outAnswered = "out_answered"
    case outMissed = "out_missed"
    case makeCall = "make_call"
    case click2call, play
    case export, task
  }

  package let provider: Provider
  /// `chub` for a provider that has no products.
  package let product: Product
  /// Without a slash at its end: `https://rest.telecmi.com`.
  package let baseURL: String
  /// TeleCMI's; nil for Callr.
  package let appID: Int64?
  /// TeleCMI: of the app. Callr: the API key.
  package let secret: Secret
  /// Whether `base_url` may be a loopback or private address.
  package let allowsPrivate: Bool
  /// Milliseconds for one request. Default 30 s, 1 to 300 s.
  package let timeout: Int64
  /// At most, of requests that fetch. Default 2, 0.01 to 100: no provider documents a limit.
  package let requestsPerSecond: Double
  /// What a lenient reading did not find: then nothing is asked of the API, and webhooks come in as ever.
  package var missingSecrets: [RuleProblem] = []

  private let paths: [Endpoint: String]

  /// Begins with a slash. nil where this API has no such endpoint, and none is written.
  package func path(_ endpoint: Endpoint) -> String? {
    paths[endpoint] ?? Self.documented(endpoint, provider, product)
  }

  /// Where an endpoint is asked; nil as for `path`.
  package func url(_ endpoint: Endpoint) -> String? {
    path(endpoint).map { baseURL + $0 }
  }
}

// MARK: - What is documented

extension ProviderAPI {
  /// providers.md §2.1 to §2.3 and §4. `out_answered` of v2, `task`, and `play` are seen or inferred, not documented.
  private static func documented(_ endpoint: Endpoint, _ provider: Provider, _ product: Product) -> String? {
    switch (provider, product, endpoint) {
    case (.telecmi, .chub, .answered): "/v2/answered"
    case (.telecmi, .chub, .missed): "/v2/missed"
    case (.telecmi, .chub, .outAnswered): "/v2/out_answered"
    case (.telecmi, .chub, .outMissed): "/v2/out_missed"
    case (.telecmi, .chub, .click2call): "/v2/webrtc/click2call"
    case (.telecmi, .chub, .play): "/v2/play"
    case (.telecmi, .chubIndia, .answered): "/v1/answered"
    case (.telecmi, .chubIndia, .missed): "/v1/missed"
    case (.telecmi, .chubIndia, .outAnswered): "/v1/outanswered"
    case (.telecmi, .chubIndia, .outMissed): "/v1/outmissed"
    case (.telecmi, .chubIndia, .click2call): "/v1/adminConnect"
    case (.telecmi, .chubIndia, .play): "/v1/play"
    case (.telecmi, .piopiy, .makeCall): "/v1/make_call"
    case (.telecmi, .piopiy, .play): "/v1/play"
    case (.callr, _, .export): "/calls/export"
    case (.callr, _, .task): "/tasks"
    default: nil
    }
  }

  private static func documentedBase(_ provider: Provider, _ product: Product) -> String {
    switch (provider, product) {
    case (.callr, _): "https://api.callr.com/v2.0"
    case (_, .chub): "https://rest.telecmi.com"
    case (_, .chubIndia), (_, .piopiy): "https://piopiy.telecmi.com"
    }
  }
}

// MARK: - Reading

extension ProviderAPI {
  static let keys = [
    "product", "base_url", "app_id", "secret", "allow_private", "timeout_seconds", "requests_per_second", "paths",
  ]

  /// nil after a problem, and where it is disabled. `appIDs`: of the source, whose only one is the API's too.
  static func read(_ node: Node, _ provider: Provider?, appIDs: [Int64]) -> ProviderAPI? {
    guard provider != .generic else {
      node.problem("a generic source has no API that is known here")
      return nil
    }
    var (api, missing) = node.loading.readingLeniently(node) {
      ProviderAPI(reading: node, provider ?? .telecmi, appIDs: appIDs)
    }
    api?.missingSecrets = missing
    return api
  }

  private init?(reading node: Node, _ provider: Provider, appIDs: [Int64]) {
    guard let reader = ObjectReader(node, keys: Self.keys) else { return nil }
    if provider != .telecmi {
      for key in ["product", "app_id"] { reader[key]?.problem("only the api of a telecmi source has it") }
    }
    let product = reader["product"]?.word(Product.self) ?? .chub
    let allowsPrivate = reader["allow_private"]?.flag() ?? false
    let base = reader["base_url"].map { Self.base($0, allowsPrivate) } ?? Self.documentedBase(provider, product)
    let secret = reader.required(
      "secret", provider == .callr ? "missing; expected the API key" : "missing; expected the app secret")?
      .text(isSecret: true)
    let appID = reader["app_id"]?.integer(1...Int64.max) ?? (appIDs.count == 1 ? appIDs[0] : nil)
    if provider == .telecmi, appID == nil, reader["app_id"] == nil {
      node.problem("app_id is missing; it can be left out where the source has one app id in app_ids")
    }
    guard let base, let secret, provider != .telecmi || appID != nil, reader.isEnabled else { return nil }
    self.provider = provider
    self.product = product
    baseURL = base
    self.appID = provider == .telecmi ? appID : nil
    self.secret = Secret(secret.text)
    self.allowsPrivate = allowsPrivate
    timeout = reader["timeout_seconds"]?.seconds(1...300) ?? 30_000
    requestsPerSecond = reader["requests_per_second"]?.decimal(0.01...100) ?? 2
    paths = reader["paths"].map(Self.paths) ?? [:]
  }

  private static func base(_ node: Node, _ allowsPrivate: Bool) -> String? {
    guard let url = URLTemplate(reading: node) else { return nil }
    guard url.template.placeholders.isEmpty else {
      node.problem("holds a placeholder; an API is asked for no record")
      return nil
    }
    if let origin = url.origin, origin.isPrivate, !allowsPrivate {
      node.problem(URLTemplate.isPrivate(origin.host, beside: "it"))
    }
    let text = url.revealed
    guard !text.contains("?") else {
      node.problem("has a query; expected scheme, host and a path, as in https://rest.telecmi.com")
      return nil
    }
    return text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  private static func paths(_ node: Node) -> [Endpoint: String] {
    guard let object = node.json.object else {
      node.expected("an object of paths by name", showsFound: false)
      return [:]
    }
    var paths: [Endpoint: String] = [:]
    for member in object.members {
      let inner = Node(json: member.value, path: node.path.key(member.key), loading: node.loading)
      let names = Endpoint.allCases.map(\.rawValue)
      guard let endpoint = Endpoint(rawValue: member.key) else {
        inner.problem("unknown endpoint\(NearestName.hint(for: member.key, among: names))")
        continue
      }
      guard let path = inner.text("a path such as /v2/answered")?.text else { continue }
      guard path.hasPrefix("/"), path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"?#\"<>\\^`{|}".utf8.contains($0) })
      else {
        inner.expected("a path such as /v2/answered")
        continue
      }
      paths[endpoint] = path
    }
    return paths
  }
}
