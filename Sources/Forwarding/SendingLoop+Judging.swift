import DurableQueue
import Outgoing
import RelayCore
import Rules
import Telemetry

extension SendingLoop {
  /// How a try ended.
  struct Ending {
    let startedAt: Instant
    /// Of the delivery's body; nil where that was not sent.
    let requestHash: [UInt8]?
    /// nil where an earlier answer is used again.
    let result: SendResult?
    /// What is kept of the answer.
    let response: [UInt8]?
  }

  /// One try has ended: what becomes of the delivery, and of its destination.
  /// - Parameter token: the access token that it carried.
  /// - Parameter asks: it was the delivery's lookup, and it failed.
  /// - Parameter isCurrent: false where the rule file changed the destination since: then only an acceptance counts, since a
  ///   refusal may be of what was mended.
  func judge(
    _ result: SendResult, _ turn: Lane.Turn, _ index: Int, startedAt: Instant, requestHash: [UInt8]?,
    token: AccessTokens.Token? = nil, asks: Bool = false, isCurrent: Bool = true
  ) {
    let now = time.now()
    let judged = verdict(on: result, turn, index, now)
    var verdict =
      isCurrent || judged.isDelivered
      ? renewing(judged, result, turn, index, token: token?.number, now)
      : Verdict(.interrupted, "its destination was changed in the rule file meanwhile; it goes again", .none)
    if asks { verdict = verdict.ofLookup }
    if judged.leavesBodyUnread { warnOfUnread(result, turn.delivery) }
    let ending = Ending(
      startedAt: startedAt, requestHash: requestHash, result: result, response: response(result, index, token))
    carryOut(verdict, turn, index, ending, now)
  }

  func verdict(on result: SendResult, _ turn: Lane.Turn, _ index: Int, _ now: Instant) -> Verdict {
    let (delivery, destination) = (turn.delivery, lanes[index].destination)
    let held = lanes[index].lane.holdState.held(at: now) - delivery.heldBefore
    return Verdict.on(
      result, policy: destination.retry, answers: destination.answers,
      standing: Standing(attempts: delivery.attempts, clockStartedAt: delivery.clockStartedAt, held: max(0, held)),
      now: now, jitter: jitter(result))
  }

  private func jitter(_ result: SendResult?) -> Double {
    result?.status.map { (200...299).contains($0) } == true ? 0 : settings.jitter()
  }

  func carryOut(_ verdict: Verdict, _ turn: Lane.Turn, _ index: Int, _ ending: Ending, _ now: Instant) {
    let (delivery, destination) = (turn.delivery, lanes[index].destination)
    lanes[index].lane.arrived(turn, by: now)
    lanes[index].lane.finish()
    let (outcome, changes) = lanes[index].lane.follow(verdict, turn, jitter: jitter(ending.result), now)
    for change in changes { carryOut(change, destination.name) }
    if case .wait = verdict.sign { metrics.count(.toldToWait, destination.name) }
    let took = max(0, now - ending.startedAt)
    settle(
      Settlement(
        delivery: delivery.id, destination: delivery.destination, outcome: settlement(outcome),
        reason: verdict.reason,
        attempt: Settlement.Attempt(
          startedAt: ending.startedAt, took: took, requestHash: ending.requestHash, status: ending.result?.status,
          response: ending.response),
        captured: outcome == .delivered ? capture(ending.result, delivery, destination) : nil, settledAt: now))
    note(outcome, verdict.reason, ending.result, delivery, took: took, now)
  }

  /// What the answer to the first delivery of a call leaves for those behind it.
  private func capture(_ result: SendResult?, _ delivery: DueDelivery, _ destination: Destination) -> JSON? {
    guard let capture = destination.capture, delivery.captured == nil, let result else { return nil }
    let value = capture.value(of: result)
    metrics.count(value == nil ? .capturedNothing : .captured, destination.name)
    if value == nil {
      log.warning(
        "delivery.nothing_captured",
        [
          LogField("delivery", delivery.id.description), LogField("destination", delivery.destination),
          LogField(
            "reason", "the answer holds no text or number where capture.value points: the next record makes another one"
          ),
        ])
    }
    return value
  }

  private func response(_ result: SendResult, _ index: Int, _ token: AccessTokens.Token?) -> [UInt8]? {
    guard case .answered(let answer) = result, !answer.body.isEmpty else { return nil }
    let mask = lanes[index].mask
    return (token.map { mask.adding($0.value) } ?? mask).kept(answer.body)
  }

  func carryOut(_ change: Lane.Change, _ name: String) {
    switch change {
    case .hold(let hold, let isNew):
      queue.hold(name, hold.kind, reason: hold.reason, until: hold.until)
      var fields = [
        LogField("destination", name), LogField("kind", hold.kind.rawValue), LogField("reason", hold.reason),
      ]
      if let until = hold.until { fields.append(LogField("until", until.rfc3339)) }
      if isNew { metrics.count(.held(hold.kind), name) }
      if isNew { log.warning("destination.held", fields) } else { log.info("destination.stays_held", fields) }
    case .release(let kind):
      queue.release(name, kind)
      log.info("destination.released", [LogField("destination", name), LogField("kind", kind.rawValue)])
    }
  }

  /// Holds the destination, since it or its token endpoint refuses the credentials.
  func refuse(_ reason: String, _ index: Int, _ now: Instant) {
    guard !lanes[index].lane.holdState.has(.credentials) else { return }
    carryOut(lanes[index].lane.hold(.credentials, reason, now), lanes[index].destination.name)
  }

  private func settlement(_ outcome: Verdict.Outcome) -> Settlement.Outcome {
    switch outcome {
    case .delivered: .delivered
    case .retry(let instant): .retry(at: instant)
    case .dead: .dead
    case .postponed(let instant): .postponed(until: instant)
    case .interrupted: .interrupted
    }
  }

  // MARK: - Telling people

  private func warnOfUnread(_ result: SendResult, _ delivery: DueDelivery) {
    guard case .answered(let answer) = result else { return }
    log.warning(
      "delivery.answer_unreadable",
      [
        LogField("delivery", delivery.id.description), LogField("destination", delivery.destination),
        LogField("attempt", delivery.tries + 1), LogField("status", answer.status),
        LogField(
          "reason",
          "answers ask what its body holds, and it can't be read: \(answer.isCut ? "longer than 1 MiB" : "no JSON")"
        ),
      ])
  }

  private func note(
    _ outcome: Verdict.Outcome, _ reason: String?, _ result: SendResult?, _ delivery: DueDelivery, took: Int64,
    _ now: Instant
  ) {
    func fields() -> [LogField] {
      var fields = [
        LogField("delivery", delivery.id.description), LogField("destination", delivery.destination),
        LogField("attempt", delivery.tries + 1),
      ]
      if let status = result?.status { fields.append(LogField("status", status)) }
      fields.append(LogField("took_ms", took))
      if case .retry(let instant) = outcome {
        fields.append(LogField("retry_in_s", max(0, instant - now + 999) / 1000))
      }
      if let reason { fields.append(LogField("reason", reason)) }
      return fields
    }
    switch outcome {
    case .delivered: log.debug("delivery.attempted", fields())
    case .dead: log.warning("delivery.attempted", fields())
    case .retry, .postponed, .interrupted: log.info("delivery.attempted", fields())
    }
  }
}
