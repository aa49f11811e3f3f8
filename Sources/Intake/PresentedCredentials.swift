import Digests
import HTTPTypes
import Rules

/// What a request brought to prove who sent it.
struct PresentedCredentials {
  enum Result: Equatable {
    /// By name: `token`, `token 2` (the second of two during rotation), `basic pbx`, `hmac`, `allow_from`, joined by `+`.
    case accepted(String)
    /// Everything fits but the address.
    case addressNotAllowed
    case refused
  }

  private let unverified: UnverifiedRequest
  /// One for each place where a token may stand.
  private let tokens: InlineArray<4, String?>
  private let basic: (user: [UInt8], password: [UInt8])?

  init(_ unverified: UnverifiedRequest) {
    self.unverified = unverified
    let headers = unverified.request.headers
    let authorization = headers["authorization"] ?? ""
    tokens = [unverified.pathToken, unverified.query["token"], Self.bearer(authorization), headers["x-webhook-token"]]
    basic = Self.basic(authorization)
  }

  /// All that the requirement names must fit.
  func satisfy(_ requirement: SourceAuth.Requirement) -> Result {
    var name = ""
    func add(_ kind: String, _ position: Int) {
      let one = position == 0 ? kind : "\(kind) \(position + 1)"
      name = name.isEmpty ? one : name + "+" + one
    }
    if !requirement.tokens.isEmpty {
      guard let position = positionOfToken(among: requirement.tokens) else { return .refused }
      add("token", position)
    }
    if let wanted = requirement.basic {
      guard let basic, ConstantTime.equal(Array(wanted.user.utf8), basic.user),
        let position = Self.position(of: basic.password.span, among: wanted.passwords)
      else { return .refused }
      add("basic \(wanted.user)", position)
    }
    if let wanted = requirement.hmac {
      guard let position = signedWith(wanted) else { return .refused }
      add("hmac", position)
    }
    if !requirement.allowFrom.isEmpty {
      guard requirement.allowFrom.contains(where: { $0.contains(unverified.sender) }) else { return .addressNotAllowed }
      if name.isEmpty { add("allow_from", 0) }
    }
    return name.isEmpty ? .refused : .accepted(name)
  }

  /// Looks at every pair, so that the time taken tells nothing of which fits.
  private func positionOfToken(among secrets: [Secret]) -> Int? {
    var found: Int?
    for index in tokens.indices {
      if let token = tokens[index], let position = Self.position(of: token.utf8.span, among: secrets) {
        found = min(found ?? position, position)
      }
    }
    return found
  }

  private static func position(of presented: Span<UInt8>, among secrets: [Secret]) -> Int? {
    var found: Int?
    for (position, secret) in secrets.enumerated() where ConstantTime.equal(secret.bytes.span, presented) {
      found = found ?? position
    }
    return found
  }

  /// HMAC over the raw body, as RFC 2104; a body that was not read can't be verified. The record of a GET is its query, of
  /// which such a signature says nothing.
  private func signedWith(_ wanted: SourceAuth.HMACRequirement) -> Int? {
    guard unverified.request.method == "POST", case .bytes(let body) = unverified.request.body,
      let text = unverified.request.headers[wanted.header],
      let signature = wanted.encoding == .base64 ? Base64.decode(text) : Hex.decode(text)
    else { return nil }
    var found: Int?
    for (position, secret) in wanted.secrets.enumerated() {
      let expected =
        switch wanted.algorithm {
        case .sha256: HMAC<SHA256>.authenticate(body, key: secret.bytes)
        case .sha512: HMAC<SHA512>.authenticate(body, key: secret.bytes)
        }
      if ConstantTime.equal(expected, signature) { found = found ?? position }
    }
    return found
  }

  /// RFC 6750 §2.1; the scheme compares without regard to case.
  private static func bearer(_ authorization: String) -> String? {
    credentials(of: authorization, scheme: "bearer")
  }

  /// RFC 7617 §2.
  private static func basic(_ authorization: String) -> (user: [UInt8], password: [UInt8])? {
    guard let encoded = credentials(of: authorization, scheme: "basic"), let bytes = Base64.decode(encoded),
      let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
    else { return nil }
    return (Array(bytes[..<colon]), Array(bytes[(colon + 1)...]))
  }

  private static func credentials(of authorization: String, scheme: String) -> String? {
    // By bytes: comparing characters takes quadratic time where thousands of them combine, and anybody may send these.
    let bytes = authorization.utf8
    guard let space = bytes.firstIndex(of: UInt8(ascii: " ")),
      bytes[..<space].map({ $0 | 0x20 }).elementsEqual(scheme.utf8)
    else { return nil }
    return String(Substring(bytes[space...].drop { $0 == UInt8(ascii: " ") }))
  }
}
