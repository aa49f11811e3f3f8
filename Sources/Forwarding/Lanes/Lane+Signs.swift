import DurableQueue
import RelayCore

extension Lane {
  /// What the queue and the log are to be told.
  enum Change: Equatable {
    case hold(Hold, isNew: Bool)
    case release(Hold.Kind)
  }

  /// A shorter wait is kept in memory only: nobody needs to see it, and no restart takes less.
  static let shownWait: Int64 = 5000

  /// A try ended: what becomes of the delivery, whose verdict this may change, and of the destination. Closed, the circuit
  /// breaker counts failures in a row; open, nothing is sent until the time of a probe; half-open, one delivery is on its
  /// way, and its end closes or opens it again.
  mutating func follow(
    _ verdict: Verdict, _ turn: Turn, jitter: Double, _ now: Instant
  ) -> (outcome: Verdict.Outcome, changes: [Change]) {
    var outcome = verdict.outcome
    let changes: [Change]
    isTrying = false
    let reason = verdict.reason ?? ""
    switch verdict.sign {
    case .none:
      // It shows nothing: the next probe need not wait.
      if turn.isProbe { nextProbeAt = now }
      changes = []
    case .takes:
      standing = DestinationStanding()
      // What was under way already when it refused shows nothing of today's credentials.
      changes = release(turn.isProbe ? [.credentials, .refusals, .breaker] : [.breaker], now)
    case .refuses(let status):
      (outcome, changes) = refused(outcome, reason, status, turn, now)
    case .refusesCredentials:
      standing = DestinationStanding()
      let isKnown = holdState.has(.credentials)
      changes = release([.breaker], now) + (isKnown ? [] : [hold(.credentials, reason, now)])
    case .fails:
      changes = failed(outcome, reason, turn, jitter, now)
    case .wait(let until):
      quietUntil = max(quietUntil, until)
      isTrying = true
      changes =
        release([.breaker], now) + (until - now < Self.shownWait ? [] : [hold(.limit, reason, until: quietUntil, now)])
    }
    expect(outcome, now)
    return (outcome, changes)
  }

  private mutating func refused(
    _ outcome: Verdict.Outcome, _ reason: String, _ status: Int, _ turn: Turn, _ now: Instant
  ) -> (Verdict.Outcome, [Change]) {
    standing.failures = 0
    standing.openings = 0
    var shown: [Hold.Kind] = [.breaker]
    if turn.isProbe { shown.append(.credentials) }
    if turn.isProbe, status != standing.refusedStatus { shown.append(.refusals) }
    var changes = release(shown, now)
    guard (400...499).contains(status) else { return (outcome, changes) }
    standing.refused(turn.delivery.record, status: status)
    let isHeld = holdState.has(.refusals)
    guard isHeld || limits.retry.holdAfter.map({ standing.refusals >= $0 }) == true else { return (outcome, changes) }
    if !isHeld {
      changes.append(hold(.refusals, "\(reason), to \(standing.refusals) different records in a row", now))
    }
    return (.postponed(until: now), changes)
  }

  private mutating func failed(
    _ outcome: Verdict.Outcome, _ reason: String, _ turn: Turn, _ jitter: Double, _ now: Instant
  ) -> [Change] {
    standing.failures += 1
    guard let limit = limits.retry.breakerAfter else { return [] }
    if holdState.has(.breaker) {
      guard turn.isProbe else { return [] }
      // A delivery whose time was over had its last try: so may the next one, which mostly is as old.
      if outcome == .dead {
        nextProbeAt = now
        return []
      }
    } else if standing.failures < limit {
      return []
    }
    standing.openings += 1
    let bound = min(limits.retry.delayBound(afterAttempt: standing.openings), limits.probeInterval)
    let times = "\(standing.failures) failures in a row, the last: \(reason)"
    return [hold(.breaker, times, until: now + Backoff.spread(bound, jitter), now)]
  }

  /// What the outcome puts on disk is due some time.
  private mutating func expect(_ outcome: Verdict.Outcome, _ now: Instant) {
    switch outcome {
    case .retry(let instant), .postponed(let instant): isDue(at: instant)
    case .interrupted: isDue(at: now)
    case .delivered, .dead: break
    }
  }
}
