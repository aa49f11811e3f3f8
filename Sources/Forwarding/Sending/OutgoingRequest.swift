import HTTPTypes
import Outgoing
import RelayCore
import Rules

/// The record or what the destination's templates make of it, and the headers by which the destination can know the delivery
/// again.
extension OutgoingRequest {
  /// What the relay says of itself and of the try, beside what is rendered.
  package struct Stamp: Sendable {
    /// `cdrelay/1.0.0`.
    package let userAgent: String
    package let isReplay: Bool
    /// A person tries the destination.
    package let isTest: Bool
    /// When this attempt is made.
    package let at: Instant
    /// For a destination that asks for one; nil where a person is to see the request.
    package let accessToken: Secret?

    package init(userAgent: String, isReplay: Bool, isTest: Bool = false, at: Instant, accessToken: Secret? = nil) {
      self.accessToken = accessToken
      self.isTest = isTest
      self.userAgent = userAgent
      self.isReplay = isReplay
      self.at = at
    }
  }

  /// Renders the destination as it is configured now. A header that the destination sets itself is not added a second time.
  package static func make(
    _ input: RenderInput, for destination: Destination, _ stamp: Stamp
  ) throws(TemplateError) -> OutgoingRequest {
    let rendered = try destination.render(input)
    let id = input.deliveryID.description
    let second = String(stamp.at.milliseconds.flooredDivision(by: 1000).quotient)
    var headers = HTTPHeaders()
    headers.reserveCapacity(rendered.headers.count + 10)
    if let contentType = rendered.contentType { headers.append(lowercasedName: "content-type", fieldText(contentType)) }
    for header in rendered.headers { headers.append(lowercasedName: header.name, fieldText(header.value)) }
    func add(_ name: String, _ value: @autoclosure () -> String) {
      if !rendered.headers.contains(where: { $0.name == name }) { headers.append(lowercasedName: name, value()) }
    }
    if let oauth2 = destination.oauth2 {
      let token = input.masksSecrets ? nil : stamp.accessToken
      add("authorization", "\(oauth2.headerPrefix) \(token?.revealed ?? Secret.mask)")
    }
    add("user-agent", stamp.userAgent)
    add("idempotency-key", id)
    add("webhook-id", id)
    add("webhook-timestamp", second)
    if !destination.signingKeys.isEmpty {
      let keys = destination.signingKeys.map(\.bytes)
      add(
        "webhook-signature",
        input.masksSecrets
          ? Secret.mask : WebhookSignature.header(id: id, second: second, body: rendered.body, keys: keys))
    }
    add("cdrelay-attempt", String(input.attempt))
    if stamp.isReplay { add("cdrelay-replay", "true") }
    if stamp.isTest { add("cdrelay-test", "true") }
    if input.revision > 0 { add("cdrelay-revision", String(input.revision)) }
    return OutgoingRequest(method: rendered.method, url: rendered.url, headers: headers, body: rendered.body)
  }

  /// The request that a destination's `lookup` makes before the delivery: with its credentials, without the id of the delivery,
  /// which it is not. nil where it is not made.
  package static func lookup(
    _ input: RenderInput, for destination: Destination, _ stamp: Stamp
  ) throws(TemplateError) -> OutgoingRequest? {
    guard let rendered = try destination.renderLookup(input) else { return nil }
    var headers = HTTPHeaders()
    if let contentType = rendered.contentType { headers.append(lowercasedName: "content-type", fieldText(contentType)) }
    for header in rendered.headers { headers.append(lowercasedName: header.name, fieldText(header.value)) }
    if let oauth2 = destination.oauth2 {
      let token = input.masksSecrets ? nil : stamp.accessToken
      headers.append(lowercasedName: "authorization", "\(oauth2.headerPrefix) \(token?.revealed ?? Secret.mask)")
    }
    if headers["user-agent"] == nil { headers.append(lowercasedName: "user-agent", stamp.userAgent) }
    if stamp.isTest { headers.append(lowercasedName: "cdrelay-test", "true") }
    return OutgoingRequest(method: rendered.method, url: rendered.url, headers: headers, body: rendered.body)
  }

  /// A content type is sent on as it was received: what can't stand in a field becomes a space (RFC 9110 §5.5).
  private static func fieldText(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return text }
    return String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
  }
}
