import Testing

@testable import HTTP1

@Suite("RFC 9112 §2 and §3: message and request line")
struct RequestLineTests {
  @Test func aRequestWithoutContent() {
    expectRequests("GET / HTTP/1.1\r\nHost: a\r\n\r\n", ["GET / [host: a]"])
  }

  @Test func pathAndQueryAreKeptAsSent() {
    expectRequests(
      "GET /hooks/t%20x?a=%41&b=?c HTTP/1.1\r\nHost: a\r\n\r\n", ["GET /hooks/t%20x?a=%41&b=?c [host: a]"])
    expectRequests("GET /x? HTTP/1.1\r\nHost: a\r\n\r\n", ["GET /x? [host: a]"])
  }

  @Test func quotesAndBracesInAQueryAreLetThrough() {
    expectRequests(
      #"GET /h?custom={"crm":"true"} HTTP/1.1"# + "\r\nHost: a\r\n\r\n",
      [#"GET /h?custom={"crm":"true"} [host: a]"#])
  }

  @Test("§2.2: an empty line before a request is passed over, a second one is not")
  func emptyLineBefore() {
    expectRequests("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", ["GET / [host: a]"])
    expectRequests(
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
      ["GET / [host: a]", "GET /b [host: a]"])
    expectRefused("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, noMethod)
    expectRefused("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, noMethod)
  }

  @Test func whatIsNoHTTPIsRefusedBeforeALineEnds() {
    expectRefused("\u{16}\u{3}\u{1}", 400, noMethod)
    expectRefused(" GET / HTTP/1.1\r\n", 400, noMethod)
  }

  @Test(
    "§2.2: CR and LF only together",
    arguments: [
      "GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\n",
    ])
  func bareLineFeed(text: String) {
    expectRefused(text, 400, "a line ends with LF without CR before it")
  }

  @Test func bareCarriageReturn() {
    expectRefused("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400, "a field value has a control character")
    expectRefused(
      "GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n", 400,
      "the request target has a character that must be percent-encoded")
  }

  @Test(
    "§3: exactly three parts with one space between them",
    arguments: [
      "GET /\r\n", "GET  / HTTP/1.1\r\n", "GET\t/\tHTTP/1.1\r\n", "GET\r\n", "GET HTTP/1.1\r\n",
    ])
  func malformedLine(line: String) {
    expectRefused(
      line + "Host: a\r\n\r\n", 400, "the request line is not: method, space, target, space, version")
  }

  @Test(
    "§2.3: the version",
    arguments: [
      "GET / http/1.1", "GET / HTTP/1.1 ", "GET / HTTP/1", "GET / HTTP/11.1", "GET / HTTP/1,1", "GET / FTP/1.1",
      "GET / x HTTP/1.1", "GET /  HTTP/1.1",
    ])
  func malformedVersion(line: String) {
    expectRefused(
      line + "\r\nHost: a\r\n\r\n", 400, "the request line does not end with HTTP/ and a version such as 1.1")
  }

  @Test(arguments: ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/3.0\r\n\r\n", "GET / HTTP/0.9\r\n\r\n"])
  func otherMajorVersion(text: String) {
    expectRefused(text, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
  }

  @Test func aHigherMinorVersionIsReadAs11() {
    expectRequests("GET / HTTP/1.9\r\nHost: a\r\n\r\n", ["GET / [host: a]"])
  }

  @Test("§3.1: methods are tokens, and case matters")
  func methods() {
    expectRequests("brew /pot HTTP/1.1\r\nHost: a\r\n\r\n", ["brew /pot [host: a]"])
    expectRefused("GE(T / HTTP/1.1\r\n\r\n", 400, "the method has a character that no token has")
  }

  @Test("§3: a long target is 414")
  func longTarget() {
    var limits = HTTPLimits()
    limits.requestLineBytes = 30
    expectRequests(
      "GET /aaaaaaaaaaaaaaaa HTTP/1.1\r\nHost: a\r\n\r\n", ["GET /aaaaaaaaaaaaaaaa [host: a]"], limits: limits)
    let sentence = "the request line is longer than 30 bytes"
    expectRefused("GET /aaaaaaaaaaaaaaaaa HTTP/1.1\r\nHost: a\r\n\r\n", 414, sentence, limits: limits)
    expectRefused("GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 414, sentence, limits: limits)
  }

  @Test("§3.2.2: of an absolute-form target the host counts, not the Host field")
  func absoluteForm() {
    expectRequests("GET HTTP://b:80/p?q HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n", ["GET /p?q [x: y, host: b:80]"])
    expectRequests("GET https://[::1]?q HTTP/1.1\r\nHost: a\r\n\r\n", ["GET /?q [host: [::1]]"])
    let noHost = "the request target has no valid host behind its scheme"
    for target in ["http:///p", "http://u@b/", "http://b:x/", "http://[::1/"] {
      expectRefused("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n", 400, noHost)
    }
  }

  @Test(
    "§3.2.3 and §3.2.4: authority-form and asterisk-form are for others",
    arguments: ["CONNECT b:443", "OPTIONS *", "GET b/", "GET ftp://b/", "GET http://"])
  func otherForms(line: String) {
    expectRefused(
      line + " HTTP/1.1\r\nHost: a\r\n\r\n", 400,
      "the request target begins neither with / nor with http:// or https://")
  }

  @Test(arguments: ["/a#b", "/\u{7F}", "/é", "/\u{0}"])
  func charactersThatNoTargetHas(target: String) {
    expectRefused(
      "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n", 400,
      "the request target has a character that must be percent-encoded")
  }

  private let noMethod = "this is not an HTTP request: it does not begin with a method"
}
