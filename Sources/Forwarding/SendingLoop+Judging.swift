import DurableQueue
import RelayCore
import Telemetry

extension SendingLoop {
  /// One try has ended: what becomes of the delivery, and of its destination.
  /// - Parameter token: number of the access token that it carried.
  func judge(
    _ result: SendResult, _ turn: Lane.Turn, _ index: Int, startedAt: Instant, requestHash: [UInt8]?, token: Int? = nil
  ) {
    let now = time.now()
    let delivery = turn.delivery
    let held = lanes[index].lane.holdState.held(at: now) - delivery.heldBefore
    let judged = Verdict.on(
      result, policy: lanes[index].destination.retry,
      standing: Standing(attempts: delivery.attempts, clockStartedAt: delivery.clockStartedAt, held: max(0, held)),
      now: now, jitter: result.status.map { (200...299).contains($0) } == true ? 0 : settings.jitter())
    let verdict = renewing(judged, result, turn, index, token: token, now)
    lanes[index].lane.finish()
    follow(verdict, result, turn, index, now)
    let took = max(0, now - startedAt)
    settle(
      Settlement(
        delivery: delivery.id, destination: delivery.destination, outcome: outcome(verdict, now),
        reason: verdict.reason,
        attempt: Settlement.Attempt(
          startedAt: startedAt, took: took, requestHash: requestHash, status: result.status, response: response(result)),
        settledAt: now))
    note(verdict, result, delivery, took: took, now)
  }

  private func response(_ result: SendResult) -> [UInt8]? {
    guard case .answered(let answer) = result, !answer.body.isEmpty else { return nil }
    return answer.body
  }

  /// What the verdict means for the lane, before it is settled.
  private func follow(_ verdict: Verdict, _ result: SendResult, _ turn: Lane.Turn, _ index: Int, _ now: Instant) {
    switch verdict.outcome {
    case .retry(let instant):
      lanes[index].lane.isDue(at: instant)
    case .held:
      refuse(verdict.reason ?? "", index, now)
      lanes[index].lane.isDue(at: now)
    case .interrupted:
      lanes[index].lane.isDue(at: now)
    case .delivered, .dead:
      guard turn.isProbe else { return }
      // Any final answer but a refusal shows that the credentials are taken; a record that can't be rendered shows nothing.
      if result.status == nil { lanes[index].lane.nextProbeAt = now } else { accept(index, now) }
    }
  }

  func refuse(_ reason: String, _ index: Int, _ now: Instant) {
    let name = lanes[index].destination.name
    let isNew = !lanes[index].lane.holdState.holds.contains { $0.kind == .credentials }
    lanes[index].lane.credentialsRefused(reason, now)
    guard isNew else { return }
    queue.hold(name, .credentials, reason: reason)
    log.warning(
      "destination.held",
      [
        LogField("destination", name), LogField("reason", reason),
        LogField("mend", "destinations.\(name) in the rule file"),
      ]
    )
  }

  private func accept(_ index: Int, _ now: Instant) {
    let name = lanes[index].destination.name
    lanes[index].lane.credentialsAccepted(now)
    queue.release(name, .credentials)
    log.info("destination.released", [LogField("destination", name)])
  }

  private func outcome(_ verdict: Verdict, _ now: Instant) -> Settlement.Outcome {
    switch verdict.outcome {
    case .delivered: .delivered
    case .retry(let instant): .retry(at: instant)
    case .dead: .dead
    // Due at once: the hold is what it waits for, and all go the moment it ends.
    case .held: .postponed(until: now)
    case .interrupted: .interrupted
    }
  }

  // MARK: - Telling people

  private func note(
    _ verdict: Verdict, _ result: SendResult, _ delivery: DueDelivery, took: Int64, _ now: Instant
  ) {
    func fields() -> [LogField] {
      var fields = [
        LogField("delivery", delivery.id.description), LogField("destination", delivery.destination),
        LogField("attempt", delivery.tries + 1),
      ]
      if let status = result.status { fields.append(LogField("status", status)) }
      fields.append(LogField("took_ms", took))
      if case .retry(let instant) = verdict.outcome {
        fields.append(LogField("retry_in_s", max(0, instant - now + 999) / 1000))
      }
      if let reason = verdict.reason { fields.append(LogField("reason", reason)) }
      return fields
    }
    switch verdict.outcome {
    case .delivered: log.debug("delivery.attempted", fields())
    case .dead: log.warning("delivery.attempted", fields())
    case .retry, .held, .interrupted: log.info("delivery.attempted", fields())
    }
  }
}
