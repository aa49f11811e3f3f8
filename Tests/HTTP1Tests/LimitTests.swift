import HTTPTypes
import Testing

@testable import HTTP1

private let get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"

private func post(_ length: Int) -> String {
  "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n"
}

/// Each limit of a connection, by the name under which passing it is counted.
@Suite struct LimitTests {
  struct Head: CustomTestStringConvertible {
    let text: String
    let status: Int
    let end: ConnectionEnd
    var testDescription: String { end.word }

    init(_ status: Int, _ end: ConnectionEnd, _ text: String) {
      self.text = text
      self.status = status
      self.end = end
    }
  }

  private static let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

  @Test(arguments: [
    Head(414, .requestLineBytes, "GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\n"),
    Head(431, .headBytes, "GET / HTTP/1.1\r\nA: \(String(repeating: "a", count: 17_000))\r\n"),
    Head(431, .headFields, "GET / HTTP/1.1\r\n" + String(repeating: "A: b\r\n", count: 101)),
    Head(431, .headBytes, chunked + "0\r\n" + String(repeating: "A: b\r\n", count: 101)),
    Head(400, .chunkExtensionBytes, chunked + "5;\(String(repeating: "a", count: 17_000))\r\n"),
    Head(400, .malformed, "GET / HTTP/1.1\r\n\r\n"),
  ])
  func sizesOfAHead(head: Head) {
    var bench = ConnectionBench()
    #expect(bench.receive(head.text) == ["write \(head.status) close", "half-close"])
    #expect(bench.state.takeEnd() == head.end)
    #expect(bench.state.takeEnd() == nil, "a connection is counted once")
  }

  @Test func aBodyAboveItsLimitIsTheHandlersToRefuseAndCountedHere() {
    var bench = ConnectionBench()
    #expect(bench.receive(post(2_000_000)) == ["handle /a"])
    #expect(bench.answer(status: 413) == ["write 413 close", "half-close"])
    #expect(bench.state.takeEnd() == .bodyLimitBytes)
  }

  @Test func requestsPerConnection() {
    var limits = HTTPLimits()
    limits.requestsPerConnection = 3
    var bench = ConnectionBench(limits)
    _ = bench.receive(String(repeating: get, count: 4))
    #expect(bench.answer() == ["handle /a", "write 200"])
    #expect(bench.answer() == ["handle /a", "write 200"])
    #expect(bench.answer() == ["write 200 close", "half-close"])
    #expect(bench.handled.count == 3)
    #expect(bench.state.takeEnd() == .requestsPerConnection)
  }

  // MARK: Time

  @Test func theFirstByte() {
    var limits = HTTPLimits()
    limits.firstByteMilliseconds = 5000
    var bench = ConnectionBench(limits)
    #expect(bench.pass(4999) == [])
    #expect(bench.pass(1) == ["close"])
    #expect(bench.state.takeEnd() == .firstByteSeconds)
    bench = ConnectionBench(limits)
    #expect(bench.pass(4999) == [])
    #expect(bench.receive("G") == [])
    #expect(bench.pass(9999) == [], "the head's time begins with its first byte")
    #expect(bench.pass(1) == ["write 408 close", "half-close"])
    #expect(bench.state.takeEnd() == .headSeconds)
  }

  @Test func theBodyAndTheIdleTime() {
    var bench = ConnectionBench()
    _ = bench.receive(post(5))
    #expect(bench.pass(30_000) == ["write 408 close", "half-close"])
    #expect(bench.state.takeEnd() == .bodySeconds)
    bench = ConnectionBench()
    _ = bench.receive(get)
    _ = bench.answer()
    #expect(bench.pass(75_000) == ["close"])
    #expect(bench.state.takeEnd() == .idleSeconds)
  }

  @Test func aPeerThatDoesNotRead() {
    var bench = ConnectionBench()
    _ = bench.receive(get)
    bench.state.answered(HTTPResponse(status: 200), ticket: 1, now: bench.now)
    #expect(bench.run(writes: false) == ["blocked"])
    #expect(bench.pass(30_000) == ["close"])
    #expect(bench.state.takeEnd() == .writeSeconds)
  }

  @Test func theEndsThatNobodyMinds() {
    var bench = ConnectionBench()
    _ = bench.receive("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    _ = bench.answer()
    #expect(bench.state.takeEnd() == .asked)
    bench = ConnectionBench()
    _ = bench.receive(get)
    _ = bench.answer()
    bench.state.peerHasFinished()
    #expect(bench.run() == ["close"])
    #expect(bench.state.takeEnd() == .peer)
    bench = ConnectionBench()
    _ = bench.receive(get)
    bench.state.drain(now: bench.now)
    #expect(bench.answer() == ["write 200 close", "half-close"])
    #expect(bench.state.takeEnd() == .drain)
  }

  // MARK: Large bodies

  @Test func aSmallBodyIsNeverWeighed() {
    var bench = ConnectionBench()
    bench.refusal = (Problem(503, "no"), .overload)
    _ = bench.receive(post(16_384))
    #expect(bench.receive(String(repeating: "x", count: 16_384)) == ["handle /a"])
    _ = bench.answer()
    _ = bench.receive("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4000\r\n")
    _ = bench.receive(String(repeating: "x", count: 16_384))
    #expect(bench.receive("\r\n0\r\n\r\n") == ["handle /a"])
    #expect(bench.weighed.isEmpty)
  }

  @Test func aLargeBodyIsWeighedBeforeItIsReadAndWithEachPartOfIt() {
    var bench = ConnectionBench()
    _ = bench.receive(post(100_000))
    _ = bench.receive(String(repeating: "x", count: 30_000))
    _ = bench.run()
    #expect(
      bench.weighed == [
        LargeBody(isBeginning: true, expected: 100_000), LargeBody(isBeginning: false, expected: 70_000),
      ])
    bench.refusal = (Problem(503, "full", headers: [.init("retry-after", "1")]), .bufferedBytes)
    #expect(bench.receive("x") == ["write 503 close", "half-close"])
    #expect(bench.state.takeEnd() == .bufferedBytes)
    #expect(bench.state.bufferedBytes == 0, "what had come is given back at once")
    #expect(bench.receive(String(repeating: "x", count: 69_999)) == [])
    #expect(bench.handled.isEmpty)
  }

  @Test func aChunkedBodyIsWeighedOnceItHasGrown() {
    var bench = ConnectionBench()
    bench.refusal = (Problem(503, "no"), .overload)
    _ = bench.receive("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFF\r\n")
    #expect(bench.receive(String(repeating: "x", count: 16_384)) == [])
    #expect(bench.receive("x") == ["write 503 close", "half-close"])
    #expect(bench.weighed == [LargeBody(isBeginning: true, expected: 0)])
  }

  @Test("RFC 9110 §10.1.1: who waits for 100 Continue is refused instead")
  func noContinueForARefusedBody() {
    let head = post(100_000).replacing("Host", with: "Expect: 100-continue\r\nHost")
    var bench = ConnectionBench()
    bench.refusal = (Problem(503, "no"), .overload)
    #expect(bench.receive(head) == ["write 503 close", "half-close"])
    bench = ConnectionBench()
    #expect(bench.receive(head) == ["write 100"])
  }

  @Test func largeBodiesLeaveAQuarterToSmallOnes() {
    var budget = BufferBudget(limit: 4000)
    let beginning = LargeBody(isBeginning: true, expected: 1000)
    budget.change(by: 2000)
    #expect(budget.hasRoom(for: beginning))
    budget.change(by: 1)
    #expect(!budget.hasRoom(for: beginning), "3,000 are what large bodies may fill")
    #expect(
      budget.hasRoom(for: LargeBody(isBeginning: false, expected: 1000)), "what comes of it is counted as it comes")
    budget.change(by: 1000)
    #expect(!budget.hasRoom(for: LargeBody(isBeginning: false, expected: 0)))
    #expect(!budget.isExceeded)
    budget.change(by: 1000)
    #expect(budget.isExceeded)
  }

  @Test func everythingThatIsKeptForAConnectionIsCounted() {
    var bench = ConnectionBench()
    _ = bench.receive("GET /a HT")
    #expect(bench.state.bufferedBytes == 9)
    _ = bench.receive("TP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello")
    #expect(bench.state.bufferedBytes == 5)
    _ = bench.receive("world" + "GET")
    #expect(bench.state.bufferedBytes == 13, "the body in the handler, and what waits behind it")
    bench.state.answered(HTTPResponse(status: 200), ticket: 1, now: bench.now)
    #expect(bench.state.bufferedBytes == 3 + bench.state.output.count)
  }

  // MARK: Who may be shed

  @Test func aConnectionIsAStrangersUntilItWasAnsweredWithSuccess() {
    var bench = ConnectionBench()
    #expect(bench.state.waitsForPeer && !bench.state.isKnown)
    _ = bench.receive(get)
    #expect(!bench.state.waitsForPeer, "its request is being worked for")
    _ = bench.answer(status: 401)
    #expect(bench.state.waitsForPeer && !bench.state.isKnown)
    _ = bench.receive(get)
    bench.time += 7
    _ = bench.answer(status: 200)
    #expect(bench.state.waitsForPeer && bench.state.isKnown)
    #expect(bench.state.waitingSince == bench.time)
  }

  // MARK: Draining

  @Test func aNewConnectionsRequestMayBeUnderWayWhenTheServerEnds() {
    var bench = ConnectionBench()
    bench.time += 500
    bench.state.drain(now: bench.now)
    #expect(bench.run() == [])
    var silent = bench
    #expect(bench.receive(get) == ["handle /a"])
    #expect(bench.answer() == ["write 200 close", "half-close"])
    #expect(silent.pass(1499) == [])
    #expect(silent.pass(1) == ["close"])
    #expect(silent.state.takeEnd() == .drain)
  }
}
