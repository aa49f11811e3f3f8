import Glibc
import HTTPTypes
import Synchronization
import Telemetry
import Testing

@testable import HTTP1

private let get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"

private func withServer(
  _ handler: FunctionHandler = .echo, limits: HTTPLimits = HTTPLimits(), gate: Gate = Gate(),
  _ body: (HTTPServer, Int) throws -> Void
) throws {
  let server = HTTPServer(handler: handler, limits: limits, gate: gate, log: .silent)
  defer { server.stop() }
  try body(server, try server.listen("127.0.0.1:0"))
}

@Suite("A full server makes room")
struct SheddingTests {
  @Test func aNewConnectionTakesThePlaceOfTheOldestThatSaidNothing() throws {
    var limits = HTTPLimits()
    limits.connections = 3
    limits.connectionsPerAddress = 100
    try withServer(limits: limits) { server, port in
      let known = try TestClient(port: port)
      known.send(get)
      #expect(try known.response().status == 200)
      let silent = try TestClient(port: port)
      let dribbling = try TestClient(port: port)
      dribbling.send("GET / HT")
      for _ in 0..<20 {
        let sender = try TestClient(port: port)
        sender.send("GET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(try sender.response().status == 200)
        #expect(sender.isClosedByServer())
      }
      #expect(silent.isClosedByServer())
      let more = try TestClient(port: port)
      more.send(get)
      #expect(try more.response().status == 200)
      // Two are known now, and one is a stranger half way through a request: it goes next, and is told.
      let another = try TestClient(port: port)
      another.send(get)
      #expect(try another.response().status == 200)
      #expect(try dribbling.response().status == 503)
      #expect(server.counts[.shed] == 2)
      known.send(get)
      #expect(try known.response().status == 200)
    }
  }

  @Test func whereAllAreKnownTheOneThatWaitsLongestGoes() throws {
    var limits = HTTPLimits()
    limits.connections = 4
    limits.connectionsPerAddress = 100
    try withServer(limits: limits) { _, port in
      let clients = try (0..<4).map { _ in try TestClient(port: port) }
      // The instants of their last answers differ by the clock's millisecond, or it does not matter which goes.
      for client in clients {
        client.send(get)
        #expect(try client.response().status == 200)
        usleep(2000)
      }
      let newcomer = try TestClient(port: port)
      newcomer.send(get)
      #expect(try newcomer.response().status == 200)
      #expect(clients[0].isClosedByServer())
      clients[3].send(get)
      #expect(try clients[3].response().status == 200)
    }
  }

  @Test func whoseRequestIsInTheHandlerKeepsItsPlace() throws {
    let pending = Pending()
    var limits = HTTPLimits()
    limits.connections = 2
    limits.connectionsPerAddress = 100
    try withServer(pending.handler, limits: limits) { server, port in
      let busy = try (0..<2).map { _ in try TestClient(port: port) }
      for client in busy { client.send(get) }
      pending.wait(for: 2)
      let refused = try TestClient(port: port)
      let answer = try refused.response()
      #expect(answer.status == 503)
      #expect(answer.head.contains("\r\nretry-after: 5\r\n"))
      #expect(refused.isClosedByServer())
      #expect(server.counts[.connections] == 1)
      for answer in pending.take() { answer(HTTPResponse(status: 200)) }
      for client in busy { #expect(try client.response().status == 200) }
    }
  }

  @Test func anAddressThatHasItsShareMakesRoomAmongItsOwn() throws {
    var limits = HTTPLimits()
    limits.connectionsPerAddress = 2
    try withServer(limits: limits) { server, port in
      let other = try TestClient(port: port, from: "127.0.0.2")
      let silent = try (0..<2).map { _ in try TestClient(port: port) }
      let third = try TestClient(port: port)
      third.send(get)
      #expect(try third.response().status == 200)
      #expect(silent[0].isClosedByServer())
      silent[1].send(get)
      #expect(try silent[1].response().status == 200)
      // Both are known now, and idle: a further one takes the longer idle one's place.
      let fourth = try TestClient(port: port)
      fourth.send(get)
      #expect(try fourth.response().status == 200)
      other.send(get)
      #expect(try other.response().status == 200)
      #expect(server.counts[.shed] == 2)
    }
  }

  @Test func whereAllOfAnAddressAreAtWorkItIsToldAndProxiesAreNot() throws {
    var limits = HTTPLimits()
    limits.connectionsPerAddress = 2
    for isProxy in [false, true] {
      let pending = Pending()
      let gate = Gate(isProxy: { isProxy && $0 == "127.0.0.1" })
      try withServer(pending.handler, limits: limits, gate: gate) { server, port in
        let clients = try (0..<2).map { _ in try TestClient(port: port) }
        for client in clients { client.send(get) }
        pending.wait(for: 2)
        let third = try TestClient(port: port)
        if isProxy {
          third.send(get)
          pending.wait()
        } else {
          let refusal = try third.response()
          #expect(refusal.status == 503)
          #expect(refusal.head.contains("\r\nretry-after: 5\r\n"))
          #expect(third.isClosedByServer())
        }
        #expect(server.counts[.connectionsPerAddress] == (isProxy ? 0 : 1))
        for answer in pending.take() { answer(HTTPResponse(status: 200)) }
        for client in clients { #expect(try client.response().status == 200) }
      }
    }
  }

  // MARK: Bodies

  @Test func largeBodiesThatDoNotFitAreToldToComeBackAndSmallOnesPass() throws {
    var limits = HTTPLimits()
    limits.bufferedBytes = 400_000
    try withServer(limits: limits) { server, port in
      let head = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n"
      var holding: TestClient? = try TestClient(port: port)
      holding?.send(head + String(repeating: "x", count: 150_000))
      wait(for: server, bufferedBytes: 150_000)
      let refused = try TestClient(port: port)
      refused.send(head)
      let answer = try refused.response()
      #expect(answer.status == 503)
      #expect(answer.head.contains("\r\nretry-after: 1\r\n"))
      #expect(answer.head.contains("\r\ncontent-type: application/problem+json\r\n"))
      #expect(server.counts[.bufferedBytes] == 1)
      let small = try TestClient(port: port)
      small.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 16000\r\n\r\n")
      small.send(String(repeating: "x", count: 16_000))
      #expect(try small.response().body == "POST /x 16000")
      holding = nil
      wait(for: server, bufferedBytes: 0)
      let again = try TestClient(port: port)
      again.send(head + String(repeating: "x", count: 200_000))
      #expect(try again.response().body == "POST /x 200000")
    }
  }

  @Test func beyondTheWholeBudgetThoseThatWaitAreClosed() throws {
    var limits = HTTPLimits()
    limits.bufferedBytes = 200_000
    try withServer(limits: limits) { server, port in
      let head = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 16000\r\n\r\n"
      let holding = try (0..<20).map { _ in try TestClient(port: port) }
      for client in holding { client.send(head + String(repeating: "x", count: 15_000)) }
      let sender = try TestClient(port: port)
      for _ in 0..<20 {
        sender.send(get)
        #expect(try sender.response().status == 200)
      }
      wait { server.counts[.shed] >= 7 }
      #expect(server.counts.bufferedBytes.value <= 200_000)
      #expect(try holding[0].response().status == 503, "the oldest went first")
    }
  }

  @Test func anOverloadedApplicationRefusesLargeBodiesBeforeTheyAreRead() throws {
    let isOverloaded = Mutex(true)
    let gate = Gate(overload: {
      isOverloaded.withLock { $0 } ? Problem(503, "the queue is full", headers: [.init("retry-after", "7")]) : nil
    })
    try withServer(gate: gate) { server, port in
      let body = String(repeating: "x", count: 500_000)
      let post = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n"
      for text in [
        post, post + body, "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7A120\r\n" + body,
      ] {
        let client = try TestClient(port: port)
        #expect(client.send(text))
        let answer = try client.response()
        #expect(answer.status == 503)
        #expect(answer.head.contains("\r\nretry-after: 7\r\n"))
        #expect(answer.body.contains("the queue is full"))
        client.finishSending()
        #expect(client.isClosedByServer())
      }
      #expect(server.counts[.overload] == 3)
      let client = try TestClient(port: port)
      client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
      #expect(try client.response().body == "POST /x 5", "small ones are the handler's to decide about")
      isOverloaded.withLock { $0 = false }
      client.send(post + body)
      #expect(try client.response().body == "POST /x 500000")
    }
  }

  @Test func aPeerThatNeverReadsIsBoundedAndCutOff() throws {
    var limits = HTTPLimits()
    limits.writeMilliseconds = 300
    let body = [UInt8](repeating: UInt8(ascii: "z"), count: 100_000)
    let handler = FunctionHandler { _, answer in answer(HTTPResponse(status: 200, body: body)) }
    try withServer(handler, limits: limits) { server, port in
      let client = try TestClient(port: port)
      client.send(String(repeating: get, count: 1000))
      wait { server.counts[.writeSeconds] == 1 }
      // 100 MB were asked for: what was made of them stays within the kernel's buffers and one answer.
      #expect(server.counts.requests.value < 200)
    }
  }

  // MARK: Metrics

  @Test func everyEndHasItsLineOnThePage() throws {
    try withServer { server, port in
      let client = try TestClient(port: port)
      client.send(get + "nonsense\r\n\r\n")
      #expect(try client.response().status == 200)
      #expect(try client.response().status == 400)
      client.finishSending()
      #expect(client.isClosedByServer())
      wait { server.counts.open.value == 0 }
      var page = MetricsPage()
      server.write(to: &page)
      #expect(page.text.contains("\ncdrelay_http_requests_total 1\n"))
      #expect(page.text.contains("\ncdrelay_http_connections 0\n"))
      #expect(page.text.contains("\ncdrelay_http_buffered_bytes 0\n"))
      #expect(page.text.contains("\ncdrelay_http_refused_total{reason=\"malformed\"} 1\n"))
      #expect(page.text.contains("\ncdrelay_http_refused_total{reason=\"connections_per_address\"} 0\n"))
      #expect(page.text.contains("\ncdrelay_http_closed_total{reason=\"first_byte_seconds\"} 0\n"))
    }
  }

  /// Counts are published at the loop's next look at its deadlines.
  private func wait(for server: HTTPServer, bufferedBytes: Int64) {
    wait { server.counts.bufferedBytes.value == bufferedBytes }
  }

  private func wait(_ isReached: () -> Bool) {
    for _ in 0..<2000 where !isReached() { usleep(5000) }
    #expect(isReached())
  }
}
