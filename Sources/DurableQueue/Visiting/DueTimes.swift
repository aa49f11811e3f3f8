import RelayCore

/// When deliveries that a person sends again become due: all now, or so many a second to each destination.
package struct DueTimes {
  /// A time further ahead is not kept: a start of the relay takes it for a mistake of the clock.
  package static let longest = DeliverySettling.longestDelay

  private let now: Instant
  /// Milliseconds between two deliveries of a destination; nil: all are due now.
  private let interval: Double?
  private var begins: [String: Instant] = [:]
  private var counts: [String: Int] = [:]

  package init(now: Instant, perSecond: Double? = nil) {
    self.now = now
    interval = perSecond.map { 1000 / $0 }
  }

  /// `last`: when the last delivery to this destination becomes due that an earlier command put there; these come behind.
  mutating func next(_ destination: String, last: () throws -> Instant?) rethrows -> Instant {
    guard let interval else { return now }
    let begin = try begins[destination] ?? Self.begin(now, interval, last: last())
    let count = counts[destination, default: 0]
    begins[destination] = begin
    counts[destination] = count + 1
    return begin + Int64(Double(count) * interval)
  }

  /// When the last of so many becomes due.
  package static func end(of count: Int, perSecond: Double, now: Instant, last: Instant?) -> Instant {
    begin(now, 1000 / perSecond, last: last) + Int64(Double(max(0, count - 1)) * 1000 / perSecond)
  }

  private static func begin(_ now: Instant, _ interval: Double, last: Instant?) -> Instant {
    last.map { max(now, $0 + Int64(interval.rounded(.up))) } ?? now
  }
}
