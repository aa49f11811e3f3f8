import Digests
import RelayCore

extension Destination {
  static let keys =
    RequestTemplate.keys + [
      "lookup", "capture", "drop", "paused", "timeout_seconds", "connect_timeout_seconds", "max_in_flight",
      "rate_per_second", "rate_per_day", "retry", "answers", "allow_private", "on_revision", "order", "signing_secret",
    ] + Connecting.keys + Preset.keys

  /// nil after a problem that leaves no usable destination.
  /// - Parameter relay: what it has where it says nothing of its own: the time zone and the proxy.
  init?(reading node: Node, name: String, relay: RelaySettings) {
    guard let node = Preset.laid(under: node), let reader = ObjectReader(node, keys: Self.keys) else { return nil }
    let allowsPrivate = reader["allow_private"]?.flag() ?? false
    let (request, lookup, capture) = Self.requests(
      reader, RequestTemplate.Privacy(isAllowed: allowsPrivate))
    let dropped = reader["drop"].map(DroppedFields.init) ?? DroppedFields()
    let timeout = reader["timeout_seconds"]?.seconds(0.1...600) ?? 15_000
    let connectTimeout = reader["connect_timeout_seconds"]?.seconds(0.1...600) ?? 5000
    let maxInFlight = reader["max_in_flight"]?.integer(1...1000) ?? 8
    let rate = reader["rate_per_second"]?.decimal(0.001...100_000)
    let perDay = reader["rate_per_day"]?.integer(1...1_000_000_000)
    let retry = reader["retry"].map(RetryPolicy.init) ?? RetryPolicy()
    let answers = reader["answers"].map(AnswerRule.list) ?? []
    let onRevision = reader["on_revision"]?.word(RevisionPolicy.self) ?? .send
    let order = reader["order"]?.word(Order.self)
    if capture != nil, order == .any {
      reader["order"]?.problem("capture needs per_call: the first delivery of a call must be over before the next")
    }
    let signingKeys = reader["signing_secret"].map(Self.signingKeys) ?? []
    let isPaused = reader["paused"]?.flag() ?? false
    let connecting = Connecting(
      reader, origin: request?.url.origin,
      headers: [lookup?.request, request, capture?.update].flatMap { $0?.headers ?? [] },
      allowsPrivate: allowsPrivate, relayProxy: relay.proxy)
    guard let request else { return nil }
    let header = connecting.auth?.header
    let requests = [lookup?.request, request, capture?.update].compactMap { $0?.adding(header) }
    self.init(
      name: name, isPaused: isPaused, isEnabled: reader.isEnabled, note: reader.note,
      timeoutMilliseconds: timeout, connectTimeoutMilliseconds: connectTimeout, maxInFlight: Int(maxInFlight),
      ratePerSecond: rate, ratePerDay: perDay.map(Int.init), timeZone: relay.timeZone ?? "UTC", retry: retry,
      answers: answers, allowsPrivate: allowsPrivate, onRevision: onRevision,
      order: capture == nil ? order ?? .any : .perCall,
      signingKeys: signingKeys, oauth2: connecting.auth?.oauth2, tls: connecting.tls, proxy: connecting.proxy,
      request: request.adding(header), lookup: lookup?.adding(header), capture: capture?.adding(header),
      dropped: dropped, needsRecord: requests.contains(where: \.needsRecord),
      usesLookup: request.usesLookup, updateUsesLookup: capture?.update.usesLookup == true)
  }

  private static func requests(
    _ reader: ObjectReader, _ privacy: RequestTemplate.Privacy
  ) -> (RequestTemplate?, Lookup?, Capture?) {
    let loading = reader.node.loading
    defer { loading.offers = Loading.Offers() }
    let hasLookup = reader["lookup"] != nil
    loading.offers = Loading.Offers(lookup: hasLookup)
    let request = RequestTemplate(
      reader, method: .post, privacy: RequestTemplate.Privacy(isAllowed: privacy.isAllowed, place: "it"))
    let lookup = reader["lookup"].flatMap { node in
      loading.reading(node) { Lookup(reading: node, privacy: privacy) }
    }
    let capture = reader["capture"].flatMap { node in
      loading.reading(node) { Capture(reading: node, like: request, hasLookup: hasLookup, privacy: privacy) }
    }
    if lookup != nil, let request, !request.usesLookup, capture?.update.usesLookup != true {
      reader["lookup"]?.warning("is never made, since nothing of this destination uses {{lookup}}")
    }
    for (key, other) in [("lookup", lookup?.request), ("capture", capture?.update)] {
      guard let here = request?.url.origin, let there = other?.url.origin, here != there else { continue }
      reader[key]?.warning("goes to \(there.text) with the credentials of this destination, which is \(here.text)")
    }
    return (request, lookup, capture)
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
