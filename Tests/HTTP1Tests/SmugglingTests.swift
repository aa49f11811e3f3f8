import Testing

@testable import HTTP1

/// Where two readers of the same bytes could disagree on where a request ends, the request is refused, and nothing behind
/// it is executed.
@Suite("RFC 9112 §11.2: request smuggling")
struct SmugglingTests {
  private static let second = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

  @Test(arguments: [
    "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
    "Content-Length: 5\r\nContent-Length: 0", "Content-Length: 0\r\nContent-Length: 5", "Content-Length: 5, 0",
    "Content-Length : 5", "Content-Length: 0\r\n Transfer-Encoding: chunked", "Content-Length: +0",
    "Transfer-Encoding : chunked", "Transfer-Encoding: chunked, identity", "Transfer-Encoding: xchunked",
    "Transfer-Encoding: \u{B}chunked", "Transfer-Encoding:\n chunked", "Transfer-Encoding\r\n : chunked",
    "X: y\rTransfer-Encoding: chunked", "X: y\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\u{0}",
    "Transfer_Encoding: x\r\nTransfer-Encoding: gzip, chunked", "Content-Length: 0\u{0}", "Content-Length: ０",
  ])
  func nothingBehindAnAmbiguousRequestIsExecuted(fields: String) {
    let text = "POST /first HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n0\r\n\r\n\(Self.second)"
    let outcome = outcome(of: text)
    #expect(outcome.requests.isEmpty)
    #expect(outcome.error != nil)
  }

  @Test func aHiddenRequestInContentIsContent() {
    let text =
      "POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: \(Self.second.utf8.count)\r\n\r\n\(Self.second)"
    #expect(outcome(of: text).requests.count == 1)
  }

  @Test func nothingIsReadBehindContentThatIsTooLarge() {
    var limits = HTTPLimits()
    limits.bodyLimit = 3
    let text =
      "POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n\(Self.second)"
    let outcome = outcome(of: text, limits: limits)
    #expect(outcome.requests == ["POST /first [host: a, transfer-encoding: chunked] too large: chunked"])
    #expect(outcome.isPersistent == [false])
  }
}
