import Glibc
import HTTPTypes
import Telemetry
import TestSupport
import Testing

@testable import HTTP1

/// Runs `body` with a server on a free port of loopback, and stops it.
private func withServer(
  _ handler: FunctionHandler = .echo, limits: HTTPLimits = HTTPLimits(),
  _ body: (HTTPServer, Int) throws -> Void
) throws {
  let server = HTTPServer(handler: handler, limits: limits, log: .silent)
  defer { server.stop() }
  try body(server, try server.listen("127.0.0.1:0"))
}

private let get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"

@Suite("A server on loopback")
struct HTTPServerTests {
  @Test func requestsFollowEachOtherOnOneConnection() throws {
    try withServer { _, port in
      let client = try TestClient(port: port)
      for length in 0..<20 {
        client.send(
          "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n" + String(repeating: "y", count: length))
        #expect(try client.response().body == "POST /x \(length)")
      }
      client.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try client.response(toHead: true).head.contains("\r\nContent-Length: 9\r\n"))
      client.send("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      #expect(try client.response().head.contains("\r\nConnection: close\r\n"))
      #expect(client.isClosedByServer())
    }
  }

  @Test func pipelinedRequestsAreAnsweredInOrder() throws {
    try withServer { _, port in
      let client = try TestClient(port: port)
      client.send((0..<5000).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
      for index in 0..<5000 { try #require(try client.response().body == "GET /\(index) 0") }
    }
  }

  @Test func aBodyThatComesInPieces() throws {
    try withServer { _, port in
      let client = try TestClient(port: port)
      for piece in ["POST /x HT", "TP/1.1\r\nHost: a\r", "\nTransfer-Encoding: chunked\r\n\r", "\n3\r\nab"] {
        client.send(piece)
      }
      client.send("c\r\n2\r\nde\r\n0\r\n\r\n")
      #expect(try client.response().body == "POST /x 5")
    }
  }

  @Test func aBodyThatDoesNotComeIs408() throws {
    var limits = HTTPLimits()
    limits.bodyMilliseconds = 50
    limits.idleMilliseconds = 50
    try withServer(limits: limits) { _, port in
      let client = try TestClient(port: port)
      client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel")
      #expect(try client.response().status == 408)
      #expect(client.isClosedByServer())
      let idle = try TestClient(port: port)
      idle.send(get)
      #expect(try idle.response().status == 200)
      #expect(idle.isClosedByServer())
    }
  }

  @Test("the sender of 2 MB sees why it was refused")
  func contentTooLarge() throws {
    try withServer { _, port in
      for fields in ["Content-Length: 2000000", "Transfer-Encoding: chunked"] {
        let client = try TestClient(port: port)
        let frame = fields.hasPrefix("T") ? "1E8480\r\n" : ""
        let sent = client.send(
          "POST /x HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(frame)" + String(repeating: "y", count: 2_000_000))
        #expect(sent)
        let response = try client.response()
        #expect(response.status == 413)
        #expect(response.head.contains("\r\nConnection: close\r\n"))
        client.finishSending()
        #expect(client.isClosedByServer())
      }
    }
  }

  @Test func aSenderThatWaitsForContinueIsToldToGoOn() throws {
    try withServer { _, port in
      let client = try TestClient(port: port)
      client.send("POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
      #expect(try client.response().head == "HTTP/1.1 100 Continue\r\n\r\n")
      client.send("hello")
      #expect(try client.response().body == "POST /x 5")
      client.send("POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5000000\r\n\r\n")
      #expect(try client.response().status == 413)
    }
  }

  @Test func aRefusalIsAProblemDocument() throws {
    try withServer { _, port in
      let client = try TestClient(port: port)
      client.send("GET / HTTP/2.0\r\n\r\n")
      let response = try client.response()
      #expect(response.status == 505)
      #expect(response.head.contains("\r\ncontent-type: application/problem+json\r\n"))
      #expect(response.body.contains("only HTTP/1.1 and HTTP/1.0 are spoken here"))
      client.finishSending()
      #expect(client.isClosedByServer())
    }
  }

  @Test func answersFromAnotherThreadAndTwice() throws {
    let pending = Pending()
    try withServer(pending.handler) { _, port in
      let clients = try (0..<20).map { _ in try TestClient(port: port) }
      for round in 1...5 {
        for client in clients { client.send(get) }
        pending.wait(for: clients.count)
        let answers = pending.take()
        let thread = BackgroundThread {
          for answer in answers {
            answer(HTTPResponse(status: 200, contentType: "text/plain", body: "round \(round)"))
            answer(HTTPResponse(status: 500))
          }
        }
        for client in clients { #expect(try client.response().body == "round \(round)") }
        thread.join()
      }
    }
  }

  @Test func anAnswerForAConnectionThatIsGoneReachesNobodyElse() throws {
    let pending = Pending()
    try withServer(pending.handler) { _, port in
      var client: TestClient? = try TestClient(port: port)
      client?.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n?")
      pending.wait()
      let late = pending.take()
      // What it sent is unread, so this resets the connection, and the server knows at once.
      client = nil
      let next = try TestClient(port: port)
      next.send(get)
      pending.wait()
      for answer in late { answer(HTTPResponse(status: 500)) }
      for answer in pending.take() { answer(HTTPResponse(status: 200)) }
      #expect(try next.response().status == 200)
    }
  }

  @Test func anAnswerLargerThanTheSocketTakesAtOnce() throws {
    let body = [UInt8](repeating: UInt8(ascii: "z"), count: 20_000_000)
    let handler = FunctionHandler { _, answer in answer(HTTPResponse(status: 200, body: body)) }
    try withServer(handler) { _, port in
      let client = try TestClient(port: port)
      client.send(get + get)
      #expect(try client.response().body.utf8.count == body.count)
      #expect(try client.response().body.utf8.count == body.count)
    }
  }

  @Test func aThousandConnectionsOverTwoLoops() throws {
    var limits = HTTPLimits()
    limits.eventLoops = 2
    try allowManyDescriptors()
    try withServer(limits: limits) { _, port in
      let clients = try (0..<1000).map { _ in try TestClient(port: port) }
      for round in 0..<2 {
        for client in clients { client.send("GET /\(round) HTTP/1.1\r\nHost: a\r\n\r\n") }
        for client in clients { try #require(try client.response().body == "GET /\(round) 0") }
      }
    }
  }

  /// Both ends of the connections are in this process.
  private func allowManyDescriptors() throws {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = min(limit.rlim_max, 8192)
    try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
  }
}
