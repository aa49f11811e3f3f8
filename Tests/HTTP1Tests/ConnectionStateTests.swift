import HTTPTypes
import Testing

@testable import HTTP1

private let get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
private let post = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"

@Suite("RFC 9112 §9: a connection's states")
struct ConnectionStateTests {
  @Test func requestsOnePerAnswer() {
    var bench = ConnectionBench()
    #expect(bench.receive(get) == ["handle /a"])
    #expect(bench.answer() == ["write 200"])
    #expect(bench.receive(get) == ["handle /a"])
    #expect(bench.answer() == ["write 200"])
    #expect(bench.handled.first?.request.peer == "192.0.2.1")
  }

  @Test("§9.3.2: pipelined requests wait for each other's answers")
  func pipelining() {
    var bench = ConnectionBench()
    #expect(bench.receive(get + get.replacing("/a", with: "/b") + "GET /c HT") == ["handle /a"])
    #expect(bench.answer() == ["handle /b", "write 200"])
    #expect(bench.answer() == ["write 200"])
    #expect(bench.receive("TP/1.1\r\nHost: a\r\n\r\n") == ["handle /c"])
  }

  @Test func aSecondAnswerChangesNothing() {
    var bench = ConnectionBench()
    _ = bench.receive(get + get)
    #expect(bench.answer(1) == ["handle /a", "write 200"])
    #expect(bench.answer(1, status: 500) == [])
    #expect(bench.answer(2) == ["write 200"])
    #expect(bench.answer(2) == [])
  }

  @Test func whatWaitsBehindARequestIsBounded() {
    var limits = HTTPLimits()
    limits.pipelinedBytes = 100
    var bench = ConnectionBench(limits)
    _ = bench.receive(get)
    #expect(bench.state.wantsRead)
    _ = bench.receive(String(repeating: get, count: 10))
    #expect(!bench.state.wantsRead)
    while bench.handled.count < 11 { #expect(bench.answer().contains("handle /a")) }
    #expect(bench.state.wantsRead)
  }

  @Test func aPeerThatDoesNotReadIsAskedNoMore() {
    var limits = HTTPLimits()
    limits.pipelinedBytes = 150
    var bench = ConnectionBench(limits)
    _ = bench.receive(String(repeating: get, count: 5), writes: false)
    for _ in 0..<4 {
      bench.state.answered(HTTPResponse(status: 200), ticket: bench.handled.last?.ticket ?? 0, now: bench.now)
      _ = bench.run(writes: false)
    }
    #expect(bench.handled.count == 3)
    #expect(bench.run() == ["write 200 200 200", "handle /a"])
  }

  // MARK: The end of a connection

  @Test("§9.6: asked to close and nothing unread: closed at once")
  func close() {
    var bench = ConnectionBench()
    _ = bench.receive("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    #expect(bench.answer() == ["write 200 close", "close"])
  }

  @Test("§9.6: nothing behind a request that asks to close is executed")
  func closeWithMore() {
    var bench = ConnectionBench()
    _ = bench.receive("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + get)
    #expect(bench.answer() == ["write 200 close", "half-close"])
    #expect(bench.handled.count == 1)
  }

  @Test func theHandlerAsksToClose() {
    var bench = ConnectionBench()
    _ = bench.receive(get)
    #expect(bench.answer(headers: HTTPHeaders([("Connection", "close")])) == ["write 200 close", "half-close"])
    bench.state.peerHasFinished()
    #expect(bench.run() == ["close"])
  }

  @Test("§9.3: HTTP/1.0 closes unless asked to stay")
  func http10() {
    var bench = ConnectionBench()
    _ = bench.receive("GET /a HTTP/1.0\r\n\r\n")
    #expect(bench.answer() == ["write 200 close", "close"])
    bench = ConnectionBench()
    _ = bench.receive("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    #expect(bench.answer() == ["write 200 stay"])
    #expect(bench.receive("GET /b HTTP/1.0\r\n\r\n") == ["handle /b"])
  }

  @Test func aPeerThatFinishedSendingGetsItsAnswers() {
    var bench = ConnectionBench()
    _ = bench.receive(get + get)
    bench.state.peerHasFinished()
    #expect(bench.run() == [])
    #expect(!bench.state.wantsRead)
    #expect(bench.answer() == ["handle /a", "write 200"])
    #expect(bench.answer() == ["write 200", "close"])
  }

  @Test("§8: a peer that finished in the middle of a request gets nothing", arguments: ["", "GET /", post + "hel"])
  func incomplete(text: String) {
    var bench = ConnectionBench()
    #expect(bench.receive(text) == [])
    bench.state.peerHasFinished()
    #expect(bench.run() == ["close"])
  }

  @Test func aRefusalHalfClosesAndThrowsAwayWhatComes() {
    var limits = HTTPLimits()
    limits.lingerBytes = 20
    var bench = ConnectionBench(limits)
    #expect(bench.receive("GET /a HTTP/1.1\r\n\r\n" + get) == ["write 400 close", "half-close"])
    #expect(bench.state.wantsRead)
    #expect(bench.receive(String(repeating: "x", count: 20)) == [])
    #expect(bench.receive("x") == ["close"])
    #expect(bench.handled.isEmpty)
  }

  @Test func aLingerIsShort() {
    var bench = ConnectionBench()
    _ = bench.receive("?\r\n")
    #expect(bench.state.deadline == bench.time + 2000)
    #expect(bench.pass(1999) == [])
    #expect(bench.pass(1) == ["close"])
  }

  @Test func contentThatIsTooLargeIsTheHandlersToRefuse() {
    var bench = ConnectionBench()
    #expect(bench.receive("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n") == ["handle /a"])
    #expect(bench.handled.last?.request.body == .tooLarge(declared: 2_000_000))
    #expect(bench.receive(get) == [])
    #expect(bench.answer(status: 413) == ["write 413 close", "half-close"])
    #expect(bench.receive(get) == [])
  }

  // MARK: 100-continue

  @Test("RFC 9110 §10.1.1: 100 only where the content is waited for and will be read")
  func interimAnswer() {
    let head = post.replacing("Host", with: "Expect: 100-continue\r\nHost")
    var bench = ConnectionBench()
    #expect(bench.receive(head) == ["write 100"])
    #expect(bench.receive("hel") == [])
    #expect(bench.receive("lo") == ["handle /a"])
    bench = ConnectionBench()
    #expect(bench.receive(head + "hello") == ["handle /a"])
    bench = ConnectionBench()
    #expect(bench.receive(head.replacing("5", with: "2000000")) == ["handle /a"])
  }

  // MARK: Time

  @Test func aNewConnectionThatSaysNothingIsClosed() {
    var bench = ConnectionBench()
    #expect(bench.run() == [])
    #expect(bench.pass(9999) == [])
    #expect(bench.pass(1) == ["close"])
  }

  @Test func aHeadHasTenSecondsFromItsFirstByte() {
    var bench = ConnectionBench()
    _ = bench.receive(get)
    _ = bench.answer()
    #expect(bench.pass(60_000) == [])
    #expect(bench.receive("G") == [])
    #expect(bench.pass(9000) == [])
    #expect(bench.receive("E") == [])
    #expect(bench.pass(1000) == ["write 408 close", "half-close"])
    #expect(bench.pass(2000) == ["close"])
  }

  @Test func contentHasThirtySecondsAndMoreForAPeerThatKeepsUp() {
    var bench = ConnectionBench()
    _ = bench.receive(post)
    #expect(bench.pass(29_999) == [])
    #expect(bench.pass(1) == ["write 408 close", "half-close"])
    bench = ConnectionBench()
    _ = bench.receive("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
    _ = bench.receive(String(repeating: "x", count: 8192))
    #expect(bench.pass(31_999) == [])
    #expect(bench.pass(1) == ["write 408 close", "half-close"])
  }

  @Test func anIdleConnectionIsClosedWithoutAWord() {
    var bench = ConnectionBench()
    _ = bench.receive(get)
    _ = bench.answer()
    #expect(bench.pass(74_999) == [])
    #expect(bench.pass(1) == ["close"])
  }

  @Test func theHandlerHasAllTheTimeItNeeds() {
    var bench = ConnectionBench()
    _ = bench.receive(get)
    #expect(bench.pass(10_000_000) == [])
    #expect(bench.answer() == ["write 200"])
  }

  @Test func aPeerThatTakesNothingForThirtySecondsIsCutOff() {
    var bench = ConnectionBench()
    _ = bench.receive(get)
    bench.state.answered(HTTPResponse(status: 200, body: [1, 2, 3]), ticket: 1, now: bench.now)
    #expect(bench.run(writes: false) == ["blocked"])
    bench.time += 29_000
    bench.state.wrote(1, now: bench.now)
    #expect(bench.run(writes: false) == ["blocked"])
    bench.time += 29_999
    bench.state.deadlinePassed(now: bench.now)
    #expect(bench.run(writes: false) == ["blocked"])
    #expect(bench.pass(1) == ["close"])
  }

  // MARK: Draining

  @Test func drainingClosesWhatIsIdleAndAnswersTheRest() {
    var bench = ConnectionBench()
    _ = bench.receive(get)
    _ = bench.answer()
    bench.state.drain(now: bench.now)
    #expect(bench.run() == ["close"])
    bench = ConnectionBench()
    _ = bench.receive(get + get)
    bench.state.drain(now: bench.now)
    #expect(bench.run() == [])
    #expect(bench.answer() == ["write 200 close", "half-close"])
    #expect(bench.handled.count == 1)
  }

  @Test func drainingGivesAHalfReadRequestTwoSeconds() {
    var bench = ConnectionBench()
    _ = bench.receive(post)
    bench.state.drain(now: bench.now)
    #expect(bench.run() == [])
    #expect(bench.pass(1999) == [])
    var other = bench
    #expect(bench.receive("hello") == ["handle /a"])
    #expect(bench.answer() == ["write 200 close", "half-close"])
    #expect(other.pass(1) == ["write 408 close", "half-close"])
  }
}
