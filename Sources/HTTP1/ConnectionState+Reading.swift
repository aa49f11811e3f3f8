import HTTPTypes

/// What becomes of what was read.
extension ConnectionState {
  /// Takes the next request, unless too much waits to be written already. nil where there is none yet.
  mutating func read(_ now: Moment) -> Action? {
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

  /// The answer to `weigh`.
  mutating func largeBodyMayGoOn() {
    weighed = parser.contentBytes
  }

  /// The answer to `weigh`: nothing more of the body is read into memory.
  mutating func refuseBody(_ problem: Problem, _ end: ConnectionEnd, now: Moment) {
    refuse(problem.response, end, now)
  }
}
