import Foundation
import RelayCore
import Testing

@testable import cdrelay

@Suite struct MomentTests {
  /// 2026-11-22T09:00:00Z.
  private let now = Instant(milliseconds: 1_795_338_000_000)

  private func read(_ text: String, _ zone: String = "UTC") -> String? {
    TimeZone(identifier: zone).flatMap { Moment.read(text, now: now, zone: $0)?.rfc3339 }
  }

  @Test(arguments: [
    ("90s", "2026-11-22T08:58:30.000Z"), ("15m", "2026-11-22T08:45:00.000Z"), ("24h", "2026-11-21T09:00:00.000Z"),
    ("7d", "2026-11-15T09:00:00.000Z"), ("2w", "2026-11-08T09:00:00.000Z"),
    ("2026-11-22", "2026-11-22T00:00:00.000Z"), ("2026-11-22T10:00:00+02:00", "2026-11-22T08:00:00.000Z"),
  ])
  func isReadAsPeopleTypeIt(_ text: String, _ expected: String) {
    #expect(read(text) == expected)
  }

  @Test(arguments: [
    "", "m", "-5m", "+5m", "5", "5y", "2026-13-01", "yesterday", "99999999999999999999d", "9999999999w",
  ])
  func anythingElseIsRefused(_ text: String) {
    #expect(read(text) == nil)
  }

  @Test func aDayBeginsWhereThePersonIs() {
    #expect(read("2026-11-22", "Europe/Paris") == "2026-11-21T23:00:00.000Z")
    // The clocks change on this day: midnight still has summer time.
    #expect(read("2026-10-25", "Europe/Paris") == "2026-10-24T22:00:00.000Z")
    #expect(read("2026-10-26", "Europe/Paris") == "2026-10-25T23:00:00.000Z")
    #expect(read("2026-11-22", "Asia/Kolkata") == "2026-11-21T18:30:00.000Z")
    let zone = TimeZone(identifier: "America/New_York")
    #expect(zone.map { Moment.startOfDay(now, in: $0).rfc3339 } == "2026-11-22T05:00:00.000Z")
  }

  @Test func spansAreSaidInTheUnitThatFits() {
    #expect(Phrases.relative(now + 64_000, to: now) == "in 64 s")
    #expect(Phrases.relative(now + -180_000, to: now) == "3 min ago")
    #expect(Phrases.relative(now + -3 * 86_400_000, to: now) == "3 days ago")
    #expect(Phrases.relative(now, to: now) == "just now")
    #expect([0, 999, 1000, 1_234_567].map(Phrases.grouped) == ["0", "999", "1,000", "1,234,567"])
  }
}
