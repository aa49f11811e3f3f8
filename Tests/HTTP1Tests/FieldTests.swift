import Testing

@testable import HTTP1

@Suite("RFC 9112 §5 and §3.2: fields and Host")
struct FieldTests {
  private func request(_ fields: String) -> String {
    "GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n"
  }

  @Test func namesAreLoweredAndValuesTrimmed() {
    expectRequests(request("X-ONE:  a b \t\r\nx-one:c\r\nEmpty:"), ["GET / [host: a, x-one: a b, x-one: c, empty: ]"])
  }

  @Test(
    "§5.1: no space before the colon, and names are tokens", arguments: ["X : a", "X\t: a", "X(: a", ": a", "é: a"])
  func names(field: String) {
    expectRefused(
      request(field), 400, "a field name is empty or has a character that no token has, such as a space")
  }

  @Test func aFieldWithoutColon() {
    expectRefused(request("Xa"), 400, "a field has no colon")
  }

  @Test("§5.2: no line folding", arguments: ["X: a\r\n b", "X: a\r\n\tb", " X: a"])
  func obsoleteFolding(field: String) {
    expectRefused(request(field), 400, "a field goes on in the next line (obs-fold), or a line begins with a space")
  }

  @Test func aSpaceBetweenRequestLineAndFirstField() {
    expectRefused(
      "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400,
      "a field goes on in the next line (obs-fold), or a line begins with a space")
  }

  @Test("§5.5: no control characters in values", arguments: ["\u{0}", "\u{1}", "\u{B}", "\u{7F}", "\u{1B}"])
  func controlCharacters(character: String) {
    expectRefused(request("X: a\(character)b"), 400, "a field value has a control character")
  }

  @Test("§5.5: what is not ASCII is kept: as UTF-8, else as ISO 8859-1")
  func otherCharacters() {
    expectRequests(request("X: é\tü"), ["GET / [host: a, x: é\tü]"])
    let latin = Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8) + [0xE9] + Array("\r\n\r\n".utf8)
    #expect(outcome(of: latin).requests == ["GET / [host: a, x: é]"])
  }

  @Test("RFC 6585 §5: too many fields, too large a head")
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

  @Test("§3.2: exactly one Host in HTTP/1.1")
  func hostCount() {
    expectRefused("GET / HTTP/1.1\r\nX: y\r\n\r\n", 400, "there is no Host field")
    expectRefused(request("HOST: a"), 400, "there is more than one Host field")
    expectRequests("GET / HTTP/1.0\r\n\r\n", ["GET / []"])
    expectRefused("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400, "there is more than one Host field")
  }

  @Test(arguments: ["a", "a.example:8080", "a:", "127.0.0.1", "[::1]:80", "[2001:db8::1]", "a%2Db", "xn--a"])
  func validHosts(host: String) {
    expectRequests("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n", ["GET / [host: \(host)]"])
  }

  @Test(arguments: [
    "", "a b", "a,b", "a/b", "u@a", "a:b", "a:123456", "::1", "[::1", "[]", "[::1]x", "[a]b:1", "a?b", "a:80:80", ":80",
  ])
  func oddHosts(host: String) {
    expectRefused(
      "GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n", 400, "the Host field is not a host with or without a port")
  }

  @Test("RFC 9110 §10.1.1: 100-continue is the only expectation")
  func expectations() {
    expectRequests(request("Expect: 100-Continue"), ["GET / [host: a, expect: 100-Continue]"])
    for value in ["200-ok", "", "100-continue, x"] {
      expectRefused(request("Expect: \(value)"), 417, "the only expectation that can be met is 100-continue")
    }
  }

  @Test(
    "§9.3: whether the connection persists",
    arguments: [
      ("1.1", "X: y", true), ("1.1", "Connection: close", false), ("1.1", "Connection: foo, CLOSE", false),
      ("1.1", "Connection: foo\r\nConnection: close", false), ("1.0", "X: y", false),
      ("1.0", "Connection: Keep-Alive", true), ("1.0", "Connection: keep-alive, close", false),
    ])
  func persistence(version: String, field: String, persists: Bool) {
    #expect(outcome(of: "GET / HTTP/\(version)\r\nHost: a\r\n\(field)\r\n\r\n").isPersistent == [persists])
  }
}
