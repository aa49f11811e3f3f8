/// How long a connection may stay as it is.
struct ConnectionClock {
  /// What took too long.
  enum Expired: Equatable {
    case head
    case body
    /// The handler.
    case answer
    /// Nothing that an answer would help: a silent peer, one that does not read, or the end of a linger.
    case silence(ConnectionEnd)
  }

  private enum Wait: Equatable {
    case firstByte
    case idle
    case head
    case body
    case answer
    /// The next piece of an answer.
    case piece
    /// The peer, to take a piece.
    case reader
    case nothing
    case linger
  }

  private let limits: HTTPLimits
  /// When the connection or the last answer began to be waited behind.
  private(set) var waitingSince: Int64
  private var wait = Wait.firstByte
  private var readDeadline: Int64
  private var bodyBegan: Int64 = 0
  private var writeDeadline = Int64.max
  private var drainDeadline = Int64.max

  init(limits: HTTPLimits, now: Int64) {
    self.limits = limits
    waitingSince = now
    readDeadline = now + limits.firstByteMilliseconds
  }

  var deadline: Int64 {
    min(min(readDeadline, writeDeadline), isHalfWay ? drainDeadline : .max)
  }

  /// A request is on its way, or, on a new connection, may be.
  var isHalfWay: Bool { wait == .head || wait == .body || wait == .firstByte }

  /// Between two requests.
  mutating func beganWaiting(_ now: Int64) {
    wait = .idle
    waitingSince = now
    readDeadline = now + limits.idleMilliseconds
  }

  /// A request is under way; the head's time runs from its first byte, the body's from the head's end.
  mutating func isReading(_ progress: RequestParser.Progress, contentBytes: Int, _ now: Int64) {
    switch progress {
    case .nothing: break
    case .inHead:
      if wait == .idle || wait == .firstByte { readDeadline = now + limits.headMilliseconds }
      wait = .head
    case .inBody:
      if wait != .body { bodyBegan = now }
      wait = .body
      let earned = Int64(contentBytes / max(1, limits.bodyBytesPerSecond)) * 1000
      readDeadline = bodyBegan + limits.bodyMilliseconds + earned
    }
  }

  /// The handler has the request.
  mutating func beganHandling(_ now: Int64) {
    wait = .answer
    readDeadline = now + limits.answerMilliseconds
  }

  /// The giver of an answer in pieces has none for now.
  mutating func beganAwaitingPiece(_ now: Int64) {
    wait = .piece
    readDeadline = now + limits.pieceMilliseconds
  }

  /// So many bytes of an answer in pieces are to be written. What moves was not waited behind.
  mutating func beganWritingPiece(_ bytes: Int, _ now: Int64) {
    wait = .reader
    waitingSince = now
    readDeadline = now + limits.writeMilliseconds + Int64(bytes) * 1000 / Int64(max(1, limits.streamBytesPerSecond))
  }

  /// What is being written has a deadline of its own.
  mutating func stoppedReading() {
    wait = .nothing
    readDeadline = .max
  }

  mutating func beganLingering(_ now: Int64) {
    wait = .linger
    readDeadline = now + limits.lingerMilliseconds
  }

  /// A new connection's request may be under way still; one that has been silent for longer will hardly send it now.
  mutating func beganDraining(_ now: Int64) {
    drainDeadline = (wait == .firstByte ? waitingSince : now) + limits.drainReadMilliseconds
  }

  mutating func wroteSome(_ now: Int64) {
    writeDeadline = now + limits.writeMilliseconds
  }

  mutating func wroteAll() {
    writeDeadline = .max
  }

  func expired(_ now: Int64) -> Expired? {
    if now < deadline { return nil }
    if now >= writeDeadline { return .silence(.writeSeconds) }
    return switch wait {
    case .head: .head
    case .body: .body
    case .answer: .answer
    case .piece: .silence(.brokenOff)
    case .reader: .silence(.slowReader)
    case .firstByte: .silence(now >= drainDeadline ? .drain : .firstByteSeconds)
    case .idle, .nothing, .linger: .silence(.idleSeconds)
    }
  }
}
