import Digests
import HTTPTypes

/// Says what a request presented in place of a valid credential, so that an admin can tell one sender with an old token
/// from a stranger who tries many, without keeping anything of it.
struct CredentialFingerprints {
  /// Drawn at each start and never stored: without it a fingerprint says nothing of even the shortest password, and
  /// those of two runs can't be compared.
  private let key: [UInt8] = (0..<32).map { _ in .random(in: 0...255) }

  /// `token 3f9a01bc`, `basic 77aa02d1`, `hmac`, joined by `+`; `nothing`.
  func words(for unverified: UnverifiedRequest) -> String {
    let headers = unverified.request.headers
    var words: [String] = []
    func add(_ word: String) {
      if !words.contains(word) { words.append(word) }
    }
    for token in [unverified.pathToken, unverified.query["token"], headers["x-webhook-token"]] {
      if let token, !token.isEmpty { add(Self.word("token", token.utf8, key)) }
    }
    if let text = headers["authorization"], !text.isEmpty { add(word(ofAuthorization: text)) }
    if unverified.source.auth.signatureHeaders.contains(where: { headers[$0] != nil }) { add("hmac") }
    return words.isEmpty ? "nothing" : words.joined(separator: "+")
  }

  /// By bytes: comparing characters takes quadratic time where thousands of them combine.
  private func word(ofAuthorization text: String) -> String {
    let halves = text.utf8.split(separator: UInt8(ascii: " "), maxSplits: 1)
    guard halves.count == 2 else { return Self.word("authorization", text.utf8, key) }
    let scheme = halves[0].map { $0 | 0x20 }
    let credentials = halves[1].drop { $0 == UInt8(ascii: " ") }
    if scheme.elementsEqual("bearer".utf8) { return Self.word("token", credentials, key) }
    if scheme.elementsEqual("basic".utf8) { return Self.word("basic", credentials, key) }
    return Self.word("authorization", text.utf8, key)
  }

  /// 32 bits of the fingerprint: enough to tell apart the few that a person looks at.
  private static func word(_ kind: String, _ secret: some Sequence<UInt8>, _ key: [UInt8]) -> String {
    "\(kind) \(Hex.encode(HMAC<SHA256>.authenticate(Array(secret), key: key)[..<4]))"
  }
}
