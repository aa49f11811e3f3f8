import RelayCore

/// Evenly spaced turns: `rate_per_second` of a destination. Turns that were not taken are lost, so that a pause is never
/// followed by a burst; only above 100 a second a few may come together, since the clock counts milliseconds.
struct Pace {
  /// Milliseconds for as many turns as a second may have: a little more, since the way to the destination takes now longer,
  /// now shorter, and it counts what arrives.
  private static let second: Double = 1020

  /// Milliseconds; 0 for no limit.
  private let interval: Double
  private let slack: Double
  /// When the next turn is, in milliseconds since 1970.
  private var nextTurn: Double = 0

  init(perSecond: Double?) {
    interval = perSecond.map { Self.second / max($0, 0.000_001) } ?? 0
    slack = interval < 10 ? 10 : 0
  }

  /// From when on a turn may be taken.
  func openAt(_ now: Instant) -> Instant {
    let now = Double(now.milliseconds)
    // A clock that was set back must not stop the destination: no turn is ever further away than one interval.
    let open = min(nextTurn, now + interval + slack) - slack
    return Instant(milliseconds: Int64((interval == 0 ? now : max(open, now)).rounded(.up)))
  }

  mutating func clockWasSetBack(by milliseconds: Int64) {
    nextTurn -= Double(milliseconds)
  }

  mutating func take(_ now: Instant) {
    guard interval > 0 else { return }
    let now = Double(now.milliseconds)
    nextTurn = max(min(nextTurn, now + interval + slack), now) + interval
  }
}
