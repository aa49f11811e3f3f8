import RelayCore

/// The `alerts` section of a rule file: who is told when something needs a person, and from when on it does.
package struct AlertSettings: Sendable, Equatable {
  /// What can be told, by the name that `status --problems --json` gives it.
  package enum Condition: String, Sendable, CaseIterable {
    case refusingRecords = "refusing_records"
    case diskLow = "disk_low"
    case destinationHeld = "destination_held"
    case destinationUnknown = "destination_unknown"
    case deadLetters = "dead_letters"
    case lateDelivery = "late_delivery"
    case waitingLong = "waiting_long"
    case sourceSilent = "source_silent"
    case unrouted
    case quarantined
    case refusedKept = "refused_kept"
    case rulesRefused = "rules_refused"
    case secretMissing = "secret_missing"
    case callsMissing = "calls_missing"
    case apiFailing = "api_failing"
    case callCredentials = "call_credentials"
  }

  /// By what a destination can be held, by the names that `destinations list --json` gives them.
  package enum Holder: String, Sendable, CaseIterable {
    case rules, person, credentials, refusals, breaker, limit, copy, secrets
  }

  package enum Channel: Sendable, Equatable {
    /// Program and arguments. Its environment has nothing but PATH, HOME, LANG, TZ and what is written here.
    case run([String], environment: [NamedSecret])
    case post(Post)
  }

  package struct NamedSecret: Sendable, Equatable {
    package let name: String
    package let value: Secret
  }

  /// Where an alert is posted to.
  package struct Post: Sendable, Equatable {
    package let url: Secret
    /// Names in lower case.
    package let headers: [NamedSecret]
    package let allowsPrivate: Bool
    package let proxy: ProxySettings?

    package init(url: Secret, headers: [NamedSecret], allowsPrivate: Bool, proxy: ProxySettings?) {
      self.url = url
      self.headers = headers
      self.allowsPrivate = allowsPrivate
      self.proxy = proxy
    }
  }

  /// nil: only the log tells.
  package var channel: Channel?
  /// Milliseconds that one run or post may take. Default 10 s, 1 to 60 s.
  package var timeout: Int64 = 10_000
  /// Default all but `unrouted`.
  package var conditions = Set(Condition.allCases).subtracting([.unrouted])
  /// Default all but `rules` and `person`: what was paused on purpose.
  package var holders = Set(Holder.allCases).subtracting([.rules, .person])
  /// Milliseconds between two messages on the same thing, at least. Default 60 s, 0 to a day.
  package var pause: Int64 = 60_000
  /// Milliseconds after which a delivery that waits has waited too long. Default 15 minutes, 1 minute to 30 days.
  package var longestWait: Int64 = 15 * 60_000
  /// Milliseconds for which nothing moves although it could, until a delivery is late. Default 60 s, 5 s to a day.
  package var lateAfter: Int64 = 60_000

  package init() {}
}

extension AlertSettings {
  static let keys = [
    "run", "environment", "url", "headers", "allow_private", "timeout_seconds", "conditions", "holds",
    "least_seconds_between", "oldest_waiting_minutes", "late_after_seconds",
  ]

  /// - Parameter proxy: that of the `relay` section.
  init(reading node: Node?, proxy: ProxySettings?) {
    self.init()
    guard let node, let reader = ObjectReader(node, keys: Self.keys) else { return }
    var settings = AlertSettings()
    settings.channel = Self.channel(reader, proxy)
    settings.timeout = reader["timeout_seconds"]?.seconds(1...60) ?? settings.timeout
    settings.conditions = reader["conditions"].flatMap(Self.words) ?? settings.conditions
    settings.holders = reader["holds"].flatMap(Self.words) ?? settings.holders
    settings.pause = reader["least_seconds_between"]?.seconds(0...86_400) ?? settings.pause
    settings.longestWait =
      reader["oldest_waiting_minutes"]?.decimal(1...43_200).map { Int64($0 * 60_000) } ?? settings.longestWait
    settings.lateAfter = reader["late_after_seconds"]?.seconds(5...86_400) ?? settings.lateAfter
    if reader.isEnabled { self = settings }
  }

  /// nil after a problem, and where neither is named.
  private static func channel(_ reader: ObjectReader, _ proxy: ProxySettings?) -> Channel? {
    if reader["run"] != nil, reader["url"] != nil {
      reader.node.problem("holds run and url; one of them tells, remove the other")
    }
    if reader["run"] == nil { reader["environment"]?.problem("goes with run only") }
    for key in ["headers", "allow_private"] where reader["url"] == nil { reader[key]?.problem("goes with url only") }
    if let run = reader["run"] {
      let environment = reader["environment"].map { named($0, isVariable) } ?? []
      return command(run).map { .run($0, environment: environment) }
    }
    return reader["url"].flatMap { post($0, reader, proxy) }.map { .post($0) }
  }

  private static func command(_ node: Node) -> [String]? {
    guard let nodes = node.elements(#"a list such as ["/usr/local/bin/page", "cdrelay"]"#) else { return nil }
    // In /proc everybody sees the arguments of a process.
    let words = nodes.compactMap { node -> String? in
      let text = node.text()
      if text?.holdsSecret == true {
        node.problem("holds a secret, and everybody on the machine sees arguments; put it in environment")
      }
      return text?.text
    }
    guard words.first?.hasPrefix("/") == true, !words.contains(where: { $0.utf8.contains(0) }) else {
      if words.count == nodes.count {
        node.problem("expected the whole path of a program first, as in /usr/local/bin/page")
      }
      return nil
    }
    return words.count == nodes.count ? words : nil
  }

  private static func post(_ node: Node, _ reader: ObjectReader, _ proxy: ProxySettings?) -> Post? {
    let allowsPrivate = reader["allow_private"]?.flag() ?? false
    guard let url = URLTemplate(reading: node) else { return nil }
    guard url.template.placeholders.isEmpty else {
      node.problem("holds a placeholder; an alert is of no record")
      return nil
    }
    if let origin = url.origin, origin.isPrivate, !allowsPrivate {
      node.problem(URLTemplate.isPrivate(origin.host, beside: "it"))
    }
    let headers = (reader["headers"].map { named($0, isField) } ?? []).map {
      NamedSecret(name: $0.name.lowercased(), value: $0.value)
    }
    return Post(url: Secret(url.revealed), headers: headers, allowsPrivate: allowsPrivate, proxy: proxy)
  }

  /// `check` says what is wrong with a name and its value.
  private static func named(_ node: Node, _ check: (String, String) -> String?) -> [NamedSecret] {
    guard let object = node.json.object else {
      node.expected("an object of names and texts", showsFound: false)
      return []
    }
    return object.members.compactMap { member in
      let inner = Node(json: member.value, path: node.path.key(member.key), loading: node.loading)
      let isSecret = RequestTemplate.holdsSecrets(member.key.lowercased())
      guard let text = inner.text(isSecret: isSecret) else { return nil }
      if let problem = check(member.key, text.text) {
        inner.problem(problem)
        return nil
      }
      return NamedSecret(name: member.key, value: Secret(text.text))
    }
  }

  private static func isVariable(_ name: String, _ value: String) -> String? {
    if name.isEmpty || name.utf8.contains(where: { !isLetterOrDigit($0) && $0 != UInt8(ascii: "_") }) {
      return "expected a name of letters, digits and _"
    }
    return value.utf8.contains(0) ? "holds a zero byte" : nil
  }

  private static func isField(_ name: String, _ value: String) -> String? {
    if !isHeaderName(name.lowercased()) { return "expected the name of a header" }
    if RequestTemplate.ownHeaders.contains(name.lowercased()) { return "is set by the relay itself; remove it" }
    return isHeaderText(value) ? nil : "holds a line break or another control character"
  }

  private static func words<Word: RawRepresentable & CaseIterable & Hashable>(_ node: Node) -> Set<Word>?
  where Word.RawValue == String {
    guard let nodes = node.elements("a list of \(NearestName.list(Word.allCases.map(\.rawValue), "and"))") else {
      return nil
    }
    return Set(nodes.compactMap { $0.word(Word.self) })
  }
}
