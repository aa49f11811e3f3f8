import HTTPTypes

/// What a connection does next, decided without touching it. The owner reports what happened, then does what `next`
/// says until it says `wait`.
///
///              a request is complete        answered, another may follow
///   [reading] -----------------------> [handling] -------------> [reading]
///       |                                  |  '---> [streaming] ---^   | broken off, too slow: closed
///       |                                  | answered, and it was the last
///       | refused, idle too long,          v
///       | peer gone               [finishing: writes what is left]
///       '----------------------------->    | bytes may be unread    | nothing is unread
///                                          v                        v
///                                     [lingering] -----------> [closed]
///                  half-closed, throws away what comes: 4 MiB, 2 s
///
/// While a large body is [reading], each part of it is weighed against the memory there is; a refusal comes before more of
/// it is read. The loop may close what is [reading] or [finishing] to make room for others (`EventLoop+Shedding`).
///
/// Closing with unread bytes would reset the connection and take the answer away from the peer (RFC 9112 §9.6).
struct ConnectionState {
  enum Action {
    /// Hand this to the handler; its answer comes back with the ticket.
    case handle(HTTPRequest, ticket: UInt32)
    /// Say whether the body that is on its way may go on: `largeBodyMayGoOn` or `refuseBody`.
    case weigh(LargeBody)
    /// Write from `output`, and report how much went.
    case write
    /// Take what the answer in pieces has, and report it by `streamed`.
    case pull
    /// Shut down the writing side (shutdown(2), SHUT_WR).
    case halfClose
    case close
    /// Nothing until something happens, or `deadline` passes.
    case wait
  }

  enum Phase {
    case reading
    case handling(Exchange)
    case streaming(StreamedAnswer)
    case finishing(lingers: Bool)
    case lingering
    case closed
  }

  /// A request in the handler, as far as its answer's framing depends on it.
  struct Exchange {
    let isHead: Bool
    let isHTTP10: Bool
    let isPersistent: Bool
    /// nil where it was too large and stays unread.
    let bodyBytes: Int?
  }

  /// An answer whose head was given.
  struct StreamedAnswer {
    let exchange: Exchange
    var framing: ContentFraming
    let isLast: Bool
    let asksToClose: Bool
    /// Whether its giver may have something; it tells when it has.
    var mayHaveMore = true
    /// Whether nothing more comes of it: it is over once all is written.
    var isComplete = false
  }

  // Changed here, in `+Answering` and in `+Reading` alone: the loop reports and asks.
  let limits: HTTPLimits
  var parser: RequestParser
  var phase = Phase.reading
  var ticket: UInt32 = 0
  private(set) var output = OutputBuffer()
  var peerFinished = false
  var isDraining = false
  private var lingerBytesLeft: Int
  var clock: ConnectionClock
  /// Content of the request under way when it was last allowed to go on; negative before.
  var weighed = -1
  var end: ConnectionEnd?
  /// Whether a request of this connection was answered with a 2xx: a stranger until then.
  var isKnown = false
  /// Whether an end of the connection could be taken for the end of an answer that is not whole: then it is reset.
  var mustReset = false

  init(limits: HTTPLimits, peer: String, now: Int64) {
    self.limits = limits
    parser = RequestParser(limits: limits, peer: peer)
    lingerBytesLeft = limits.lingerBytes
    clock = ConnectionClock(limits: limits, now: now)
  }

  /// When `deadlinePassed` is due, in the milliseconds of `Moment`; `Int64.max` for never.
  var deadline: Int64 { clock.deadline }

  /// Bytes in memory on behalf of this connection.
  var bufferedBytes: Int {
    var count = parser.bufferedBytes + parser.contentBytes + output.count
    switch phase {
    case .handling(let exchange): count += exchange.bodyBytes ?? 0
    case .streaming: count += limits.streamBytes
    case .reading, .finishing, .lingering, .closed: break
    }
    return count
  }

  /// What its owner keeps account of while it waits.
  struct Standing {
    let bufferedBytes: Int
    /// It waits for its peer, and none of its requests was answered with a 2xx.
    let isStranger: Bool
    let deadline: Int64
    let wantsRead: Bool
  }

  /// In one look, and having given back memory that a large read took and nothing needs any more.
  mutating func standing() -> Standing {
    parser.giveBack()
    return Standing(
      bufferedBytes: bufferedBytes, isStranger: !isKnown && waitsForPeer, deadline: clock.deadline, wantsRead: wantsRead
    )
  }

  /// Whether it is the peer's turn: closing it takes nobody's answer away that is being worked for.
  var waitsForPeer: Bool {
    switch phase {
    case .reading, .finishing: true
    case .streaming: !output.isEmpty
    case .handling, .lingering, .closed: false
    }
  }

  /// Since when no request of it was answered, in milliseconds.
  var waitingSince: Int64 { clock.waitingSince }

  /// Whether a request has come in part.
  var isInsideRequest: Bool { parser.progress != .nothing }

  /// Why the connection is being ended, once; nil while it is not, or where the peer did it.
  mutating func takeEnd() -> ConnectionEnd? {
    defer { end = nil }
    return end
  }

  /// Whether the socket should be read.
  var wantsRead: Bool {
    switch phase {
    case .reading, .handling, .streaming: !peerFinished && parser.bufferedBytes < limits.pipelinedBytes
    case .lingering: true
    case .finishing, .closed: false
    }
  }

  // MARK: What happened

  mutating func received(_ bytes: Span<UInt8>) {
    switch phase {
    case .reading, .handling, .streaming: parser.append(bytes)
    case .lingering:
      lingerBytesLeft -= bytes.count
      if lingerBytesLeft < 0 { phase = .closed }
    case .finishing, .closed: break
    }
  }

  /// The peer will send no more. It may still be reading: what it asked is answered.
  mutating func peerHasFinished() {
    peerFinished = true
    if case .lingering = phase { phase = .closed }
  }

  mutating func wrote(_ count: Int, now: Moment) {
    output.consume(count)
    guard output.isEmpty else { return clock.wroteSome(now.milliseconds) }
    clock.wroteAll()
    if case .streaming = phase { concludeStream(now) }
  }

  /// No further request is taken: an idle connection closes, one that is half read gets a little time.
  mutating func drain(now: Moment) {
    isDraining = true
    clock.beganDraining(now.milliseconds)
  }

  mutating func deadlinePassed(now: Moment) {
    switch clock.expired(now.milliseconds) {
    case nil: return
    case .head: refuse(Problem(408, "the head of the request took too long to arrive").response, .headSeconds, now)
    case .body: refuse(Problem(408, "the body of the request took too long to arrive").response, .bodySeconds, now)
    case .answer: refuse(Self.late.response, .answerWithinSeconds, now)
    case .silence(let reason):
      if case .lingering = phase {} else { end = reason }
      phase = .closed
    }
  }

  /// The handler still has the request, and may carry it out: its answer is dropped.
  private static let late = Problem(
    503, "no answer in time; what was sent may still be kept, so it can be sent again without harm",
    headers: [.init("retry-after", "10")])

  // MARK: What to do

  mutating func next(now: Moment) -> Action {
    if case .reading = phase, let action = read(now) { return action }
    if !output.isEmpty, !isClosed { return .write }
    switch phase {
    case .reading, .handling, .lingering: return .wait
    case .streaming(let answer): return answer.mayHaveMore && !answer.isComplete ? .pull : .wait
    case .closed: return .close
    case .finishing(let lingers):
      guard lingers, !peerFinished else {
        phase = .closed
        return .close
      }
      phase = .lingering
      clock.beganLingering(now.milliseconds)
      return .halfClose
    }
  }

  /// Answers in the handler's place, and ends the connection.
  mutating func refuse(_ response: HTTPResponse, _ end: ConnectionEnd, _ now: Moment) {
    self.end = end
    var isHead = parser.isHead
    if case .handling(let exchange) = phase { isHead = exchange.isHead }
    let writer = ResponseWriter(date: now.date, connection: .closes, isHead: isHead)
    parser.stop()
    queue(now) { writer.write(response, to: &$0) }
    clock.stoppedReading()
    phase = .finishing(lingers: true)
  }

  mutating func queue(_ now: Moment, _ append: (inout [UInt8]) -> Void) {
    if output.isEmpty { clock.wroteSome(now.milliseconds) }
    output.append(append)
  }

  private var isClosed: Bool {
    if case .closed = phase { true } else { false }
  }
}
