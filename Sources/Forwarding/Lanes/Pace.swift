import RelayCore

/// Evenly spaced turns: `rate_per_second` of a destination. Turns that were not taken are lost, so that a pause is never
/// followed by a burst; only above 100 a second a few may come together, since the clock counts milliseconds.
///
/// The destination counts what arrives, and the way there takes now longer, now shorter. So up to 100 a second a request
/// counts from its answer, before which it surely arrived: behind it no more than a second may have go within a second.
struct Pace {
  /// Milliseconds for as many turns as a second may have: a little more, for the way of what is not answered yet.
  private static let second: Double = 1020
  /// Milliseconds that a request counts as on its way, at most: a slow answer is no reason to send less.
  private static let longestWay: Double = 250

  /// Milliseconds; 0 for no limit.
  private let interval: Double
  private let slack: Double
  /// When the next turn is, in milliseconds since 1970.
  private var nextTurn: Double = 0
  /// When the last requests, as many as fit into the window, had arrived at the latest, as far as is known: that of turn
  /// `n` at `n` modulo their count. Empty where they are too many to be kept.
  private var arrivals: [Double]
  /// Milliseconds in which as many may arrive as are kept: a second, or a little more where the rate is a fraction.
  private let window: Double
  private var turns = 0

  init(perSecond: Double?) {
    let rate = perSecond.map { max($0, 0.000_001) }
    interval = rate.map { Self.second / $0 } ?? 0
    slack = interval < 10 ? 10 : 0
    let count = rate.map { $0 <= 100 ? $0.rounded(.up) : 0 } ?? 0
    arrivals = Array(repeating: -.infinity, count: Int(count))
    window = rate.map { count * 1000 / $0 } ?? 0
  }

  /// From when on a turn may be taken.
  func openAt(_ now: Instant) -> Instant {
    let now = Double(now.milliseconds)
    // A clock that was set back must not stop the destination: no turn is ever further away than one interval.
    var open = min(nextTurn, now + interval + slack) - slack
    if !arrivals.isEmpty {
      open = max(open, min(arrivals[turns % arrivals.count] + window, now + window + Self.longestWay))
    }
    return Instant(milliseconds: Int64((interval == 0 ? now : max(open, now)).rounded(.up)))
  }

  mutating func clockWasSetBack(by milliseconds: Int64) {
    nextTurn -= Double(milliseconds)
    for index in arrivals.indices { arrivals[index] -= Double(milliseconds) }
  }

  /// The number of the turn, for `arrived`.
  mutating func take(_ now: Instant) -> Int {
    guard interval > 0 else { return 0 }
    let now = Double(now.milliseconds)
    nextTurn = max(min(nextTurn, now + interval + slack), now) + interval
    if !arrivals.isEmpty { arrivals[turns % arrivals.count] = now }
    turns += 1
    return turns - 1
  }

  /// What was sent in this turn is answered, or has failed.
  mutating func arrived(_ turn: Int, by now: Instant) {
    guard !arrivals.isEmpty, turns - turn <= arrivals.count else { return }
    let index = turn % arrivals.count
    arrivals[index] = min(max(arrivals[index], Double(now.milliseconds)), arrivals[index] + Self.longestWay)
  }
}
