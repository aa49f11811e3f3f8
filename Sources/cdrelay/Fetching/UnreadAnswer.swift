import Glibc
import RelayCore

/// The last answer of a provider's API that could not be read, beside the database for a person to look at: what is not
/// documented is found out there. Only its owner may read it; it holds no secret, and may hold numbers of callers.
struct UnreadAnswer {
  let path: String

  init(database: String) {
    path = database + ".unread-answer"
  }

  /// In the place of the last one; nil where it can't be written, since nothing depends on it.
  func keep(_ body: [UInt8], of source: String, _ endpoint: String, at now: Instant) -> String? {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { return nil }
    defer { close(file) }
    let text = Array("\(now.rfc3339) \(source) \(endpoint)\n\n".utf8) + body
    let written = text.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    return written == text.count ? path : nil
  }
}
