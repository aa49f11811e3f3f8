import RelayCore

/// Where a delivery stands when the answer to one of its attempts is judged.
package struct Standing: Sendable, Equatable {
  /// Attempts that counted before this one, since the last replay.
  package let attempts: Int
  /// Giving up counts from here.
  package let clockStartedAt: Instant
  /// Milliseconds for which the destination was held since then: they do not count.
  package let held: Int64

  package init(attempts: Int, clockStartedAt: Instant, held: Int64) {
    self.attempts = attempts
    self.clockStartedAt = clockStartedAt
    self.held = held
  }

  /// Milliseconds that count towards giving up.
  package func elapsed(at now: Instant) -> Int64 {
    max(0, now - clockStartedAt - held)
  }
}
