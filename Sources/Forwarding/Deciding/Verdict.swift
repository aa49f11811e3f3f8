import RelayCore
import Rules

/// What becomes of a delivery after a try, and why. Pure: the clock, the policy and the jitter are passed in.
package struct Verdict: Sendable, Equatable {
  package enum Outcome: Sendable, Equatable {
    case delivered
    case retry(at: Instant)
    case dead
    /// The credentials were refused: the whole destination is held, and this attempt is not counted.
    case held
    /// Not counted; due at once.
    case interrupted
  }

  package let outcome: Outcome
  /// In words, with the status where there was one; nil for what was delivered.
  package let reason: String?

  package init(_ outcome: Outcome, _ reason: String?) {
    self.outcome = outcome
    self.reason = reason
  }

  /// - Parameter jitter: from 0 to 1, which moves the delay from half of its bound to all of it.
  package static func on(
    _ result: SendResult, policy: RetryPolicy, standing: Standing, now: Instant, jitter: Double
  ) -> Verdict {
    switch result {
    case .answered(let answer):
      on(answer, policy: policy, standing: standing, now: now, jitter: jitter)
    case .failed(let words):
      retry(words, policy, standing, now, jitter)
    case .refused(let address):
      retry(
        "\(address) is a loopback, private or reserved address; set allow_private on the destination to send there",
        policy, standing, now, jitter)
    case .proxyRefused(407):
      Verdict(.held, "the proxy refused the user or password given for it (status 407)")
    case .proxyRefused(let status):
      retry("the proxy refused the connection (status \(status))", policy, standing, now, jitter)
    case .unrenderable(let words):
      Verdict(.dead, words)
    case .interrupted:
      Verdict(.interrupted, "the relay stopped before an answer came")
    }
  }

  private static func on(
    _ answer: Answer, policy: RetryPolicy, standing: Standing, now: Instant, jitter: Double
  ) -> Verdict {
    let words = "status \(answer.status)"
    switch answer.status {
    case 200...299:
      return Verdict(.delivered, nil)
    case 300...399:
      return Verdict(.dead, "\(words): redirects are not followed")
    case 401, 403, 407:
      return Verdict(.held, "\(words): the credentials were refused")
    case 408, 425, 429, 500...599:
      let asked = answer.headers["retry-after"].flatMap { RetryAfter.delay($0, now: now) }
      return retry(words, policy, standing, now, jitter, notBefore: asked ?? 0)
    default:
      return Verdict(.dead, words)
    }
  }

  /// - Parameter notBefore: milliseconds that the destination asked for.
  private static func retry(
    _ words: String, _ policy: RetryPolicy, _ standing: Standing, _ now: Instant, _ jitter: Double,
    notBefore: Int64 = 0
  ) -> Verdict {
    let attempt = standing.attempts + 1
    if let most = policy.maxAttempts, attempt >= most {
      return Verdict(.dead, "\(words); gave up after \(attempt) attempt\(attempt == 1 ? "" : "s")")
    }
    var delay = delay(afterAttempt: attempt, policy, jitter)
    if let limit = policy.giveUpAfterMilliseconds {
      let left = limit - standing.elapsed(at: now)
      if left <= 0 {
        return Verdict(.dead, "\(words); gave up after \(inWords(limit)) and \(attempt) attempts")
      }
      // The last attempt comes when the time is up, so that the outage that was promised is survived.
      delay = min(delay, left)
    }
    return Verdict(.retry(at: now + max(delay, notBefore)), words)
  }

  /// Milliseconds: half of the bound, and a random part of the other half.
  package static func delay(afterAttempt attempt: Int, _ policy: RetryPolicy, _ jitter: Double) -> Int64 {
    let bound = policy.delayBound(afterAttempt: attempt)
    let half = bound / 2
    // Not a number is no jitter.
    return half + Int64(Double(bound - half) * (jitter > 0 ? min(jitter, 1) : 0))
  }

  /// In the largest unit that divides it: `168 hours`, `90 minutes`, `36 seconds`.
  private static func inWords(_ milliseconds: Int64) -> String {
    let units: [(String, Int64)] = [("hour", 3_600_000), ("minute", 60_000), ("second", 1000)]
    guard let (unit, length) = units.first(where: { milliseconds % $0.1 == 0 }) else { return "\(milliseconds) ms" }
    return "\(milliseconds / length) \(unit)\(milliseconds == length ? "" : "s")"
  }
}
