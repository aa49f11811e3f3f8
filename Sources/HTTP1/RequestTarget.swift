import HTTPTypes
import Glibc

/// The middle of a request line (RFC 9112 §3.2). Of its four forms origin-form and absolute-form are read, and
/// asterisk-form for `OPTIONS`; authority-form asks for a tunnel, which nothing here digs.
struct RequestTarget {
  /// `*` for asterisk-form.
  let path: String
  let query: String?
  /// Host and port of an absolute-form target.
  let authority: String?

  init(_ target: Span<UInt8>, of method: Span<UInt8>) throws(ParseError) {
    // Wider than RFC 3986: quotes and braces are let through, since senders of webhooks do not always encode.
    for index in target.indices
    where target[index] <= 0x20 || target[index] >= 0x7F || target[index] == UInt8(ascii: "#") {
      throw ParseError(400, "the request target has a character that must be percent-encoded")
    }
    if method.isEqual(to: "CONNECT") { throw Self.refusal(ofTunnelTo: target) }
    var start = 0
    var authority: String?
    if target[0] != UInt8(ascii: "/") {
      if target.isEqual(to: "*"), method.isEqual(to: "OPTIONS") {
        self.path = "*"
        self.query = nil
        self.authority = nil
        return
      }
      (authority, start) = try Self.authority(ofAbsolute: target)
    }
    let mark = target.firstIndex(of: UInt8(ascii: "?"), from: start)
    let path = target.extracting(start..<(mark ?? target.count))
    self.path = path.isEmpty ? "/" : path.text
    self.authority = authority
    self.query = mark.map { target.extracting(($0 + 1)...).text }
  }

  /// RFC 9110 §9.3.6: a tunnel's target has a host and a port.
  private static func refusal(ofTunnelTo target: Span<UInt8>) -> ParseError {
    guard isAuthority(target), target.firstIndex(of: UInt8(ascii: ":")) != nil, Byte.isDigit(target[target.count - 1])
    else { return ParseError(400, "the target of CONNECT is not a host and a port") }
    return ParseError(501, "there are no tunnels here: CONNECT is not known")
  }

  /// RFC 9112 §3.2.2. The second number is where the path begins.
  private static func authority(ofAbsolute target: Span<UInt8>) throws(ParseError) -> (String, Int) {
    if target.hasPrefix(lowercased: "https://") {
      // RFC 9110 §7.4: such a request must not be answered on a connection without TLS.
      throw ParseError(421, "this connection has no TLS, so https:// can't be asked for; send the path alone")
    }
    guard target.hasPrefix(lowercased: "http://") else {
      throw ParseError(400, "the request target begins neither with / nor with http://")
    }
    var end = 7
    while end < target.count, target[end] != UInt8(ascii: "/"), target[end] != UInt8(ascii: "?") { end += 1 }
    let authority = target.extracting(7..<end)
    guard isAuthority(authority) else {
      throw ParseError(400, "the request target has no valid host behind its scheme")
    }
    return (authority.text, end)
  }

  // MARK: Host and port

  /// Host, and a port behind a colon where there is one (RFC 3986 §3.2.2, §3.2.3); never empty (RFC 9110 §4.2.1), never
  /// with a user (§4.2.4).
  static func isAuthority(_ text: Span<UInt8>) -> Bool {
    var end = 0
    if !text.isEmpty, text[0] == UInt8(ascii: "[") {
      guard let close = text.firstIndex(of: UInt8(ascii: "]")), isIPv6(text.extracting(1..<close)) else { return false }
      end = close + 1
    } else {
      while end < text.count, Byte.isHostName(text[end]) { end += 1 }
      guard end > 0, isPercentEncoded(text.extracting(..<end)) else { return false }
    }
    return end == text.count || isPort(text.extracting(end...))
  }

  /// Each % has two hex digits behind it (RFC 3986 §2.1).
  private static func isPercentEncoded(_ text: Span<UInt8>) -> Bool {
    var start = 0
    while let mark = text.firstIndex(of: UInt8(ascii: "%"), from: start) {
      guard mark + 2 < text.count, PercentEncoding.hexDigit(text[mark + 1]) != nil,
        PercentEncoding.hexDigit(text[mark + 2]) != nil
      else {
        return false
      }
      start = mark + 3
    }
    return true
  }

  /// The only address in brackets that there is: no version of IPvFuture was ever given out.
  private static func isIPv6(_ text: Span<UInt8>) -> Bool {
    // INET6_ADDRSTRLEN with its final zero.
    guard text.count < 46 else { return false }
    for index in text.indices where PercentEncoding.hexDigit(text[index]) == nil {
      if text[index] != UInt8(ascii: ":"), text[index] != UInt8(ascii: ".") { return false }
    }
    var address = in6_addr()
    return inet_pton(AF_INET6, text.text, &address) == 1
  }

  /// A colon and a number up to 65535 of at most five digits; none at all is valid, too.
  private static func isPort(_ text: Span<UInt8>) -> Bool {
    guard text[0] == UInt8(ascii: ":"), text.count <= 6 else { return false }
    var port = 0
    for index in 1..<text.count {
      guard Byte.isDigit(text[index]) else { return false }
      port = port * 10 + Int(text[index] - UInt8(ascii: "0"))
    }
    return port <= 65_535
  }
}
