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

  private enum Phase {
    case reading
    case handling(Exchange)
    case streaming(StreamedAnswer)
    case finishing(lingers: Bool)
    case lingering
    case closed
  }

  /// A request in the handler, as far as its answer's framing depends on it.
  private struct Exchange {
    let isHead: Bool
    let isHTTP10: Bool
    let isPersistent: Bool
    /// nil where it was too large and stays unread.
    let bodyBytes: Int?
  }

  /// An answer whose head was given.
  private struct StreamedAnswer {
    let exchange: Exchange
    var framing: ContentFraming
    let isLast: Bool
    let asksToClose: Bool
    /// Whether its giver may have something; it tells when it has.
    var mayHaveMore = true
    /// Whether nothing more comes of it: it is over once all is written.
    var isComplete = false
  }

  private let limits: HTTPLimits
  private var parser: RequestParser
  private var phase = Phase.reading
  private var ticket: UInt32 = 0
  private(set) var output = OutputBuffer()
  private var peerFinished = false
  private var isDraining = false
  private var lingerBytesLeft: Int
  private var clock: ConnectionClock
  /// Content of the request under way when it was last allowed to go on; negative before.
  private var weighed = -1
  private var end: ConnectionEnd?
  /// Whether a request of this connection was answered with a 2xx: a stranger until then.
  private(set) var isKnown = false
  /// Whether an end of the connection could be taken for the end of an answer that is not whole: then it is reset.
  private(set) var mustReset = false

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

  /// An answer that was given already, or is another request's, changes nothing, and false is returned.
  @discardableResult
  mutating func answered(_ response: HTTPResponse, ticket: UInt32, now: Moment) -> Bool {
    guard case .handling(let exchange) = phase, ticket == self.ticket else { return false }
    let asksToClose = response.headers["connection"]?.lowercased() == "close"
    let isLast =
      isDraining || asksToClose || !exchange.isPersistent || ticket >= limits.requestsPerConnection
    if (200...299).contains(response.status) { isKnown = true }
    if let stream = response.stream {
      beganStreaming(stream, response, exchange, isLast: isLast, asksToClose, now)
      return true
    }
    let writer = responseWriter(exchange, isLast: isLast, now)
    queue(now) { writer.write(response, to: &$0) }
    conclude(exchange, isLast: isLast, asksToClose, now)
    return true
  }

  private func responseWriter(_ exchange: Exchange, isLast: Bool, _ now: Moment) -> ResponseWriter {
    ResponseWriter(
      date: now.date, connection: isLast ? .closes : exchange.isHTTP10 ? .staysAsAsked : .stays,
      isHead: exchange.isHead)
  }

  /// The answer is given as far as this connection goes.
  private mutating func conclude(_ exchange: Exchange, isLast: Bool, _ asksToClose: Bool, _ now: Moment) {
    if isLast {
      // Where the peer asked for the end and sent no more, nothing can be unread.
      let isOver = !exchange.isPersistent && !parser.hasStopped && parser.bufferedBytes == 0
      phase = .finishing(lingers: !isOver && !peerFinished)
      clock.stoppedReading()
      end = reason(ofLast: exchange, asksToClose)
    } else {
      phase = .reading
      clock.beganWaiting(now.milliseconds)
    }
  }

  private func reason(ofLast exchange: Exchange, _ asksToClose: Bool) -> ConnectionEnd {
    if exchange.bodyBytes == nil { return .bodyLimitBytes }
    if isDraining { return .drain }
    return asksToClose || !exchange.isPersistent ? .asked : .requestsPerConnection
  }

  // MARK: An answer in pieces

  /// Whether content of an answer is awaited.
  var isStreaming: Bool {
    if case .streaming = phase { true } else { false }
  }

  private mutating func beganStreaming(
    _ stream: BodyStream, _ response: HTTPResponse, _ exchange: Exchange, isLast: Bool, _ asksToClose: Bool,
    _ now: Moment
  ) {
    let framing = ContentFraming(stream, isHTTP10: exchange.isHTTP10)
    let isLast = isLast || framing == .untilClose
    let writer = responseWriter(exchange, isLast: isLast, now)
    queue(now) { writer.writeHead(of: response, framing, to: &$0) }
    guard !exchange.isHead, ResponseWriter.hasContent(response.status) else {
      return conclude(exchange, isLast: isLast, asksToClose, now)
    }
    mustReset = framing == .untilClose
    phase = .streaming(StreamedAnswer(exchange: exchange, framing: framing, isLast: isLast, asksToClose: asksToClose))
    clock.beganWritingPiece(output.count, now.milliseconds)
  }

  /// The giver of the answer in pieces has something again.
  mutating func streamHasMore() {
    guard case .streaming(var answer) = phase else { return }
    answer.mayHaveMore = true
    phase = .streaming(answer)
  }

  /// The answer to `pull`. A piece without bytes and end says that the giver will tell when it has more.
  mutating func streamed(_ piece: BodyStream.Piece, now: Moment) {
    guard case .streaming(var answer) = phase else { return }
    guard !piece.bytes.isEmpty || piece.end != nil else {
      answer.mayHaveMore = false
      phase = .streaming(answer)
      return clock.beganAwaitingPiece(now.milliseconds)
    }
    var outcome = ContentFraming.Outcome.goesOn
    queue(now) { outcome = answer.framing.write(piece, to: &$0) }
    if outcome == .broken {
      end = .brokenOff
      phase = .closed
      return
    }
    answer.isComplete = outcome == .complete
    phase = .streaming(answer)
    clock.beganWritingPiece(output.count, now.milliseconds)
    if output.isEmpty { concludeStream(now) }
  }

  /// Only once all of it is written: the time of an idle connection begins then.
  private mutating func concludeStream(_ now: Moment) {
    guard case .streaming(let answer) = phase, answer.isComplete else { return }
    mustReset = false
    conclude(answer.exchange, isLast: answer.isLast, answer.asksToClose, now)
  }

  /// The answer to `weigh`.
  mutating func largeBodyMayGoOn() {
    weighed = parser.contentBytes
  }

  /// The answer to `weigh`: nothing more of the body is read into memory.
  mutating func refuseBody(_ problem: Problem, _ end: ConnectionEnd, now: Moment) {
    refuse(problem.response, end, now)
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

  /// Takes the next request, unless too much waits to be written already. nil where there is none yet.
  private mutating func read(_ now: Moment) -> Action? {
    if output.count > limits.pipelinedBytes { return nil }
    do throws(ParseError) {
      if let parsed = try parser.next() { return handle(parsed, now.milliseconds) }
    } catch {
      refuse(error.response, error.end, now)
      return nil
    }
    if let body = bodyToWeigh() { return .weigh(body) }
    if parser.takeContinue() { queue(now) { $0.append(contentsOf: ResponseWriter.interimContinue) } }
    if peerFinished || (isDraining && !clock.isHalfWay && parser.progress == .nothing) {
      clock.stoppedReading()
      end = peerFinished ? .peer : .drain
      phase = .finishing(lingers: false)
    } else {
      clock.isReading(parser.progress, contentBytes: parser.contentBytes, now.milliseconds)
    }
    return nil
  }

  /// A body is weighed as soon as it is known to be large, and whenever more of it has come.
  private func bodyToWeigh() -> LargeBody? {
    guard parser.progress == .inBody else { return nil }
    let (received, declared) = (parser.contentBytes, parser.declaredBytes)
    guard max(received, declared ?? 0) > limits.smallBodyBytes, received != weighed else { return nil }
    return LargeBody(isBeginning: weighed < 0, expected: declared.map { $0 - received } ?? 0)
  }

  private mutating func handle(_ parsed: consuming RequestParser.Parsed, _ now: Int64) -> Action {
    ticket &+= 1
    weighed = -1
    clock.beganHandling(now)
    let bodyBytes: Int? = if case .bytes(let bytes) = parsed.request.body { bytes.count } else { nil }
    phase = .handling(
      Exchange(
        isHead: parsed.request.method == "HEAD", isHTTP10: parsed.isHTTP10, isPersistent: parsed.isPersistent,
        bodyBytes: bodyBytes))
    return .handle(parsed.request, ticket: ticket)
  }

  /// Answers in the handler's place, and ends the connection.
  private mutating func refuse(_ response: HTTPResponse, _ end: ConnectionEnd, _ now: Moment) {
    self.end = end
    var isHead = parser.isHead
    if case .handling(let exchange) = phase { isHead = exchange.isHead }
    let writer = ResponseWriter(date: now.date, connection: .closes, isHead: isHead)
    parser.stop()
    queue(now) { writer.write(response, to: &$0) }
    clock.stoppedReading()
    phase = .finishing(lingers: true)
  }

  private mutating func queue(_ now: Moment, _ append: (inout [UInt8]) -> Void) {
    if output.isEmpty { clock.wroteSome(now.milliseconds) }
    output.append(append)
  }

  private var isClosed: Bool {
    if case .closed = phase { true } else { false }
  }
}
