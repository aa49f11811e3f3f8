import HTTPTypes
import Testing

@testable import HTTP1

/// Of a connection's life what a request says; the rest is in `ConnectionStateTests`.
@Suite("RFC 9112 section 9.3: persistence; RFC 9110 sections 7.6.1, 7.8 and 10.1.1")
struct RFC9112Section9 {
  @Test(
    "§9.3: whether the connection persists",
    arguments: [
      ("1.1", "X: y", true), ("1.1", "Connection: close", false), ("1.1", "Connection: foo, CLOSE", false),
      ("1.1", "Connection: foo\r\nConnection: close", false), ("1.1", "Connection: keep-alive", true),
      ("1.1", "Connection: keep-alive, close", false), ("1.1", "Connection: ,, close\t,", false),
      ("1.1", "Connection: closed", true), ("1.1", "Connection: \"close\"", true), ("1.1", "Connection:", true),
      ("1.1", "Connection: clo\u{17F}e", true), ("1.1", "Proxy-Connection: close", true), ("1.0", "X: y", false),
      ("1.0", "Connection: Keep-Alive", true), ("1.0", "Connection: keep-alive, close", false),
      ("1.0", "Keep-Alive: timeout=5", false), ("1.0", "Connection: x, \tkeep-alive", true), ("1.9", "X: y", true),
    ])
  func persistence(version: String, field: String, persists: Bool) {
    #expect(outcome(of: "GET / HTTP/\(version)\r\nHost: a\r\n\(field)\r\n\r\n").isPersistent == [persists])
  }

  @Test("RFC 9110 §7.6.1: what Connection names changes nothing", arguments: ["Host", "Content-Length", "te", "@"])
  func namedFields(name: String) {
    expectRequests(
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: \(name)\r\nContent-Length: 2\r\n\r\nhi",
      ["POST / [host: a, connection: \(name), content-length: 2] hi"])
  }

  @Test("RFC 9110 §7.8: Upgrade is not taken up", arguments: ["h2c", "websocket", "TLS/1.0", "HTTP/2.0"])
  func upgrade(proposal: String) {
    expectRequests(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: \(proposal)\r\n\r\n",
      ["GET / [host: a, connection: Upgrade, upgrade: \(proposal)]"])
  }

  @Test("RFC 9110 §10.1.1: 100-continue is the only expectation")
  func expectations() {
    func request(_ fields: String) -> String { "GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n" }
    for value in ["100-Continue", "", ", 100-continue", "100-continue, 100-continue", ","] {
      expectRequests(request("Expect: \(value)"), ["GET / [host: a, expect: \(value)]"])
    }
    let other = "the only expectation that can be met is 100-continue"
    for value in ["200-ok", "100-continue, x", "100-continue;q=1", "\"100-continue\"", "100", "100-continue x"] {
      expectRefused(request("Expect: \(value)"), 417, other)
      expectRefused("GET / HTTP/1.0\r\nExpect: \(value)\r\n\r\n", 417, other)
    }
    expectRefused(request("Expect: 100-continue\r\nExpect: x"), 417, other)
  }

  @Test(
    "RFC 9110 §10.1.1: 100 where content is announced, will be read, and has not come; never in HTTP/1.0",
    arguments: [
      ("1.1", "Content-Length: 5", "", true), ("1.1", "Transfer-Encoding: chunked", "", true),
      ("1.1", "Content-Length: 5", "hello", false), ("1.1", "Content-Length: 0", "", false), ("1.1", "X: y", "", false),
      ("1.1", "Content-Length: 5000000", "", false), ("1.0", "Content-Length: 5", "", false),
    ])
  func interim(version: String, field: String, content: String, isOwed: Bool) throws {
    var parser = RequestParser(limits: HTTPLimits())
    let head = "POST / HTTP/\(version)\r\nHost: a\r\nExpect: 100-continue\r\n\(field)\r\n\r\n"
    parser.append(Array((head + content).utf8).span)
    _ = try parser.next()
    let answers = [parser.takeContinue(), parser.takeContinue()]
    #expect(answers == [isOwed, false])
  }

  @Test("RFC 9110 §9.3.2: the parser knows when a refusal must have no body")
  func refusedHead() {
    func isHead(_ text: String) -> Bool {
      var parser = RequestParser(limits: HTTPLimits())
      parser.append(Array(text.utf8).span)
      do throws(ParseError) {
        while try parser.next() != nil {}
      } catch {}
      return parser.isHead
    }
    #expect(isHead("HEAD / HTTP/1.1\r\n\r\n"))
    #expect(isHead("HEAD / HTTP/2.0\r\n\r\n"))
    #expect(isHead("HEAD b HTTP/1.1\r\n\r\n"))
    #expect(isHead("HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel"))
    #expect(!isHead("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"))
    #expect(!isHead("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n?"))
    #expect(!isHead("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n"))
    #expect(!isHead("head / HTTP/1.1\r\n\r\n"))
  }
}
