import RelayCore

/// A span of time that an API is asked for at once. Small ones, so that calls which come in meanwhile shift few pages, and an
/// answer fits into memory.
package struct TimeSlice: Sendable, Hashable {
  package let from: Instant
  /// Its first moment is the next slice's. Whether an API counts it in is not documented: a row that comes twice is taken once.
  package let to: Instant

  package init(from: Instant, to: Instant) {
    self.from = from
    self.to = to
  }

  package var length: Int64 { to - from }

  /// Milliseconds: slices are not halved below it. A minute.
  static let least: Int64 = 60_000

  /// nil where it is too short for that.
  var halves: (first: TimeSlice, second: TimeSlice)? {
    guard length >= 2 * Self.least else { return nil }
    let middle = from + length / 2
    return (TimeSlice(from: from, to: middle), TimeSlice(from: middle, to: to))
  }

  /// One behind the other, each no longer than that, cut at multiples of it, so that two runs ask for the same ones.
  package func cut(every length: Int64) -> some Sequence<TimeSlice> {
    sequence(state: from) { at in
      guard at < to else { return nil }
      let next = Instant(milliseconds: (at.milliseconds.flooredDivision(by: length).quotient + 1) * length)
      defer { at = min(next, to) }
      return TimeSlice(from: at, to: min(next, to))
    }
  }
}
