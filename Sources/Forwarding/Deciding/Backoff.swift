import RelayCore
import Rules

/// When a delivery that failed is tried again, and when that ends.
struct Backoff {
  let policy: RetryPolicy
  let standing: Standing
  let now: Instant
  /// From 0 to 1.
  let jitter: Double

  /// Another try, or the end of all tries. `notBefore`: what the destination asked for.
  func verdict(_ words: String, notBefore: Instant? = nil, _ sign: Verdict.Sign = .fails) -> Verdict {
    let attempt = standing.attempts + 1
    if let most = policy.maxAttempts, attempt >= most {
      return Verdict(.dead, "\(words); gave up after \(attempt) attempt\(attempt == 1 ? "" : "s")", sign)
    }
    var delay = Self.delay(afterAttempt: attempt, policy, jitter)
    if let limit = policy.giveUpAfterMilliseconds {
      let left = limit - standing.elapsed(at: now)
      if left <= 0 {
        return Verdict(.dead, "\(words); gave up after \(Self.inWords(limit)) and \(attempt) attempts", sign)
      }
      // The last attempt comes when the time is up, so that the outage that was promised is survived.
      delay = min(delay, left)
    }
    return Verdict(.retry(at: max(now + delay, notBefore ?? now)), words, sign)
  }

  /// Milliseconds: half of the bound, and a random part of the other half.
  static func delay(afterAttempt attempt: Int, _ policy: RetryPolicy, _ jitter: Double) -> Int64 {
    spread(policy.delayBound(afterAttempt: attempt), jitter)
  }

  /// Half of it, and of the other half as much as the jitter says.
  static func spread(_ bound: Int64, _ jitter: Double) -> Int64 {
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
