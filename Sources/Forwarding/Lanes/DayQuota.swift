import DurableQueue
import RelayCore
import Rules

/// `rate_per_day` of a destination: how much may still be sent before midnight.
struct DayQuota {
  let limit: Int
  private let midnight: Wait
  private(set) var use: QuotaUse
  /// Since the queue was told.
  private var isUntold = false

  /// nil without a limit.
  init?(limit: Int?, zone: String) {
    guard let limit else { return nil }
    self.limit = limit
    midnight = .until(minute: 0, zone: zone)
    use = QuotaUse(sent: 0, ends: Instant(milliseconds: .min))
  }

  /// When something may be sent again; nil where it may be now.
  func opensAt(_ now: Instant) -> Instant? {
    use.sent >= limit && use.ends > now ? use.ends : nil
  }

  mutating func take(_ now: Instant) {
    if use.ends <= now { use = QuotaUse(sent: 0, ends: midnight.end(after: now)) }
    use.sent += 1
    isUntold = true
  }

  /// What the queue knows, of this process or an earlier one.
  mutating func restore(_ known: QuotaUse?) {
    guard let known, known.ends > use.ends || (known.ends == use.ends && known.sent > use.sent) else { return }
    use = known
  }

  mutating func beginAnew() {
    use.sent = 0
    isUntold = true
  }

  /// What the queue is to be told; nil where it knows.
  mutating func news() -> QuotaUse? {
    defer { isUntold = false }
    return isUntold ? use : nil
  }
}
