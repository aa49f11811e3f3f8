import HTTPTypes

/// A URL that a client hands to the provider, which fetches a list of actions there; in `answer_urls` the beginning of one.
/// What is compared here is fetched by a stranger's program: only what every server reads alike is taken.
package struct AnswerURL: Sendable, Equatable {
  package struct Malformed: Error, Equatable {
    package let sentence: String
  }

  /// As it is sent.
  package let text: String
  /// Whether anything stands behind the host.
  let hasPath: Bool
  private let origin: Origin
  /// Path and query as sent; `/` where nothing stands behind the host (RFC 3986 §6.2.3).
  private let rest: String

  private struct Origin: Equatable {
    let isTLS: Bool
    /// In lower case (RFC 3986 §3.2.2).
    let host: String
    let port: Int
  }

  /// Bytes.
  private static let longest = 2048

  package init(_ text: String) throws(Malformed) {
    guard text.hasPrefix("http://") || text.hasPrefix("https://"), text.utf8.count <= Self.longest,
      text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else {
      throw Malformed(
        sentence:
          "expected a URL that begins with http:// or https://, of at most \(Self.longest) visible ASCII characters"
      )
    }
    // Browsers and the libraries that follow them take a backslash for a slash (WHATWG URL); nothing behind # is ever sent.
    if text.contains("\\") { throw Malformed(sentence: "holds a backslash; write / or %5C in its query") }
    if text.contains("#") { throw Malformed(sentence: "holds a part behind #, which is never sent; leave it out") }
    let behindScheme = text[(text.firstIndex(of: ":") ?? text.startIndex)...].dropFirst(3)
    let authority = behindScheme.prefix { $0 != "/" && $0 != "?" }
    if authority.contains("@") { throw Malformed(sentence: "holds a user or password before @; leave it out") }
    origin = try Self.origin(text)
    let rest = behindScheme[authority.endIndex...]
    hasPath = rest.hasPrefix("/")
    self.rest = hasPath ? String(rest) : "/" + rest
    self.text = text
    guard Self.isPlain(path: self.rest.prefix { $0 != "?" }) else {
      throw Malformed(
        sentence: "holds . or .. as a part of its path, or a % that servers read differently; write the path itself")
    }
  }

  private static func origin(_ text: String) throws(Malformed) -> Origin {
    do throws(URLTemplate.Malformed) {
      guard let origin = try URLTemplate.origin(of: text, isWhole: true, false) else {
        throw URLTemplate.Malformed(message: "expected a host")
      }
      return Origin(isTLS: origin.isTLS, host: origin.host, port: origin.port ?? (origin.isTLS ? 443 : 80))
    } catch {
      throw Malformed(sentence: error.message)
    }
  }

  /// Whether it lies below `beginning`, whose last name must end there: `/actions` is the beginning of `/actions/7`, not of
  /// `/actions-of-others`.
  package func begins(with beginning: AnswerURL) -> Bool {
    guard origin == beginning.origin, rest.utf8.starts(with: beginning.rest.utf8) else { return false }
    guard let next = rest.utf8.dropFirst(beginning.rest.utf8.count).first, let last = beginning.rest.utf8.last else {
      return true
    }
    let isInQuery = beginning.rest.contains("?")
    return (isInQuery ? "?&=" : "/").utf8.contains(last) || (isInQuery ? "&" : "/?").utf8.contains(next)
  }
}

// MARK: - The path

extension AnswerURL {
  /// Whether a path means the same to servers that decode it once, twice or as often as it goes.
  private static func isPlain(path: Substring) -> Bool {
    guard PercentEncoding.decode(path) != nil else { return false }
    var bytes = Array(path.utf8)
    while true {
      guard isPlain(bytes) else { return false }
      let decoded = decodedOnce(bytes)
      if decoded.count == bytes.count { return true }
      bytes = decoded
    }
  }

  /// No part is `.` or `..`, also with blanks that Windows drops or with Tomcat's parameters (`..;x`); no backslash, no control
  /// character, and UTF-8 as RFC 3629 has it, without the long spellings of `.` and `/` (`%c0%ae`).
  private static func isPlain(_ bytes: [UInt8]) -> Bool {
    let isText = bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }
    guard isText, String(validating: bytes, as: UTF8.self) != nil else { return false }
    return bytes.split(separator: UInt8(ascii: "/")).allSatisfy { part in
      let name = part.prefix { $0 != UInt8(ascii: ";") }
      return name.contains { $0 != UInt8(ascii: ".") && $0 != 0x20 } || !name.contains(UInt8(ascii: "."))
    }
  }

  /// A `%` without two hex digits stays as it is: the first decoding shows whether one was sent, later ones may bring some forth.
  private static func decodedOnce(_ bytes: [UInt8]) -> [UInt8] {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
        let high = PercentEncoding.hexDigit(bytes[index + 1]), let low = PercentEncoding.hexDigit(bytes[index + 2])
      {
        decoded.append(high << 4 | low)
        index += 3
      } else {
        decoded.append(bytes[index])
        index += 1
      }
    }
    return decoded
  }
}
