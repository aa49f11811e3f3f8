/// The middle of a request line (RFC 9112 §3.2): origin-form or absolute-form. The other two are for proxies and for
/// `OPTIONS *`, which nothing here answers.
struct RequestTarget {
  let path: String
  let query: String?
  /// Host and port of an absolute-form target.
  let authority: String?

  init(_ target: Span<UInt8>) throws(ParseError) {
    // Wider than RFC 3986: quotes and braces in a query are let through, since senders of webhooks do not always encode.
    for index in target.indices
    where target[index] <= 0x20 || target[index] >= 0x7F || target[index] == UInt8(ascii: "#") {
      throw ParseError(400, "the request target has a character that must be percent-encoded")
    }
    var start = 0
    if target[0] != UInt8(ascii: "/") {
      let authorityStart = Self.schemeLength(target)
      guard authorityStart > 0 else {
        throw ParseError(400, "the request target begins neither with / nor with http:// or https://")
      }
      start = authorityStart
      while start < target.count, target[start] != UInt8(ascii: "/"), target[start] != UInt8(ascii: "?") { start += 1 }
      let authority = target.extracting(authorityStart..<start).text
      guard Self.isAuthority(authority.utf8) else {
        throw ParseError(400, "the request target has no valid host behind its scheme")
      }
      self.authority = authority
    } else {
      authority = nil
    }
    let mark = target.firstIndex(of: UInt8(ascii: "?"), from: start)
    let path = target.extracting(start..<(mark ?? target.count))
    self.path = path.isEmpty ? "/" : path.text
    query = mark.map { target.extracting(($0 + 1)...).text }
  }

  private static func schemeLength(_ target: Span<UInt8>) -> Int {
    if target.count > 7, target.extracting(..<7).isEqual(toLowercased: "http://") { return 7 }
    if target.count > 8, target.extracting(..<8).isEqual(toLowercased: "https://") { return 8 }
    return 0
  }

  /// Host, and a port behind a colon where there is one (RFC 3986 §3.2.2, §3.2.3); never empty, never with a user.
  static func isAuthority(_ text: String.UTF8View) -> Bool {
    var rest = text[...]
    if rest.first == UInt8(ascii: "[") {
      guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return false }
      let literal = rest[rest.index(after: rest.startIndex)..<end]
      guard !literal.isEmpty, literal.allSatisfy({ Byte.isHostName($0) || $0 == UInt8(ascii: ":") }) else {
        return false
      }
      rest = rest[rest.index(after: end)...]
    } else {
      let end = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
      guard end > rest.startIndex, rest[..<end].allSatisfy(Byte.isHostName) else { return false }
      rest = rest[end...]
    }
    guard let colon = rest.first else { return true }
    return colon == UInt8(ascii: ":") && rest.dropFirst().count <= 5 && rest.dropFirst().allSatisfy(Byte.isDigit)
  }
}
