import RelayCore

/// A source's `recordings`: how links to its recordings are made, and where recordings may be fetched.
package struct RecordingSettings: Sendable, Equatable {
  /// The first signs, all are accepted.
  package let linkSecrets: [Secret]
  /// Where clients reach the calls listener, without a slash at the end: `https://relay.example.com`.
  package let publicURL: String
  /// From a record's receipt, in milliseconds. Default 168 hours.
  package let expiresAfter: Int64
  /// Beside the API's own: hosts, in lower case, at which a recording may lie whose record gives a whole URL.
  package let hosts: [String]
  /// Recordings that are given out at a time; more are answered 503. Default 8.
  package let maxInFlight: Int
  /// Its secrets were not looked up: no link can be made or taken.
  package let isUnresolved: Bool
  /// What a lenient reading did not find of them.
  package var missingSecrets: [RuleProblem] = []

  static let keys = ["link_secret", "public_url", "expires_after_hours", "hosts", "max_in_flight"]
  /// Of a link secret: whoever has a link can try secrets on it.
  private static let leastSecretBytes = 16
  private static let hour: Double = 3_600_000
}

extension RecordingSettings {
  /// nil after a problem that leaves nothing usable, and where it is switched off. Without its secrets webhooks come in as
  /// ever.
  static func read(_ node: Node, hasAPI: Bool) -> RecordingSettings? {
    var (settings, missing) = node.loading.readingLeniently(node) { RecordingSettings(reading: node) }
    settings?.missingSecrets = missing
    if let settings, !hasAPI, settings.hosts.isEmpty {
      node.problem("there is nowhere to fetch a recording from; write \"api\" beside it, or hosts into it")
    }
    return settings
  }

  private init?(reading node: Node) {
    let what = #"an object such as {"link_secret": "${LINK_SECRET}", "public_url": "https://relay.example.com"}"#
    guard let reader = ObjectReader(node, keys: Self.keys, what: what, showsFound: false) else { return nil }
    let isUnresolved = node.loading.isUnresolved
    let secretNode = reader.required(
      "link_secret", "missing; expected a secret that links are signed with, such as \"${LINK_SECRET}\"")
    let secrets = secretNode?.secrets()
    if let secretNode, let secrets, !isUnresolved, secrets.contains(where: { $0.bytes.count < Self.leastSecretBytes }) {
      secretNode.problem(
        "expected at least \(Self.leastSecretBytes) characters, or it can be guessed; make one with: openssl rand -hex 32"
      )
    }
    let publicURL = reader.required(
      "public_url", "missing; expected the address that clients reach, such as https://relay.example.com"
    ).flatMap(Self.publicURL)
    let hours = reader["expires_after_hours"]?.decimal(0.1...87_600) ?? 168
    let hosts = reader["hosts"]?.elements("a list of hosts such as [\"recordings.example.com\"]")?.compactMap(Self.host)
    let maxInFlight = reader["max_in_flight"]?.integer(1...64).map(Int.init) ?? 8
    guard let secrets, let publicURL, reader.isEnabled else { return nil }
    self.init(
      linkSecrets: secrets, publicURL: publicURL, expiresAfter: Int64((hours * Self.hour).rounded()),
      hosts: hosts ?? [], maxInFlight: maxInFlight, isUnresolved: isUnresolved)
  }

  private static func publicURL(_ node: Node) -> String? {
    guard let text = node.text("an http or https address") else { return nil }
    var url = text.text
    while url.hasSuffix("/") { url.removeLast() }
    if text.isUnresolved { return url }
    let isPlain = url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"\"<>\\^`{|}#?".utf8.contains($0) }
    guard isPlain, URLTemplate.origin(of: url) != nil else {
      node.expected("an http or https address without ? and #, such as https://relay.example.com")
      return nil
    }
    return url
  }

  private static func host(_ node: Node) -> String? {
    guard let text = node.text("a host such as recordings.example.com") else { return nil }
    if text.isUnresolved { return text.text }
    guard let (host, port) = try? URLTemplate.hostAndPort(text.text[...]), port == nil, host == text.text.lowercased()
    else {
      node.expected("a host such as recordings.example.com, without scheme, port and path")
      return nil
    }
    return host
  }
}
