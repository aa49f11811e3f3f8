import DurableQueue
import RelayCore
import Telemetry

extension SendingLoop {
  /// One try has ended: what becomes of the delivery, and of its destination.
  /// - Parameter token: the access token that it carried.
  /// - Parameter isCurrent: false where the rule file changed the destination since: then only an acceptance counts, since a
  ///   refusal may be of what was mended.
  func judge(
    _ result: SendResult, _ turn: Lane.Turn, _ index: Int, startedAt: Instant, requestHash: [UInt8]?,
    token: AccessTokens.Token? = nil, isCurrent: Bool = true
  ) {
    let now = time.now()
    let delivery = turn.delivery
    let destination = lanes[index].destination
    let held = lanes[index].lane.holdState.held(at: now) - delivery.heldBefore
    let jitter = result.status.map { (200...299).contains($0) } == true ? 0 : settings.jitter()
    let judged = Verdict.on(
      result, policy: destination.retry, answers: destination.answers,
      standing: Standing(attempts: delivery.attempts, clockStartedAt: delivery.clockStartedAt, held: max(0, held)),
      now: now, jitter: jitter)
    let verdict =
      isCurrent || judged.isDelivered
      ? renewing(judged, result, turn, index, token: token?.number, now)
      : Verdict(.interrupted, "its destination was changed in the rule file meanwhile; it goes again", .none)
    lanes[index].lane.arrived(turn, by: now)
    lanes[index].lane.finish()
    let (outcome, changes) = lanes[index].lane.follow(verdict, turn, jitter: jitter, now)
    for change in changes { carryOut(change, destination.name) }
    if case .wait = verdict.sign { metrics.count(.toldToWait, destination.name) }
    let took = max(0, now - startedAt)
    settle(
      Settlement(
        delivery: delivery.id, destination: delivery.destination, outcome: settlement(outcome),
        reason: verdict.reason,
        attempt: Settlement.Attempt(
          startedAt: startedAt, took: took, requestHash: requestHash, status: result.status,
          response: response(result, index, token)),
        settledAt: now))
    if judged.leavesBodyUnread { warnOfUnread(result, delivery) }
    note(outcome, verdict.reason, result, delivery, took: took, now)
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
    _ outcome: Verdict.Outcome, _ reason: String?, _ result: SendResult, _ delivery: DueDelivery, took: Int64,
    _ now: Instant
  ) {
    func fields() -> [LogField] {
      var fields = [
        LogField("delivery", delivery.id.description), LogField("destination", delivery.destination),
        LogField("attempt", delivery.tries + 1),
      ]
      if let status = result.status { fields.append(LogField("status", status)) }
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
