import Testing

@testable import HTTP1

@Suite("RFC 9112 section 5: field syntax")
struct RFC9112Section5 {
  private func request(_ fields: String) -> String {
    "GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n"
  }

  @Test("§5: names are lowered, values trimmed of spaces and tabs, fields of one name kept apart")
  func namesAndValues() {
    expectRequests(request("X-ONE:  a b \t\r\nx-one:c\r\nEmpty:"), ["GET / [host: a, x-one: a b, x-one: c, empty: ]"])
    expectRequests(request("X: \t \r\nY:: b"), ["GET / [host: a, x: , y: : b]"])
    expectRequests(request("!#$%&'*+-.^_`|~09aZ: v"), ["GET / [host: a, !#$%&'*+-.^_`|~09az: v]"])
  }

  @Test(
    "§5.1: no space before the colon, and names are tokens",
    arguments: [
      "X : a", "X\t: a", "X(: a", ": a", "é: a", "X\0: a", "X Y: a", "X\u{B}: a", "X\u{7F}: a", "X,Y: a", "\"X\": a",
      "X/Y: a", "[X]: a", "X@: a", "X;y: a", ":", "Content-Length\u{A0}: 5", "\u{1}X: a",
    ])
  func names(field: String) {
    expectRefused(
      request(field), 400, "a field name is empty or has a character that no token has, such as a space")
  }

  @Test("a field without a colon", arguments: ["Xa", "X", "GET / HTTP/1.1", "\0"])
  func noColon(field: String) {
    expectRefused(request(field), 400, "a field has no colon")
  }

  @Test(
    "§5.2: no line folding",
    arguments: ["X: a\r\n b", "X: a\r\n\tb", " X: a", "X:\r\n a", "X: a\r\n ", "X: a\r\n \r\n b", "\tX: a"])
  func obsoleteFolding(field: String) {
    expectRefused(request(field), 400, "a field goes on in the next line (obs-fold), or a line begins with a space")
  }

  @Test("RFC 9110 §5.5: no control characters in values")
  func controlCharacters() {
    let sentence = "a field value has a control character"
    for byte in UInt8(0)..<0x20 where ![0x09, 0x0A].contains(byte) {
      expectRefused(request("X: a\(Character(Unicode.Scalar(byte)))b"), 400, sentence)
      expectRefused(request("X: \(Character(Unicode.Scalar(byte)))"), 400, sentence)
    }
    expectRefused(request("X: a\u{7F}b"), 400, sentence)
  }

  @Test("RFC 9110 §5.5: what is not ASCII is kept: as UTF-8, else as ISO 8859-1")
  func otherCharacters() {
    expectRequests(request("X: é\tü"), ["GET / [host: a, x: é\tü]"])
    let latin = Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8) + [0xE9, 0x85] + Array("\r\n\r\n".utf8)
    #expect(outcome(of: latin).requests == ["GET / [host: a, x: é\u{85}]"])
  }

  @Test("§5.4, RFC 6585 §5: too many fields, too large a head")
  func largeHeads() {
    var limits = HTTPLimits()
    limits.headFields = 3
    limits.headBytes = 60
    expectRequests(request("A: 1\r\nB: 2"), ["GET / [host: a, a: 1, b: 2]"], limits: limits)
    expectRefused(request("A: 1\r\nB: 2\r\nC: 3"), 431, "the head has more than 3 fields", limits: limits)
    let tooLarge = "the head is larger than 60 bytes"
    expectRefused(request("A: " + String(repeating: "x", count: 40)), 431, tooLarge, limits: limits)
    expectRefused(
      "GET / HTTP/1.1\r\nHost: a\r\nA: " + String(repeating: "x", count: 80), 431, tooLarge, limits: limits)
  }
}

@Suite("RFC 9112 section 3.2, RFC 9110 section 7.2: Host")
struct RFC9112Section32Host {
  @Test("exactly one in HTTP/1.1, at most one in HTTP/1.0")
  func count() {
    let twice = "there is more than one Host field"
    expectRefused("GET / HTTP/1.1\r\nX: y\r\n\r\n", 400, "there is no Host field")
    expectRefused("GET / HTTP/1.1\r\n\r\n", 400, "there is no Host field")
    expectRefused("GET / HTTP/1.1\r\nHost: a\r\nHOST: a\r\n\r\n", 400, twice)
    expectRefused("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\nhost: b\r\n\r\n", 400, twice)
    expectRequests("GET / HTTP/1.0\r\n\r\n", ["GET / []"])
    expectRefused("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400, twice)
  }

  @Test(arguments: [
    "a", "a.example:8080", "a:", "127.0.0.1", "[::1]:80", "[2001:db8::1]", "a%2Db", "xn--a", "a_b", "a.", "a:65535",
    "[::ffff:192.0.2.1]", "a:00080", "1", "[1:2:3:4:5:6:7:8]:",
  ])
  func valid(host: String) {
    expectRequests("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n", ["GET / [host: \(host)]"])
  }

  @Test(arguments: [
    "", "a b", "a,b", "a, b", "a/b", "u@a", "u:p@a", "a:b", "a:123456", "a:65536", "::1", "[::1", "[]", "[::1]x",
    "[a]b:1", "a?b", "a:80:80", ":80", "a\tb", "[::1%25eth0]", "[g::1]", "[1.2.3.4]", "[v1.a]", "a%", "a%2", "a%zz",
    "é", "http://a", "a\\b", "a#b", "\"a\"", "<a>", "a:+80", "a: 80", "[[::1]]", "[::1]]", "1:2:3:4:5:6:7:8", "a]",
    "{}",
  ])
  func odd(host: String) {
    expectRefused(
      "GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n", 400, "the Host field is not a host with or without a port")
    expectRefused(
      "GET / HTTP/1.0\r\nHost: \(host)\r\n\r\n", 400, "the Host field is not a host with or without a port")
  }
}
