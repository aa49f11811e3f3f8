import Digests
import RelayCore

extension Destination {
  static let keys =
    [
      "url", "method", "headers", "body", "content_type", "omit_empty", "drop", "paused", "timeout_seconds",
      "connect_timeout_seconds", "max_in_flight",
      "rate_per_second", "rate_per_day", "retry", "answers", "allow_private", "on_revision", "order", "signing_secret",
    ] + Connecting.keys

  /// nil after a problem that leaves no usable destination.
  /// - Parameter relay: what it has where it says nothing of its own: the time zone and the proxy.
  init?(reading node: Node, name: String, relay: RelaySettings) {
    guard let reader = ObjectReader(node, keys: Self.keys) else { return nil }
    let method = reader["method"]?.word(Method.self) ?? .post
    let url = reader.required("url", "missing; expected an absolute http or https url").flatMap(URLTemplate.init)
    let allowsPrivate = reader["allow_private"]?.flag() ?? false
    if let origin = url?.origin, origin.isPrivate, !allowsPrivate {
      reader["url"]?.problem(URLTemplate.isPrivate(origin.host, beside: "it"))
    }
    var headers = reader["headers"].map(Self.headers) ?? []
    let body = reader["body"].map(BodyTemplate.init(readingWhole:))
    let contentType = reader["content_type"]?.word(ContentType.self) ?? .json
    let omitsEmpty = reader["omit_empty"]?.flag() ?? false
    for key in ["content_type", "omit_empty"] where body == nil { reader[key]?.problem("goes with a body only") }
    if contentType == .form, let body, !body.mayBeObject {
      reader["body"]?.expected("an object, as content_type is form")
    }
    let dropped = reader["drop"].map(DroppedFields.init) ?? DroppedFields()
    if method == .get, body != nil { reader["body"]?.problem("a GET request has no body; put the values in the url") }
    let timeout = reader["timeout_seconds"]?.seconds(0.1...600) ?? 15_000
    let connectTimeout = reader["connect_timeout_seconds"]?.seconds(0.1...600) ?? 5000
    let maxInFlight = reader["max_in_flight"]?.integer(1...1000) ?? 8
    let rate = reader["rate_per_second"]?.decimal(0.001...100_000)
    let perDay = reader["rate_per_day"]?.integer(1...1_000_000_000)
    let retry = reader["retry"].map(RetryPolicy.init) ?? RetryPolicy()
    let answers = reader["answers"].map(AnswerRule.list) ?? []
    let onRevision = reader["on_revision"]?.word(RevisionPolicy.self) ?? .send
    let order = reader["order"]?.word(Order.self) ?? .any
    let signingKeys = reader["signing_secret"].map(Self.signingKeys) ?? []
    let isPaused = reader["paused"]?.flag() ?? false
    let connecting = Connecting(
      reader, origin: url?.origin, headers: headers, allowsPrivate: allowsPrivate, relayProxy: relay.proxy)
    if case .header(let header) = connecting.auth { headers.append(header) }
    guard let url else { return nil }
    let placeholders =
      url.template.placeholders + headers.flatMap(\.value.placeholders) + (body?.placeholders ?? [])
    self.init(
      name: name, method: method, isPaused: isPaused, isEnabled: reader.isEnabled, note: reader.note,
      timeoutMilliseconds: timeout, connectTimeoutMilliseconds: connectTimeout, maxInFlight: Int(maxInFlight),
      ratePerSecond: rate, ratePerDay: perDay.map(Int.init), timeZone: relay.timeZone ?? "UTC", retry: retry,
      answers: answers, allowsPrivate: allowsPrivate, onRevision: onRevision, order: order,
      signingKeys: signingKeys, oauth2: connecting.auth?.oauth2, tls: connecting.tls, proxy: connecting.proxy, url: url,
      headers: headers, body: body, contentType: contentType, omitsEmpty: omitsEmpty, dropped: dropped,
      needsRecord: body?.needsRecord == true || placeholders.contains(where: \.path.needsRecord))
  }

  /// What the relay or libcurl says itself about a connection and its content.
  static let ownHeaders = [
    "connection", "content-length", "expect", "host", "transfer-encoding", "te", "upgrade",
  ]

  private static func headers(_ node: Node) -> [Header] {
    guard let object = node.json.object else {
      node.expected("an object of names and texts")
      return []
    }
    var headers: [Header] = []
    for member in object.members {
      let node = Node(json: member.value, path: node.path.key(member.key), loading: node.loading)
      let name = member.key.lowercased()
      guard isHeaderName(name) else {
        node.problem("expected the name of a header")
        continue
      }
      if ownHeaders.contains(name) {
        node.problem("is set by the relay itself; remove it")
      } else if headers.contains(where: { $0.name == name }) {
        node.problem("stands twice; the names of headers are the same in upper and lower case")
      } else if let value = value(node) {
        if holdsSecrets(name), value.isWrittenOut { node.loading.noteWrittenSecret(at: node.path) }
        headers.append(Header(name: name, value: value))
      }
    }
    return headers
  }

  /// Whether what a header of this name holds is a secret.
  static func holdsSecrets(_ name: String) -> Bool {
    ["authorization", "cookie", "token", "secret", "password", "api-key", "apikey"].contains(where: name.hasSuffix)
  }

  private static func value(_ node: Node) -> Template? {
    guard let text = node.json.string else {
      node.expected("a text", showsFound: false)
      return nil
    }
    guard let template = Template(reading: text, at: node) else { return nil }
    for segment in template.segments {
      let fixed: String
      switch segment {
      case .literal(let text): fixed = text
      case .secret(let secret, _): fixed = secret.revealed
      case .placeholder: continue
      }
      if !isHeaderText(fixed) {
        node.problem("holds a line break or another control character")
        return nil
      }
    }
    return template
  }

  private static func signingKeys(_ node: Node) -> [SigningKey] {
    let nodes = node.json.array == nil ? [node] : node.elements() ?? []
    guard let secrets = node.secrets() else { return [] }
    return zip(nodes, secrets).compactMap { node, secret in
      let isWritten = node.json.string == secret.revealed
      guard secret.revealed.hasPrefix("whsec_"), isWritten || !node.loading.isUnresolved else {
        return SigningKey(bytes: secret.bytes)
      }
      guard let key = Base64.decode(String(secret.revealed.dropFirst(6))), !key.isEmpty else {
        node.problem("expected base64 behind whsec_")
        return nil
      }
      return SigningKey(bytes: key)
    }
  }
}

/// Field values hold visible characters, spaces and tabs (RFC 9110 §5.5).
func isHeaderText(_ text: String) -> Bool {
  text.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
}
