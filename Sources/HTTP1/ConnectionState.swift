import HTTPTypes

/// What a connection does next, decided without touching it. The owner reports what happened, then does what `next`
/// says until it says `wait`.
///
///              a request is complete        answered, another may follow
///   [reading] -----------------------> [handling] -------------> [reading]
///       |                                  | answered, and it was the last
///       | refused, idle too long,          v
///       | peer gone               [finishing: writes what is left]
///       '----------------------------->    | bytes may be unread    | nothing is unread
///                                          v                        v
///                                     [lingering] -----------> [closed]
///                  half-closed, throws away what comes: 4 MiB, 2 s
///
/// Closing with unread bytes would reset the connection and take the answer away from the peer (RFC 9112 §9.6).
struct ConnectionState {
  enum Action {
    /// Hand this to the handler; its answer comes back with the ticket.
    case handle(HTTPRequest, ticket: UInt32)
    /// Write from `output`, and report how much went.
    case write
    /// Shut down the writing side (shutdown(2), SHUT_WR).
    case halfClose
    case close
    /// Nothing until something happens, or `deadline` passes.
    case wait
  }

  private enum Phase {
    case reading
    case handling(Exchange)
    case finishing(lingers: Bool)
    case lingering
    case closed
  }

  /// A request in the handler, as far as its answer's framing depends on it.
  private struct Exchange {
    let isHead: Bool
    let isHTTP10: Bool
    let isPersistent: Bool
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

  init(limits: HTTPLimits, peer: String, now: Int64) {
    self.limits = limits
    parser = RequestParser(limits: limits, peer: peer)
    lingerBytesLeft = limits.lingerBytes
    clock = ConnectionClock(limits: limits, now: now)
  }

  /// When `deadlinePassed` is due, in the milliseconds of `Moment`; `Int64.max` for never.
  var deadline: Int64 { clock.deadline }

  /// Whether the socket should be read.
  var wantsRead: Bool {
    switch phase {
    case .reading, .handling: !peerFinished && parser.bufferedBytes < limits.pipelinedBytes
    case .lingering: true
    case .finishing, .closed: false
    }
  }

  // MARK: What happened

  mutating func received(_ bytes: Span<UInt8>) {
    switch phase {
    case .reading, .handling: parser.append(bytes)
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

  /// An answer that was given already, or is another request's, changes nothing.
  mutating func answered(_ response: HTTPResponse, ticket: UInt32, now: Moment) {
    guard case .handling(let exchange) = phase, ticket == self.ticket else { return }
    let asksToClose = response.headers["connection"]?.lowercased() == "close"
    let isLast = isDraining || asksToClose || !exchange.isPersistent
    let writer = ResponseWriter(
      date: now.date, connection: isLast ? .closes : exchange.isHTTP10 ? .staysAsAsked : .stays,
      isHead: exchange.isHead)
    queue(now) { writer.write(response, to: &$0) }
    if isLast {
      // Where the peer asked for the end and sent no more, nothing can be unread.
      let isOver = !exchange.isPersistent && !parser.hasStopped && parser.bufferedBytes == 0
      phase = .finishing(lingers: !isOver && !peerFinished)
    } else {
      phase = .reading
      clock.beganWaiting(now.milliseconds)
    }
  }

  mutating func wrote(_ count: Int, now: Moment) {
    output.consume(count)
    if output.isEmpty { clock.wroteAll() } else { clock.wroteSome(now.milliseconds) }
  }

  /// No further request is taken: an idle connection closes, one that is half read gets a little time.
  mutating func drain(now: Moment) {
    isDraining = true
    clock.beganDraining(now.milliseconds)
  }

  mutating func deadlinePassed(now: Moment) {
    switch clock.expired(now.milliseconds) {
    case nil: return
    case .head: refuse(Problem(408, "the head of the request took too long to arrive").response, now)
    case .body: refuse(Problem(408, "the body of the request took too long to arrive").response, now)
    case .answer: refuse(Self.late.response, now)
    case .silence: phase = .closed
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
      refuse(error.response, now)
      return nil
    }
    if parser.takeContinue() { queue(now) { $0.append(contentsOf: ResponseWriter.interimContinue) } }
    if peerFinished || (isDraining && parser.progress == .nothing) {
      clock.stoppedReading()
      phase = .finishing(lingers: false)
    } else {
      clock.isReading(parser.progress, contentBytes: parser.contentBytes, now.milliseconds)
    }
    return nil
  }

  private mutating func handle(_ parsed: RequestParser.Parsed, _ now: Int64) -> Action {
    ticket &+= 1
    clock.beganHandling(now)
    phase = .handling(
      Exchange(
        isHead: parsed.request.method == "HEAD", isHTTP10: parsed.isHTTP10, isPersistent: parsed.isPersistent))
    return .handle(parsed.request, ticket: ticket)
  }

  /// Answers in the handler's place, and ends the connection.
  private mutating func refuse(_ response: HTTPResponse, _ now: Moment) {
    var isHead = false
    if case .handling(let exchange) = phase { isHead = exchange.isHead }
    let writer = ResponseWriter(date: now.date, connection: .closes, isHead: isHead)
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
