import HTTPTypes
import RelayCore
import Rules

/// A request whose sender proved to be one of its source's. Made by `Authenticator` alone.
struct VerifiedRequest {
  /// What came with it.
  enum Content {
    case record(RawRecord)
    /// More than the limit; `declared` bytes, nil where unknown.
    case tooLarge(declared: Int?, RawRecord)
    /// In a content encoding that we can't read, named.
    case encoded(String, RawRecord)
    /// A GET whose query, which is the record, can't be decoded.
    case unreadableQuery(RawRecord)
  }

  let source: Source
  let content: Content
  let sender: String
  /// Which credential it was, by name.
  let credential: String

  fileprivate init(_ unverified: UnverifiedRequest, credential: String) {
    source = unverified.source
    sender = unverified.sender
    self.credential = credential
    content = Self.content(of: unverified)
  }

  private static func content(of unverified: UnverifiedRequest) -> Content {
    let request = unverified.request
    let kept = KeptParts(of: unverified)
    guard case .bytes(let bytes) = request.body else {
      guard case .tooLarge(let declared) = request.body else { return .record(kept.raw(body: [])) }
      return .tooLarge(declared: declared, kept.raw(body: []))
    }
    if let encoding = request.headers["content-encoding"], encoding.lowercased() != "identity" {
      return .encoded(encoding, kept.raw(body: bytes))
    }
    if request.method == "GET", !unverified.isQueryReadable { return .unreadableQuery(kept.raw(body: [])) }
    if request.method == "GET" { return .record(kept.rawOfQuery(provider: unverified.source.settings.provider)) }
    return .record(kept.raw(body: bytes))
  }
}

/// Decides whether a request is one of its source's senders. Compares secrets in constant time.
enum Authenticator {
  /// Throws 503 where a secret of the source is missing, 401 where no credential fits, 403 where all fits but the sender's address, 413 where the credential may be the
  /// signature of a body that was too large to read.
  static func verify(_ unverified: UnverifiedRequest) throws(Problem) -> VerifiedRequest {
    guard unverified.source.missingSecrets.isEmpty else {
      throw Problem(
        503, "this source can't be authenticated now: a secret of it is missing", headers: [.init("retry-after", "60")])
    }
    switch unverified.source.auth {
    case .none:
      return VerifiedRequest(unverified, credential: "none")
    case .anyOf(let alternatives):
      let presented = PresentedCredentials(unverified)
      var addressAlone = false
      for requirement in alternatives {
        switch presented.satisfy(requirement) {
        case .accepted(let credential): return VerifiedRequest(unverified, credential: credential)
        case .addressNotAllowed: addressAlone = true
        case .refused: continue
        }
      }
      if addressAlone {
        throw Problem(403, "the sender's address is not among those that this source allows (allow_from)")
      }
      if case .tooLarge = unverified.request.body, alternatives.contains(where: { $0.hmac != nil }) {
        throw Problem(413, "the body is too large to be read and its signature checked; nothing of it was kept")
      }
      throw Self.unauthorized(alternatives)
    }
  }

  /// With the challenge that RFC 9110 §11.6.1 asks for.
  private static func unauthorized(_ alternatives: [SourceAuth.Requirement]) -> Problem {
    let scheme = alternatives.contains { $0.basic != nil } ? #"Basic realm="cdrelay""# : "Bearer"
    return Problem(
      401, "no valid credential for this source came with the request", headers: [.init("www-authenticate", scheme)])
  }
}
