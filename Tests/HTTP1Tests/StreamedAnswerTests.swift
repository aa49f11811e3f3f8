import HTTPTypes
import Testing

@testable import HTTP1

private let get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"

private func bodyStream(_ length: Int? = nil, capacity: Int = 131_072) -> BodyStream {
  BodyStream(length: length, capacity: capacity) {}
}

@Suite("A connection's answer in pieces")
struct StreamedAnswerTests {
  @Test func theHeadGoesAtOnceAndThePiecesAsTheyCome() {
    var bench = ConnectionBench()
    _ = bench.receive(get)
    #expect(bench.answer(bodyStream(11)) == ["write 200", "pull nothing"])
    #expect(bench.sentText.hasSuffix("\r\nContent-Length: 11\r\n\r\n"))
    #expect(bench.give("hello ") == ["pull 6", "write 6 bytes", "pull nothing"])
    #expect(bench.give("world") == ["pull 5", "write 5 bytes", "pull nothing"])
    #expect(bench.end { $0.finish() } == ["pull 0 complete"])
    #expect(bench.sentText.hasSuffix("\r\n\r\nhello world"))
    #expect(bench.receive(get) == ["handle /a"])
  }

  @Test("RFC 9112 §7.1: without a known length each piece says its size, and none is empty")
  func chunked() {
    var bench = ConnectionBench()
    _ = bench.receive(get)
    _ = bench.answer(bodyStream())
    _ = bench.give("hello world")
    _ = bench.give("")
    #expect(bench.end { $0.finish() } == ["pull 0 complete", "write 5 bytes"])
    #expect(bench.sentText.hasSuffix("\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n"))
    #expect(!bench.sentText.contains("Content-Length"))
    #expect(bench.receive(get) == ["handle /a"])
  }

  @Test("RFC 9112 §6.3: to HTTP/1.0 the end of the connection is the end of the content")
  func http10() {
    var bench = ConnectionBench()
    _ = bench.receive("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    #expect(bench.answer(bodyStream()).first == "write 200 close")
    _ = bench.give("hello")
    #expect(bench.state.mustReset)
    #expect(bench.end { $0.finish() } == ["pull 0 complete", "half-close"])
    #expect(!bench.state.mustReset)
    #expect(bench.sentText.hasSuffix("\r\n\r\nhello"))
    #expect(!bench.sentText.contains("chunked"))
    bench = ConnectionBench()
    _ = bench.receive("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    #expect(bench.answer(bodyStream(0)) == ["write 200 stay", "pull nothing"])
    #expect(bench.end { $0.finish() } == ["pull 0 complete"])
    #expect(bench.receive(get) == ["handle /a"])
  }

  @Test("RFC 9110 §9.3.2: HEAD gets the fields of the GET", arguments: [5, nil])
  func head(length: Int?) {
    var bench = ConnectionBench()
    _ = bench.receive(get.replacing("GET", with: "HEAD"))
    #expect(bench.answer(bodyStream(length)) == ["write 200"])
    #expect(!bench.state.isStreaming)
    #expect(bench.sentText.contains(length == nil ? "\r\nTransfer-Encoding: chunked\r\n" : "\r\nContent-Length: 5\r\n"))
    #expect(bench.receive(get) == ["handle /a"])
  }

  @Test("RFC 9110 §15.4.5: 304 has no content")
  func notModified() {
    var bench = ConnectionBench()
    _ = bench.receive(get)
    #expect(bench.answer(bodyStream(), status: 304) == ["write 304"])
    #expect(!bench.state.isStreaming)
    #expect(!bench.sentText.contains("chunked"))
  }

  // MARK: Not whole

  @Test("A broken end is no end", arguments: [Int?.none, 11])
  func brokenOff(length: Int?) {
    var bench = ConnectionBench()
    _ = bench.receive(get)
    _ = bench.answer(bodyStream(length))
    _ = bench.give("hello")
    #expect(bench.end { $0.breakOff() } == ["pull 0 brokenOff", "close"])
    #expect(!bench.sentText.hasSuffix("0\r\n\r\n"))
    #expect(bench.state.takeEnd() == .brokenOff)
  }

  @Test("Content that is not as long as it was said to be", arguments: ["hell", "hello!"])
  func wrongLength(text: String) {
    var bench = ConnectionBench()
    _ = bench.receive(get)
    _ = bench.answer(bodyStream(5))
    _ = bench.give(text)
    _ = bench.end { $0.finish() }
    #expect(bench.run() == ["close"] || bench.state.takeEnd() == .brokenOff)
    #expect(!bench.state.isStreaming)
    #expect(!bench.sentText.contains("!"))
  }

  // MARK: Slow

  @Test func moreIsTakenOnlyWhenAllIsWritten() {
    var bench = ConnectionBench()
    _ = bench.receive(get)
    let stream = bodyStream(capacity: 1000)
    _ = bench.answer(stream)
    let piece = String(repeating: "x", count: 1000)
    #expect(bench.give(piece, writes: false) == ["pull 1000", "blocked"])
    #expect(bench.give(piece, writes: false) == ["blocked"])
    #expect(stream.offer([1]) == .full)
    #expect(bench.state.waitsForPeer)
    #expect(bench.run().prefix(2) == ["write 1007 bytes", "pull 1000"])
    #expect(stream.offer([1]) == .taken)
  }

  @Test func whatIsHeldCounts() {
    var bench = ConnectionBench()
    _ = bench.receive(get)
    _ = bench.answer(bodyStream())
    #expect(bench.state.bufferedBytes == 131_072)
    _ = bench.give(String(repeating: "x", count: 131_072), writes: false)
    #expect((262_144...262_200).contains(bench.state.bufferedBytes))
    _ = bench.end { $0.finish() }
    #expect(bench.state.bufferedBytes == 0)
  }

  @Test func aClientThatDribblesIsCutOffAndOneThatPlaysIsNot() {
    var bench = ConnectionBench()
    _ = bench.receive(get)
    _ = bench.answer(bodyStream(1_000_000))
    _ = bench.give(String(repeating: "x", count: 100_000), writes: false)
    // 100,000 bytes at 1,024 a second, and 30 seconds: 127.6 s.
    for _ in 0..<127 {
      bench.time += 1000
      bench.state.wrote(10, now: bench.now)
      bench.state.deadlinePassed(now: bench.now)
      #expect(bench.run(writes: false) == ["blocked"])
    }
    #expect(bench.pass(1000) == ["close"])
    #expect(bench.state.takeEnd() == .slowReader)
  }

  @Test func theLastPieceHasItsTimeTooAndAnIdleConnectionsBeginsBehindIt() {
    var bench = ConnectionBench()
    _ = bench.receive(get)
    _ = bench.answer(bodyStream(100_000))
    _ = bench.stream?.offer([UInt8](repeating: 0, count: 100_000))
    bench.stream?.finish()
    bench.state.streamHasMore()
    #expect(bench.run(writes: false) == ["pull 100000 complete", "blocked"])
    for _ in 0..<100 {
      bench.time += 1000
      bench.state.wrote(1, now: bench.now)
      bench.state.deadlinePassed(now: bench.now)
      #expect(bench.run(writes: false) == ["blocked"])
    }
    #expect(bench.run() == ["write 99900 bytes"])
    #expect(bench.pass(74_999) == [])
    #expect(bench.pass(1) == ["close"])
  }

  @Test func aGiverThatIsSilentForTooLong() {
    var bench = ConnectionBench()
    _ = bench.receive(get)
    _ = bench.answer(bodyStream(5))
    #expect(bench.pass(59_999) == [])
    _ = bench.give("h")
    #expect(bench.pass(59_999) == [])
    #expect(bench.pass(1) == ["close"])
    #expect(bench.state.takeEnd() == .brokenOff)
  }

  // MARK: Beside other things

  @Test func whatIsPipelinedWaits() {
    var bench = ConnectionBench()
    _ = bench.receive(get + get.replacing("/a", with: "/b"))
    _ = bench.answer(bodyStream(2))
    #expect(bench.give("a") == ["pull 1", "write 1 bytes", "pull nothing"])
    _ = bench.stream?.offer([1])
    #expect(bench.end { $0.finish() } == ["pull 1 complete", "write 1 bytes", "handle /b"])
    #expect(bench.answer() == ["write 200"])
  }

  @Test func drainingLetsItEnd() {
    var bench = ConnectionBench()
    _ = bench.receive(get)
    _ = bench.answer(bodyStream())
    bench.state.drain(now: bench.now)
    #expect(bench.run() == [])
    #expect(bench.give("hello").first == "pull 5")
    #expect(bench.end { $0.finish() } == ["pull 0 complete", "write 5 bytes", "close"])
  }

  @Test func anAnswerInPiecesForAnotherRequestIsNotTaken() {
    var bench = ConnectionBench()
    _ = bench.receive(get)
    _ = bench.answer()
    let isTaken = bench.state.answered(HTTPResponse(status: 200, stream: bodyStream()), ticket: 1, now: bench.now)
    #expect(!isTaken)
    #expect(!bench.state.isStreaming)
  }

  @Test func aLastAnswerThatIsReadSlowlyIsNotFollowedByAnother() {
    var bench = ConnectionBench()
    _ = bench.receive(get.replacing("\r\n\r\n", with: "\r\nConnection: close\r\n\r\n"))
    bench.state.answered(HTTPResponse(status: 200, body: [1, 2, 3]), ticket: 1, now: bench.now)
    #expect(bench.run(writes: false) == ["blocked"])
    let count = bench.state.output.count
    bench.time += 20_000
    bench.state.deadlinePassed(now: bench.now)
    #expect(bench.run(writes: false) == ["blocked"])
    #expect(bench.state.output.count == count)
  }
}

@Suite("Content between its giver and a connection")
struct BodyStreamTests {
  @Test func aReaderThatFoundNothingIsToldOnce() {
    let stream = bodyStream()
    nonisolated(unsafe) var told = 0
    #expect(stream.take { told += 1 } == BodyStream.Piece(bytes: []))
    #expect(stream.offer([1]) == .taken)
    #expect(stream.offer([2]) == .taken)
    #expect(told == 1)
    stream.finish()
    #expect(stream.take { told += 1 } == BodyStream.Piece(bytes: [1, 2], end: .complete))
    #expect(told == 1)
    #expect(stream.offer([3]) == .unwanted)
  }

  @Test func aGiverThatWasTurnedDownIsToldOfRoom() {
    nonisolated(unsafe) var told = 0
    let stream = BodyStream(length: nil, capacity: 3) { told += 1 }
    #expect(stream.offer([1, 2, 3, 4, 5]) == .taken)
    #expect(stream.take {}.bytes.count == 5)
    #expect(told == 0)
    #expect(stream.offer([1, 2]) == .taken)
    #expect(stream.offer([3, 4]) == .full)
    _ = stream.take {}
    #expect(told == 1)
    stream.abandon()
    stream.abandon()
    #expect(told == 2)
    #expect(stream.offer([1]) == .unwanted)
    #expect(stream.isUnwanted)
  }

  @Test func anEndIsTheFirstOne() {
    let stream = bodyStream()
    stream.breakOff()
    stream.finish()
    #expect(stream.take {}.end == .brokenOff)
  }
}
