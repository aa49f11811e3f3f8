import RelayCore
import Testing

@testable import ProviderAPIs

@Suite struct TimeSliceTests {
  private static func slice(_ from: Int64, _ to: Int64) -> TimeSlice {
    TimeSlice(from: Instant(milliseconds: from), to: Instant(milliseconds: to))
  }

  @Test func aSpanIsCutAtWholeHoursWithoutAGap() {
    let hour: Int64 = 3_600_000
    let span = Self.slice(hour / 2, 3 * hour + 1)
    #expect(
      Array(span.cut(every: hour)) == [
        Self.slice(hour / 2, hour), Self.slice(hour, 2 * hour), Self.slice(2 * hour, 3 * hour),
        Self.slice(3 * hour, 3 * hour + 1),
      ])
    #expect(Array(Self.slice(5, 5).cut(every: hour)).isEmpty)
  }

  @Test func halvesMeetAndEndAtAMinute() {
    let halves = Self.slice(0, 600_001).halves
    #expect(halves?.first == Self.slice(0, 300_000))
    #expect(halves?.second == Self.slice(300_000, 600_001))
    #expect(Self.slice(0, 119_999).halves == nil)
  }

  @Test(arguments: [
    ("no such user", "no such user"), ("caller 919999999999 unknown", "caller … unknown"), ("a\nb", "a b"),
    ("code 404", "code 404"), (String(repeating: "x", count: 300), String(repeating: "x", count: 119) + "…"),
  ]) func theProvidersWordsAreShortAndHoldNoNumber(said: String, shown: String) {
    #expect(ProviderWords.shown(said) == shown)
  }
}
