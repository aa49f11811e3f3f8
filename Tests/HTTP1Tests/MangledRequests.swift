import TestSupport

/// Makes bytes that are nearly requests: whole ones and pieces put together, then broken in a few places.
struct MangledRequests {
  private var random: SeededRandom
  private var bytes: [UInt8] = []

  init(_ random: SeededRandom) {
    self.random = random
  }

  static func make(_ random: inout SeededRandom) -> [UInt8] {
    var maker = MangledRequests(random)
    for _ in 0...maker.random.below(3) { maker.addMessage() }
    for _ in 0..<maker.random.below(4) where !maker.bytes.isEmpty { maker.breakSomething() }
    random = maker.random
    return maker.bytes
  }

  private mutating func addMessage() {
    switch random.below(8) {
    case 0: bytes += random.pick(Self.ambiguous)
    case 1...4: bytes += random.pick(Self.valid)
    default: addAssembled()
    }
  }

  private mutating func addAssembled() {
    bytes += random.pick(Self.methods) + [0x20] + random.pick(Self.targets) + [0x20] + random.pick(Self.versions)
    bytes += [0x0D, 0x0A]
    if random.below(8) > 0 { bytes += Array("Host: a\r\n".utf8) }
    for _ in 0..<random.below(4) { bytes += random.pick(Self.fields) + [0x0D, 0x0A] }
    if random.below(3) > 0 { bytes += random.pick(Self.framed) } else { bytes += [0x0D, 0x0A] }
  }

  private mutating func breakSomething() {
    switch random.below(10) {
    case 0..<7: random.mangle(&bytes, pieces: Self.spice, run: 12)
    case 7: bytes.removeSubrange((bytes.count - random.below(min(bytes.count, 40)))...)
    case 8: swapTokens()
    default:
      let other = random.pick(random.below(2) == 0 ? Self.valid : Self.ambiguous)
      bytes.replaceSubrange(random.below(bytes.count)..., with: other[random.below(other.count)...])
    }
  }

  /// Puts something dangerous in the place of a whole token: names, numbers and separators stay where they belong.
  private mutating func swapTokens() {
    var start = random.below(bytes.count)
    while start > 0, !Self.separators.contains(bytes[start - 1]) { start -= 1 }
    var end = start
    while end < bytes.count, !Self.separators.contains(bytes[end]) { end += 1 }
    bytes.replaceSubrange(start..<end, with: random.pick(Self.tokens))
  }

  private static let separators = Array(" \t\r\n:,;=/?".utf8)
  private static let methods = ["GET", "POST", "POST", "HEAD", "OPTIONS", "CONNECT", "PRI", "get", "POST"].inUTF8
  private static let targets = [
    "/", "/hooks/telecmi?token=x", "/h", "http://b:80/p?q=1", "http://[::1]", "https://b/", "*", "b:443", "/%00#f",
    "/" + String(repeating: "a", count: 100), "//", "http://u@b/",
  ].inUTF8
  private static let versions = [
    "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.9", "HTTP/2.0", "HTTP/1.",
  ].inUTF8
  private static let fields = [
    "Connection: close", "Connection: keep-alive", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "X:", "Y: é",
    "Expect: 100-continue", "Expect: 200-ok", "Host: b:1", "Content-Length: 0", "Content-Length: 7",
    "Content-Length: 18446744073709551616", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked",
    "Trailer: Host", "TE: trailers", "X: a\r\n b", "X : y", "Content-Type: application/json",
    "Z: " + String(repeating: "z", count: 200),
  ].inUTF8
  /// The last field and content.
  private static let framed = [
    "Content-Length: 5\r\n\r\nhello", "Content-Length: 0\r\n\r\n", "Content-Length: 05\r\n\r\nhello",
    "Content-Length: 27\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n", "Content-Length: 70\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n3 ; x=\"y;z\"\r\nabc\r\n0\r\nX: y\r\n\r\n",
    "Transfer-Encoding: CHUNKED\r\n\r\n1b\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n\r\n00\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n",
  ].inUTF8
  private static let ambiguous = AmbiguousRequests.all.inUTF8
  private static let valid =
    [
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
      "GET http://b:80/p?q=1 HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n",
      "\r\nOPTIONS * HTTP/1.1\r\nHost: a\r\nX:\r\n\r\n",
      "POST /h HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
    ].inUTF8 + framed.dropLast().map { Array("POST /hooks/telecmi HTTP/1.1\r\nHost: a\r\n".utf8) + $0 }
  private static let tokens = [
    "", "0", "5", "+5", "-1", "0x5", "00", "7FFFFFFFFFFFFFFF", "99999999999999999999", "chunked", "chun\u{212A}ed",
    "gzip",
    "identity", "Content-Length", "Transfer-Encoding", "Host", "Connection", "Expect", "close", "HTTP", "1.0", "1.1",
    "2.0",
    "a", "[::1]", "a,b", "*", "http", "%", "GET", "\"\"",
  ].inUTF8
  private static let spice =
    [
      "\r", "\n", "\r\n", "\r\n\r\n", " ", "\t", ":", "\0", ",", ";", "0", "F", "-", "+", "\u{7F}", "é", "\u{B}", "\"",
      "\\",
      "=", "#", "%", "\r\n ", "\r\r\n", "\n\n", "Content-Length: 1\r\n", "Transfer-Encoding: chunked\r\n",
      "Host: b\r\n",
      "0\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\u{212A}", "\u{85}",
    ].inUTF8 + [[0xFF], [0xC0, 0x8A], [0x80], [0xE2, 0x84]]
}
