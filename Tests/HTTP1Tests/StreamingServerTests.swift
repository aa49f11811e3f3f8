import Dispatch
import HTTPTypes
import Telemetry
import TestSupport
import Testing

@testable import HTTP1

private let get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"

/// Gives content from a thread of the test, and waits while it is not taken.
private final class Giver: Sendable {
  private let changed: DispatchSemaphore
  let stream: BodyStream

  init(length: Int? = nil, capacity: Int = 131_072) {
    let changed = DispatchSemaphore(value: 0)
    self.changed = changed
    stream = BodyStream(length: length, capacity: capacity) { changed.signal() }
  }

  /// False where nobody wants it.
  @discardableResult
  func give(_ bytes: [UInt8]) -> Bool {
    while true {
      switch stream.offer(bytes) {
      case .taken: return true
      case .unwanted: return false
      case .full: if !wait() { return false }
      }
    }
  }

  /// Gives zeros until nobody wants them; how many were taken.
  func giveForEver(limit: Int) -> Int {
    var given = 0
    let piece = [UInt8](repeating: 0, count: 16_384)
    while given < limit, give(piece) { given += piece.count }
    return given
  }

  func isToldThatItIsUnwanted() -> Bool {
    while !stream.isUnwanted { if !wait() { return false } }
    return true
  }

  private func wait() -> Bool {
    changed.wait(timeout: .now() + 60) == .success
  }
}

/// Answers each request with the next giver's content.
private struct StreamingServer {
  let server: HTTPServer
  let port: Int

  init(limits: HTTPLimits = HTTPLimits(), _ givers: @escaping @Sendable () -> Giver) throws {
    let handler = FunctionHandler { _, answer in answer(HTTPResponse(status: 200, stream: givers().stream)) }
    server = HTTPServer(handler: handler, limits: limits, log: .silent)
    port = try server.listen("127.0.0.1:0")
  }
}

@Suite("Answers in pieces on loopback")
struct StreamingServerTests {
  @Test func aLongAnswerIsWhole() throws {
    let giver = Giver(length: 50_000_000)
    let streaming = try StreamingServer { giver }
    defer { streaming.server.stop() }
    let client = try TestClient(port: streaming.port)
    client.send(get)
    let thread = BackgroundThread {
      for index in 0..<1000 { giver.give([UInt8](repeating: UInt8(index % 251), count: 50_000)) }
      giver.stream.finish()
    }
    let head = try client.head()
    #expect(head.contains("\r\nContent-Length: 50000000\r\n"))
    var received = 0
    while received < 50_000_000 {
      let bytes = try client.bytes(atMost: 65_536)
      if bytes.isEmpty { break }
      if bytes.first != UInt8(received / 50_000 % 251) { Issue.record("byte \(received) is another's") }
      received += bytes.count
    }
    thread.join()
    #expect(received == 50_000_000)
  }

  @Test func aClientThatReadsNothingIsCutOffAndHoldsLittle() throws {
    var limits = HTTPLimits()
    limits.writeMilliseconds = 300
    let giver = Giver()
    let streaming = try StreamingServer(limits: limits) { giver }
    defer { streaming.server.stop() }
    let client = try TestClient(port: streaming.port)
    client.send(get)
    // What the kernel holds for a socket is a few MiB.
    #expect(giver.giveForEver(limit: 200 << 20) < 100 << 20)
    #expect(giver.stream.isUnwanted)
    _ = client
  }

  @Test func theGiverHearsThatTheClientWent() throws {
    let giver = Giver()
    let streaming = try StreamingServer { giver }
    defer { streaming.server.stop() }
    var client: TestClient? = try TestClient(port: streaming.port)
    client?.send(get)
    giver.give([1, 2, 3])
    _ = try client?.head()
    client = nil
    _ = giver.giveForEver(limit: 200 << 20)
    #expect(giver.isToldThatItIsUnwanted())
  }

  @Test func whatBreaksOffIsSeenToBeIncomplete() throws {
    for (request, length) in [(get, 100), (get, nil), ("GET /a HTTP/1.0\r\n\r\n", nil)] as [(String, Int?)] {
      let giver = Giver(length: length)
      let streaming = try StreamingServer { giver }
      defer { streaming.server.stop() }
      let client = try TestClient(port: streaming.port)
      client.send(request)
      giver.give(Array("hello".utf8))
      _ = try client.head()
      giver.stream.breakOff()
      var content: [UInt8] = []
      var wasReset = false
      do {
        while case let bytes = try client.bytes(atMost: 100), !bytes.isEmpty { content += bytes }
      } catch {
        wasReset = true
      }
      let text = String(decoding: content, as: UTF8.self)
      #expect(!text.contains("0\r\n\r\n"))
      #expect(text.utf8.count < 100)
      // Only a reset tells a client of HTTP/1.0 without a length.
      if request != get { #expect(wasReset) }
    }
  }

  @Test func drainingWaitsForItsEnd() throws {
    let giver = Giver()
    let streaming = try StreamingServer { giver }
    let client = try TestClient(port: streaming.port)
    client.send(get)
    giver.give([1])
    let head = try client.head()
    let drain = BackgroundThread { #expect(streaming.server.drain(deadlineMilliseconds: 60_000)) }
    // It drains once it takes no connections any more.
    while (try? TestClient(port: streaming.port)) != nil {}
    giver.give(Array("hello".utf8))
    giver.stream.finish()
    #expect(try rest(of: client, head) == Array("\u{1}hello".utf8))
    drain.join()
  }

  @Test func whatIsNotOverByTheDeadlineIsCutOffAndItsGiverTold() throws {
    let giver = Giver()
    let streaming = try StreamingServer { giver }
    let client = try TestClient(port: streaming.port)
    client.send(get)
    giver.give([1])
    let head = try client.head()
    #expect(!streaming.server.drain(deadlineMilliseconds: 20))
    #expect(giver.isToldThatItIsUnwanted())
    #expect(throws: (any Error).self) { _ = try rest(of: client, head) }
  }

  @Test func anAnswerInPiecesForNobodyIsNotGiven() throws {
    let pending = Pending()
    let server = HTTPServer(handler: pending.handler, log: .silent)
    let client = try TestClient(port: try server.listen("127.0.0.1:0"))
    client.send(get)
    pending.wait()
    let answers = pending.take()
    let (first, second) = (Giver(length: 1), Giver())
    answers[0](HTTPResponse(status: 200, stream: first.stream))
    answers[0](HTTPResponse(status: 200, stream: second.stream))
    #expect(second.isToldThatItIsUnwanted())
    first.give([65])
    first.stream.finish()
    #expect(try client.response().body == "A")
    client.send(get.replacing("GET", with: "HEAD"))
    pending.wait()
    let toHead = Giver(length: 7)
    for answer in pending.take() { answer(HTTPResponse(status: 200, stream: toHead.stream)) }
    #expect(toHead.isToldThatItIsUnwanted())
    #expect(try client.response(toHead: true).head.contains("Content-Length: 7"))
    client.send(get)
    pending.wait()
    let late = Giver()
    server.stop()
    for answer in pending.take() { answer(HTTPResponse(status: 200, stream: late.stream)) }
    #expect(late.isToldThatItIsUnwanted())
  }

  @Test("Any pieces, any reader: the same content, or an end that is seen to be none")
  func property() throws {
    let run = FuzzRun("CDRELAY_FUZZ_STREAMS", orElse: 60)
    let givers = TestSupport.Mailbox<Giver>()
    let streaming = try StreamingServer { givers.next() ?? Giver(length: 0) }
    defer { streaming.server.stop() }
    for index in 0..<run.count {
      var random = run.random(of: index)
      let plan = Plan(&random)
      let giver = Giver(length: plan.length, capacity: plan.capacity)
      givers.put(giver)
      let thread = BackgroundThread { plan.carryOut(giver) }
      let client = try TestClient(port: streaming.port)
      client.send(plan.isHTTP10 ? "GET /a HTTP/1.0\r\n\r\n" : get)
      let received = try? content(of: client) { random.below(2) == 0 ? 65_536 : 1 + random.below(3000) }
      thread.join()
      try #require(plan.allows(received), "seed \(random.seed): \(plan.words)")
      if plan.isWhole, !plan.isHTTP10 {
        givers.put(Giver(length: 0))
        client.send(get.replacing("GET", with: "HEAD"))
        try #require(try client.response(toHead: true).status == 200, "seed \(random.seed): \(plan.words)")
      }
    }
  }
}

/// What one case of the property is.
private struct Plan: Sendable {
  let pieces: [[UInt8]]
  let length: Int?
  let capacity: Int
  let isHTTP10: Bool
  let isBroken: Bool

  init(_ random: inout SeededRandom) {
    let largest = random.pick([1, 100, 5000, 200_000])
    var pieces: [[UInt8]] = []
    for _ in 0..<random.below(12) {
      pieces.append([UInt8](repeating: UInt8(random.below(256)), count: random.below(largest + 1)))
    }
    self.pieces = pieces
    let total = pieces.reduce(0) { $0 + $1.count }
    length = random.pick([nil, total, total, total + 1, max(0, total - 1)])
    capacity = random.pick([1, 1000, 131_072])
    isHTTP10 = random.below(3) == 0
    isBroken = random.below(4) == 0
  }

  var content: [UInt8] { pieces.flatMap(\.self) }
  /// Content that came as long as it was promised is whole, whatever broke then.
  var isWhole: Bool { length.map { $0 == content.count } ?? !isBroken }

  /// Of content that is longer than was promised, what was promised may have come before that was seen.
  func allows(_ received: [UInt8]?) -> Bool {
    if isWhole { return received == content }
    guard let received else { return true }
    return length ?? .max < content.count && received.elementsEqual(content.prefix(length ?? 0))
  }

  var words: String {
    "\(pieces.map(\.count)) length \(length ?? -1) capacity \(capacity) 1.0 \(isHTTP10) broken \(isBroken)"
  }

  func carryOut(_ giver: Giver) {
    for piece in pieces { if !giver.give(piece) { return } }
    if isBroken { giver.stream.breakOff() } else { giver.stream.finish() }
  }
}

/// The content of the next response, by whichever framing it has. Throws where it is not whole.
private func content(of client: TestClient, size: () -> Int = { 65_536 }) throws -> [UInt8] {
  try rest(of: client, client.head(), size: size)
}

private func rest(of client: TestClient, _ head: String, size: () -> Int = { 65_536 }) throws -> [UInt8] {
  let head = head.lowercased()
  let length = head.split(separator: "\r\n").first { $0.hasPrefix("content-length: ") }.flatMap {
    Int($0.dropFirst(16))
  }
  let isChunked = head.contains("transfer-encoding: chunked")
  var raw: [UInt8] = []
  while true {
    if let length, raw.count >= length { return Array(raw.prefix(length)) }
    if isChunked, let content = try unchunked(raw) { return content }
    let bytes = try client.bytes(atMost: size())
    if bytes.isEmpty {
      if length == nil, !isChunked { return raw }
      throw TestClient.Failure(what: "closed before the end")
    }
    raw += bytes
  }
}

/// nil while the last chunk has not come.
private func unchunked(_ raw: [UInt8]) throws -> [UInt8]? {
  guard raw.suffix(5).elementsEqual("0\r\n\r\n".utf8) else { return nil }
  var content: [UInt8] = []
  var rest = raw[...]
  while let end = rest.firstIndex(of: 0x0A) {
    guard let size = Int(String(decoding: rest[..<(end - 1)], as: UTF8.self), radix: 16) else {
      throw TestClient.Failure(what: "chunk size")
    }
    if size == 0 { return rest.count == 5 ? content : nil }
    guard rest.distance(from: end, to: rest.endIndex) > size + 2 else { return nil }
    content += rest[(end + 1)..<(end + 1 + size)]
    rest = rest[(end + 3 + size)...]
  }
  return nil
}
