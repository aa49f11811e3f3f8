import Digests
import HTTPTypes
import RelayCore

/// An address under which a recording is given to whoever has it, until it expires: source, file and expiry, signed with the
/// source's link secret (HMAC-SHA256, RFC 2104), so that nobody can make one up or change one.
package struct RecordingLink: Sendable, Equatable {
  package static let prefix = "/recordings/"

  package let source: String
  package let file: RecordingFile
  /// Seconds since 1970.
  package let expires: Int64

  package init(source: String, file: RecordingFile, expires: Int64) {
    self.source = source
    self.file = file
    self.expires = expires
  }

  package enum Verdict: Sendable, Equatable {
    case valid
    case expired
    case forged
  }

  /// An expired one is told apart only where its signature is right.
  package func verdict(signature: String, settings: RecordingSettings, now: Instant) -> Verdict {
    guard let given = Hex.decode(signature), !settings.isUnresolved else { return .forged }
    var isRight = false
    // All of them, so that time does not tell which it was.
    for secret in settings.linkSecrets where ConstantTime.equal(given, self.signature(secret)) { isRight = true }
    guard isRight else { return .forged }
    return now.milliseconds / 1000 < expires ? .valid : .expired
  }

  /// The whole address, as a person or a CRM gets it. It is the same whenever it is made.
  package func url(_ settings: RecordingSettings) -> String {
    let signature = settings.linkSecrets.first.map { Hex.encode(self.signature($0)) } ?? ""
    return "\(settings.publicURL)\(path)?expires=\(expires)&signature=\(signature)"
  }

  package var path: String { "\(Self.prefix)\(PercentEncoding.encode(source))/\(file.segment)" }

  private func signature(_ secret: Secret) -> [UInt8] {
    // No part can hold a line break. The first line keeps a signature from meaning anything elsewhere.
    HMAC<SHA256>.authenticate(
      Array("cdrelay recording 1\n\(source)\n\(expires)\n\(file.text)".utf8), key: secret.bytes)
  }
}

// MARK: - As a request asks for it

extension RecordingLink {
  /// nil where the path is that of no recording. `signature` is empty where there is none.
  package static func read(path: String, query: String?) -> (link: RecordingLink, signature: String)? {
    guard path.hasPrefix(prefix) else { return nil }
    let parts = path.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let source = decoded(parts[0]), let segment = decoded(parts[1]),
      let file = RecordingFile(segment: segment)
    else { return nil }
    let fields = query.flatMap(FormFields.init(parsing:)) ?? FormFields()
    let digits = fields["expires"] ?? ""
    let isNumber = (1...15).contains(digits.utf8.count) && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
    let expires = isNumber ? Int64(digits) ?? 0 : 0
    return (RecordingLink(source: source, file: file, expires: expires), fields["signature"] ?? "")
  }

  private static func decoded(_ part: Substring) -> String? {
    PercentEncoding.decode(part).flatMap { String(validating: $0, as: UTF8.self) }
  }
}
