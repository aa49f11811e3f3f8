import HTTPTypes

/// What becomes of an answer, whole or in pieces.
extension ConnectionState {
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

  // MARK: In pieces

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
  mutating func concludeStream(_ now: Moment) {
    guard case .streaming(let answer) = phase, answer.isComplete else { return }
    mustReset = false
    conclude(answer.exchange, isLast: answer.isLast, answer.asksToClose, now)
  }
}
