import HTTPTypes
import Synchronization
import Telemetry
import Testing

@testable import HTTP1

/// Where two readers of the same bytes could disagree on where a request ends, the request is refused, and nothing behind
/// it is executed.
@Suite("RFC 9112 section 11.2: request smuggling")
struct RFC9112Section11 {
  private static let second = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

  @Test(arguments: AmbiguousRequests.all)
  func nothingBehindAnAmbiguousRequestIsExecuted(text: String) {
    for prefix in ["", "GET /before HTTP/1.1\r\nHost: a\r\n\r\n"] {
      let outcome = outcome(of: prefix + text + Self.second)
      #expect(outcome.requests.count == (prefix.isEmpty ? 0 : 1), "\(outcome)")
      #expect(outcome.error.map { [400, 501, 505].contains($0.status) } == true, "\(outcome)")
      #expect(outcome.hasStopped)
    }
  }

  /// The same over a socket: the refusal comes, says that the connection ends, and the connection ends.
  @Test func norOverASocket() throws {
    let executed = Mutex<[String]>([])
    let handler = FunctionHandler { request, answer in
      executed.withLock { $0.append(request.path) }
      answer(HTTPResponse(status: 200))
    }
    let server = HTTPServer(handler: handler, log: .silent)
    defer { server.stop() }
    let port = try server.listen("127.0.0.1:0")
    for text in AmbiguousRequests.all {
      let client = try TestClient(port: port)
      client.send(text + Self.second)
      let response = try client.response()
      let shown = "\(String(reflecting: text)): \(response)"
      #expect([400, 501, 505].contains(response.status), "\(shown)")
      #expect(response.head.contains("\r\nDate: ") && response.head.contains("\r\nConnection: close\r\n"), "\(shown)")
      #expect(response.head.contains("\r\ncontent-type: application/problem+json\r\n"), "\(shown)")
      client.finishSending()
      #expect(client.isClosedByServer(), "\(shown)")
    }
    #expect(executed.withLock { $0 } == [])
  }

  @Test func aHiddenRequestInContentIsContent() {
    let second = Self.second
    expectRequests(
      "POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: \(second.utf8.count)\r\n\r\n\(second)",
      ["POST /first [host: a, content-length: \(second.utf8.count)] \(second)"])
    let size = String(second.utf8.count, radix: 16)
    expectRequests(
      "POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(size)\r\n\(second)\r\n0\r\n\r\n",
      ["POST /first [host: a, transfer-encoding: chunked] \(second)"])
  }

  @Test(
    "names that only look like those of framing are other fields",
    arguments: [
      "Content_Length: 5", "Transfer_Encoding: chunked", "X-Content-Length: 5", "Content-Lengt: 5", "TE: chunked",
      "Content-Lengths: 5", "X-Transfer-Encoding: chunked", "Content-Length-: 5", "ContentLength: 5",
    ])
  func otherNames(field: String) {
    let read = field.lowercased()
    expectRequests(
      "POST /first HTTP/1.1\r\nHost: a\r\n\(field)\r\n\r\n\(Self.second)",
      ["POST /first [host: a, \(read)]", "GET /smuggled [host: a]"])
  }

  @Test func nothingIsReadBehindContentThatIsTooLarge() {
    var limits = HTTPLimits()
    limits.bodyLimit = 3
    let text =
      "POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n\(Self.second)"
    let outcome = outcome(of: text, limits: limits)
    #expect(outcome.requests == ["POST /first [host: a, transfer-encoding: chunked] too large: unknown"])
    #expect(outcome.isPersistent == [false])
  }
}
