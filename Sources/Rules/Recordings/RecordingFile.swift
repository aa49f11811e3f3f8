import Digests
import HTTPTypes
import RelayCore

/// What a recording is called: a bare file name, or, as accounts of TeleCMI were seen to send it, a whole URL.
package enum RecordingFile: Sendable, Hashable {
  /// Letters, digits, `.`, `_` and `-`; no path leads out of it.
  case name(String)
  /// Absolute, http or https.
  case url(String)

  /// As a record has it; nil for what is neither. A URL that holds credentials beside the name of a file, as TeleCMI's own for
  /// playing does, is that name: the URL must go nowhere.
  package init?(_ text: String) {
    if Self.isName(text) {
      self = .name(text)
      return
    }
    guard Self.isURL(text) else { return nil }
    self = .url(text)
    guard let query = text.split(separator: "?", maxSplits: 1).dropFirst().first else { return }
    guard let fields = FormFields(parsing: String(query)) else { return nil }
    guard fields.fields.contains(where: { Self.credentials.contains($0.name.lowercased()) }) else { return }
    guard let name = fields["file"], Self.isName(name) else { return nil }
    self = .name(name)
  }

  private static let credentials: Set = ["secret", "token", "password", "api_key", "apikey", "access_token"]

  /// What is signed.
  package var text: String {
    switch self {
    case .name(let text), .url(let text): text
    }
  }

  // MARK: In a path

  /// As one segment: a URL as `~` and base64url without padding (RFC 4648 §5), since proxies take `%2F` for a slash.
  package var segment: String {
    switch self {
    case .name(let name): return name
    case .url(let url):
      let symbols = Base64.encode(Array(url.utf8)).replacing("+", with: "-").replacing("/", with: "_")
      return "~" + symbols.replacing("=", with: "")
    }
  }

  /// nil for what no link of ours holds.
  package init?(segment: String) {
    guard segment.hasPrefix("~") else {
      guard Self.isName(segment) else { return nil }
      self = .name(segment)
      return
    }
    var symbols = segment.dropFirst().replacing("-", with: "+").replacing("_", with: "/")
    symbols += String(repeating: "=", count: (4 - symbols.utf8.count % 4) % 4)
    guard let bytes = Base64.decode(String(symbols)), let url = String(validating: bytes, as: UTF8.self),
      Self.isURL(url)
    else { return nil }
    self = .url(url)
  }

  /// `1634720915260737218351_2222223.mp3`. 200 bytes at most.
  private static func isName(_ text: String) -> Bool {
    (1...200).contains(text.utf8.count) && !text.hasPrefix(".") && !text.hasPrefix("-") && !text.contains("..")
      && text.utf8.allSatisfy { isLetterOrDigit($0) || "._-".utf8.contains($0) }
  }

  /// 2,000 bytes at most, and no character that a URL has only percent-encoded.
  private static func isURL(_ text: String) -> Bool {
    text.utf8.count <= 2000 && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"\"<>\\^`{|}#".utf8.contains($0) }
      && URLTemplate.origin(of: text) != nil
  }
}
