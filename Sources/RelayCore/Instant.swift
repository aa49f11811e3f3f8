/// A moment in UTC, in whole milliseconds since 1970-01-01T00:00:00Z.
package struct Instant: Sendable, Hashable, Comparable {
  package let milliseconds: Int64

  package init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  package static func < (left: Instant, right: Instant) -> Bool {
    left.milliseconds < right.milliseconds
  }

  /// Saturates instead of overflowing.
  package static func + (instant: Instant, milliseconds: Int64) -> Instant {
    let (sum, overflow) = instant.milliseconds.addingReportingOverflow(milliseconds)
    return Instant(milliseconds: overflow ? (milliseconds > 0 ? .max : .min) : sum)
  }

  package static func - (left: Instant, right: Instant) -> Int64 {
    let (difference, overflow) = left.milliseconds.subtractingReportingOverflow(right.milliseconds)
    return overflow ? (left > right ? .max : .min) : difference
  }
}

/// Where loops get their time from; decisions take `now` as a value. The tests' conformer is `ManualTime`.
package protocol TimeSource: Sendable {
  func now() -> Instant
}
