import RelayCore

import struct Foundation.Date
import struct Foundation.TimeZone

/// Instants as people type them behind `--since` and `--until`.
enum Moment {
  static let inWords = "RFC 3339 (2026-11-22T09:00:00Z), a day (2026-11-22), or a span back from now (15m, 24h, 7d)"

  /// A day begins at its midnight in `zone`; a time without an offset is UTC.
  static func read(_ text: String, now: Instant, zone: TimeZone) -> Instant? {
    if let instant = Instant(rfc3339: text) { return instant }
    if let span = span(text) { return now + -span }
    return day(text).map { midnight($0, in: zone) }
  }

  /// When the day of `now` began in `zone`.
  static func startOfDay(_ now: Instant, in zone: TimeZone) -> Instant {
    let local = now + offset(of: zone, at: now)
    return midnight(local.milliseconds.flooredDivision(by: 86_400_000).quotient, in: zone)
  }

  /// `90s`, `15m`, `24h`, `7d`, `2w`, in milliseconds; at most ten thousand weeks.
  private static func span(_ text: String) -> Int64? {
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
    guard let unit = text.last.flatMap({ units[$0] }) else { return nil }
    let digits = text.dropLast()
    guard !digits.isEmpty, digits.count <= 10, digits.allSatisfy({ ("0"..."9").contains($0) }),
      let number = Int64(digits), number * unit <= 6_048_000_000
    else { return nil }
    return number * unit * 1000
  }

  /// Days since 1970 of `2026-11-22`.
  private static func day(_ text: String) -> Int64? {
    Instant(rfc3339: text + "T00:00:00Z").map { $0.milliseconds.flooredDivision(by: 86_400_000).quotient }
  }

  private static func midnight(_ day: Int64, in zone: TimeZone) -> Instant {
    let utc = Instant(milliseconds: day * 86_400_000)
    let guess = utc + -offset(of: zone, at: utc)
    // Where the clocks change between the two midnights, the offset of the guess is the right one.
    return utc + -offset(of: zone, at: guess)
  }

  private static func offset(of zone: TimeZone, at instant: Instant) -> Int64 {
    Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant.milliseconds) / 1000))) * 1000
  }
}
