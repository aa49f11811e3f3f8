import Testing

@testable import HTTP1

@Suite("RFC 9112 section 2: message format, parsing and version")
struct RFC9112Section2 {
  private let noMethod = "this is not an HTTP request: it does not begin with a method"

  @Test func aRequestWithoutContent() {
    expectRequests("GET / HTTP/1.1\r\nHost: a\r\n\r\n", ["GET / [host: a]"])
  }

  @Test("§2.2: an empty line before a request is passed over, a second one is not")
  func emptyLineBefore() {
    expectRequests("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", ["GET / [host: a]"])
    expectRequests(
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
      ["GET / [host: a]", "GET /b [host: a]"])
    expectRequests(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
      ["POST / [host: a, content-length: 1] x", "GET /b [host: a]"])
    expectRefused("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, noMethod)
  }

  @Test(
    "§2.2: nothing else stands before a request",
    arguments: ["\n", "\r", "\r\r\n", "\n\r\n", " \r\n", "\t", "\0", "\u{FEFF}", "\r\n ", "\r\n\n"])
  func otherThingsBefore(text: String) {
    expectRefused(text + "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, noMethod)
  }

  @Test(
    "what is no HTTP is refused before a line ends", arguments: ["\u{16}\u{3}\u{1}", " GET /", "{\"a\":1}", "\u{80}"])
  func otherProtocols(text: String) {
    expectRefused(text, 400, noMethod)
  }

  @Test(
    "§2.2: LF alone ends no line",
    arguments: [
      "GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\n",
      "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", "GET / HTTP/1.1\n\nHost: a\r\n\r\n",
    ])
  func bareLineFeed(text: String) {
    expectRefused(text, 400, "a line ends with LF without CR before it")
  }

  @Test("§2.2: CR alone stands nowhere")
  func bareCarriageReturn() {
    let inValue = "a field value has a control character"
    expectRefused("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400, inValue)
    expectRefused("GET / HTTP/1.1\r\nX: \rb\r\n\r\n", 400, inValue)
    expectRefused("GET / HTTP/1.1\r\nX: b\r\r\n\r\n", 400, inValue)
    expectRefused(
      "GET / HTTP/1.1\r\nX\r: b\r\n\r\n", 400,
      "a field name is empty or has a character that no token has, such as a space")
    expectRefused("GET / HTTP/1.1\r\nHost: a\r\n\r\r\n", 400, "a field has no colon")
    expectRefused(
      "GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n", 400,
      "the request target has a character that must be percent-encoded")
    expectRefused(
      "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400,
      "the request line does not end with HTTP/ and a version such as 1.1")
    expectRefused("G\rET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "the method has a character that no token has")
  }

  @Test(
    "§2.2: no whitespace between the request line and the first field",
    arguments: [" Host: a", "\tHost: a", " \r\nHost: a", "\t\r\nHost: a"])
  func spaceBeforeTheFirstField(text: String) {
    expectRefused(
      "GET / HTTP/1.1\r\n\(text)\r\n\r\n", 400,
      "a field goes on in the next line (obs-fold), or a line begins with a space")
  }

  @Test(
    "§2.3: the version",
    arguments: [
      "GET / http/1.1", "GET / HTTP/1.1 ", "GET / HTTP/1", "GET / HTTP/11.1", "GET / HTTP/1,1", "GET / FTP/1.1",
      "GET / x HTTP/1.1", "GET /  HTTP/1.1", "GET / HTTP/1.10", "GET / HTTP/01.1", "GET / HTTP/1.", "GET / HTTP/.1",
      "GET / HTTP/1.1x", "GET / HTTP/-1.1", "GET / HTTP 1.1", "GET / HTTPS/1.1", "GET / ", "GET / HTTP/1.\u{FF11}",
      "GET / HTTP/1.1\t", "GET / \tHTTP/1.1", "GET / HTTP/ 1.1", "GET / Http/1.1", "GET / HTTP/1.1\0",
    ])
  func malformedVersion(line: String) {
    expectRefused(
      line + "\r\nHost: a\r\n\r\n", 400, "the request line does not end with HTTP/ and a version such as 1.1")
  }

  @Test(
    "RFC 9110 §15.6.6: another major version is 505, the preface of HTTP/2 too",
    arguments: [
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/3.0\r\n\r\n", "GET / HTTP/0.9\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
      "GET / HTTP/2.1\r\nHost: a\r\n\r\n", "GET / HTTP/0.0\r\n\r\n",
    ])
  func otherMajorVersion(text: String) {
    expectRefused(text, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
  }

  @Test("RFC 9110 §2.5: a higher minor version is read as 1.1")
  func higherMinorVersion() {
    expectRequests("GET / HTTP/1.9\r\nHost: a\r\n\r\n", ["GET / [host: a]"])
    expectRefused("GET / HTTP/1.2\r\n\r\n", 400, "there is no Host field")
  }
}
