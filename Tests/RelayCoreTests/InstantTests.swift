import RelayCore
import TestSupport
import Testing

@Suite struct InstantTests {
  @Test(arguments: [
    (Int64(0), "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
    (1_759_309_200_000, "2025-10-01T09:00:00.000Z"), (951_782_400_123, "2000-02-29T00:00:00.123Z"),
    (4_102_444_799_999, "2099-12-31T23:59:59.999Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
  ])
  func bothWays(milliseconds: Int64, text: String) {
    #expect(Instant(milliseconds: milliseconds).rfc3339 == text)
    #expect(Instant(rfc3339: text) == Instant(milliseconds: milliseconds))
  }

  @Test(arguments: [
    "2025-10-01T09:00:00Z", "2025-10-01 09:00:00", "2025-10-01T09:00:00", "2025-10-01t09:00:00.000z",
    "2025-10-01T09:00:00.000999Z", "2025-10-01T11:00:00+02:00", "2025-10-01T11:00:00+0200", "2025-10-01T11:00:00+02",
    "2025-10-01T03:30:00-05:30", "2025-10-02T08:59:00+23:59", "2025-10-01T09:00:00,0Z",
  ])
  func spellingsOfOneMoment(text: String) {
    #expect(Instant(rfc3339: text) == Instant(milliseconds: 1_759_309_200_000))
  }

  @Test(arguments: [
    "", "2025-10-01", "2025-10-01T09:00", "2025-10-01T09:00:00.Z", "2025-10-01T09:00:00 Z", "2025-10-01T09:00:00Z ",
    "2025-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2025-04-31T00:00:00Z", "2025-13-01T00:00:00Z",
    "2025-00-01T00:00:00Z", "2025-01-00T00:00:00Z", "2025-01-01T24:00:00Z", "2025-01-01T00:60:00Z",
    "2025-01-01T00:00:61Z", "2025-01-01T00:00:00+24:00", "2025-01-01T00:00:00+01:60", "2025-01-01T00:00:00+1",
    "+025-01-01T00:00:00Z", "2025-1-1T00:00:00Z", "２025-01-01T00:00:00Z", "0000-00-00 00:00:00", "now",
  ])
  func whatIsNoDate(text: String) {
    #expect(Instant(rfc3339: text) == nil)
  }

  @Test func fractionsAndLeapSeconds() {
    #expect(Instant(rfc3339: "1970-01-01T00:00:00.5Z") == Instant(milliseconds: 500))
    #expect(Instant(rfc3339: "1970-01-01T00:00:00.05Z") == Instant(milliseconds: 50))
    #expect(Instant(rfc3339: "1970-01-01T00:00:00.0059999999Z") == Instant(milliseconds: 5))
    #expect(Instant(rfc3339: "2016-12-31T23:59:60Z") == Instant(rfc3339: "2017-01-01T00:00:00Z"))
  }

  @Test func everyDayOf400YearsRoundTrips() {
    var previous: CivilDate?
    for days in Int64(-10_000)...(-10_000 + 146_097) {
      let date = CivilDate(daysSince1970: days)
      #expect(date.daysSince1970 == days)
      #expect(date != previous)
      previous = date
    }
    #expect(CivilDate(daysSince1970: 0) == CivilDate(year: 1970, month: 1, day: 1))
    #expect(CivilDate(daysSince1970: 11_016) == CivilDate(year: 2000, month: 2, day: 29))
  }

  @Test func arithmeticSaturates() {
    #expect(Instant(milliseconds: 5) + 7 == Instant(milliseconds: 12))
    #expect(Instant(milliseconds: .max) + 1 == Instant(milliseconds: .max))
    #expect(Instant(milliseconds: .min) + -1 == Instant(milliseconds: .min))
    #expect(Instant(milliseconds: 5) - Instant(milliseconds: 7) == -2)
    #expect(Instant(milliseconds: .max) - Instant(milliseconds: -1) == .max)
    #expect(Instant(milliseconds: .min) - Instant(milliseconds: 1) == .min)
    #expect(!Instant(milliseconds: .min).rfc3339.isEmpty && !Instant(milliseconds: .max).rfc3339.isEmpty)
  }

  @Test func flooredDivision() {
    #expect(Int64(-1).flooredDivision(by: 1000) == (-1, 999))
    #expect(Int64(-1000).flooredDivision(by: 1000) == (-1, 0))
    #expect(Int64(1999).flooredDivision(by: 1000) == (1, 999))
  }
}
