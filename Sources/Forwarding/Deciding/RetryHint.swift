import Outgoing
import RelayCore

/// How long a destination that refuses for now asks to be left alone: `Retry-After`, or else what vendors send in its
/// place.
enum RetryHint {
  /// Milliseconds, at most `RetryAfter.longest`; nil where nothing that can be read was said.
  static func delay(_ answer: Answer, now: Instant) -> Int64? {
    // Of several fields of one name the first that can be read counts.
    if let delay = first(of: answer.headers.values("retry-after"), { RetryAfter.delay($0, now: now) }) { return delay }
    for name in resetHeaders {
      if let delay = first(of: answer.headers.values(name), { reset($0, now: now) }) { return delay }
    }
    return nil
  }

  private static func first(of values: [String], _ read: (String) -> Int64?) -> Int64? {
    for value in values { if let delay = read(value) { return delay } }
    return nil
  }

  /// Pipedrive and others; GitHub and others with a moment in place of a delay. Not standardised: the IETF draft
  /// `draft-ietf-httpapi-ratelimit-headers` says seconds.
  private static let resetHeaders = ["x-ratelimit-reset", "x-rate-limit-reset", "ratelimit-reset"]

  /// Seconds; or seconds or milliseconds since 1970, which are told by their size.
  private static func reset(_ value: String, now: Instant) -> Int64? {
    guard !value.isEmpty, value.utf8.count <= 15, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let number = Int64(value)
    else { return RetryAfter.delay(value, now: now) }
    let delay =
      switch number {
      case ..<1_000_000_000: min(number, RetryAfter.longest) * 1000
      case ..<100_000_000_000: number * 1000 - now.milliseconds
      default: number - now.milliseconds
      }
    return min(max(0, delay), RetryAfter.longest)
  }
}
