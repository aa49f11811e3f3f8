import Digests
import DurableQueue
import HTTPTypes
import Providers
import RelayCore
import Rules

/// Keeps requests that were refused with 401, for the day on which a secret was changed wrongly: all that a replay needs,
/// and nothing of what was presented as a credential.
struct RefusedRequests {
  private let queue: DurableQueue
  private let time: any TimeSource
  private let fingerprints: CredentialFingerprints
  /// Of all sources, since a token may have been entered at the wrong one. Not those short enough to be met by chance.
  private let secrets: [[UInt8]]

  /// Bytes.
  private static let shortestSecret = 8

  init(rules: RuleFile, fingerprints: CredentialFingerprints, queue: DurableQueue, time: any TimeSource) {
    self.queue = queue
    self.time = time
    self.fingerprints = fingerprints
    secrets = rules.sources.flatMap(\.auth.secrets).map(\.bytes).filter { $0.count >= Self.shortestSecret }
  }

  /// Does nothing for other refusals and for sources that keep none.
  func keep(_ unverified: UnverifiedRequest, _ problem: Problem) {
    guard problem.status == 401, let limits = unverified.source.keepRefused else { return }
    let bytes = unverified.request.body.bytes.count
    queue.keepRefused(source: unverified.source.name, bytes: bytes, limit: limits.bytes) {
      refused(unverified, problem, limits)
    }
  }

  private func refused(_ unverified: UnverifiedRequest, _ problem: Problem, _ limits: KeepRefused) -> NewRefused {
    let (raw, size) = parts(of: unverified)
    let now = time.now()
    // What was not read is told apart by what is known of it.
    let content =
      raw.body.isEmpty ? Array("\(problem.status) \(String(describing: size)) \(raw.query)".utf8) : raw.body
    return NewRefused(
      source: unverified.source.name, receivedAt: now, expiresAt: now + limits.span, sender: unverified.sender,
      credential: fingerprints.words(for: unverified), status: problem.status, reason: problem.detail, raw: raw,
      size: size, contentHash: SHA256.hash(content), limits: .init(count: limits.count, bytes: limits.bytes))
  }

  private func parts(of unverified: UnverifiedRequest) -> (raw: RawRecord, size: Int?) {
    let kept = KeptParts(of: unverified).raw(body: [])
    var headers = HTTPHeaders()
    let signatures = unverified.source.auth.signatureHeaders
    for field in kept.headers.fields where !signatures.contains(field.name) && !holdsSecret(field.value) {
      headers.append(lowercasedName: field.name, field.value)
    }
    var query = kept.query
    query.fields.removeAll { $0.name == "token" || holdsSecret($0.name) || holdsSecret($0.value) }
    let isGet = unverified.request.method == "GET"
    let provider = unverified.source.settings.provider
    let body =
      !isGet
      ? unverified.request.body.bytes
      : query.fields.isEmpty || !unverified.isQueryReadable
        ? [] : QueryRecord.body(from: query, provider: provider).bytes
    let raw = RawRecord(
      body: body, contentType: isGet ? "application/json" : kept.contentType, headers: headers, query: query)
    guard case .tooLarge(let declared) = unverified.request.body else { return (raw, body.count) }
    return (raw, declared)
  }

  /// A valid credential in the wrong place, `X-Api-Key` say: the text is a secret, or ends with one behind a space.
  private func holdsSecret(_ text: String) -> Bool {
    let whole = Array(text.utf8)
    let last = whole.lastIndex(of: UInt8(ascii: " ")).map { Array(whole[($0 + 1)...]) }
    return secrets.contains { secret in
      ConstantTime.equal(whole, secret) || last.map { ConstantTime.equal($0, secret) } ?? false
    }
  }
}

extension HTTPRequest.Body {
  /// Empty where it was not read.
  fileprivate var bytes: [UInt8] {
    switch self {
    case .bytes(let bytes): bytes
    case .tooLarge: []
    }
  }
}

extension SourceAuth {
  fileprivate var secrets: [Secret] {
    requirements.flatMap { $0.tokens + ($0.basic?.passwords ?? []) + ($0.hmac?.secrets ?? []) }
  }

  /// Names of the fields that carry a signature.
  var signatureHeaders: [String] {
    requirements.compactMap(\.hmac?.header)
  }

  private var requirements: [Requirement] {
    switch self {
    case .none: []
    case .anyOf(let requirements): requirements
    }
  }
}
