import Foundation
import RelayCore
import TestSupport
import Testing

@testable import Rules

/// When a source is silent.
@Suite struct ExpectedTrafficTests {
  private func expectation(_ json: String, zone: String = "Europe/Paris") throws -> ExpectedTraffic {
    let file = try parseRules(
      #"{"relay": {"time_zone": "\#(zone)"}, "sources": {"pbx": {"provider": "generic", "auth": "none", "expect": \#(json)}}}"#
    )
    return try #require(file.sources.first?.expectation)
  }

  private func instant(_ text: String) throws -> Instant {
    try #require(Instant(rfc3339: text), "\(text)")
  }

  private static let office =
    #"{"every_minutes": 30, "between": "09:00-18:00", "days": ["mon", "tue", "wed", "thu", "fri"]}"#

  /// Times of Paris, which is an hour ahead of UTC in winter.
  @Test(arguments: [
    // Thursday, within the hours.
    ("2025-11-20T10:00:00+01:00", "2025-11-20T10:29:59+01:00", nil),
    ("2025-11-20T10:00:00+01:00", "2025-11-20T10:30:00+01:00", "2025-11-20T10:30:00+01:00"),
    // Nothing is expected in the evening; the next day begins anew.
    ("2025-11-20T17:45:00+01:00", "2025-11-20T23:59:00+01:00", nil),
    ("2025-11-20T17:45:00+01:00", "2025-11-21T09:29:00+01:00", nil),
    ("2025-11-20T17:45:00+01:00", "2025-11-21T09:31:00+01:00", "2025-11-21T09:30:00+01:00"),
    // Silent before the evening: silent until a record comes, also over the weekend.
    ("2025-11-21T17:00:00+01:00", "2025-11-23T03:00:00+01:00", "2025-11-21T17:30:00+01:00"),
    // The weekend does not count.
    ("2025-11-21T17:59:00+01:00", "2025-11-24T09:29:00+01:00", nil),
    ("2025-11-21T17:59:00+01:00", "2025-11-24T09:30:00+01:00", "2025-11-24T09:30:00+01:00"),
    // Across the change to summer time, on Sunday the 30th of March.
    ("2025-03-28T17:59:00+01:00", "2025-03-31T09:29:59+02:00", nil),
    ("2025-03-28T17:59:00+01:00", "2025-03-31T09:30:00+02:00", "2025-03-31T09:30:00+02:00"),
    // A clock that was set back.
    ("2025-11-20T12:00:00+01:00", "2025-11-20T10:00:00+01:00", nil),
  ])
  func hoursAndDays(last: String, now: String, since: String?) throws {
    let found = try expectation(Self.office).silentSince(last: instant(last), now: instant(now))
    #expect(try found == since.map(instant))
  }

  @Test func hoursMayGoOverMidnight() throws {
    let night = try expectation(#"{"every_minutes": 60, "between": "22:00-06:00", "days": ["fri"]}"#)
    // Friday's night is Saturday's early morning.
    let last = try instant("2025-11-21T23:30:00+01:00")
    #expect(try night.silentSince(last: last, now: instant("2025-11-22T00:29:00+01:00")) == nil)
    #expect(
      try night.silentSince(last: last, now: instant("2025-11-22T00:30:00+01:00"))
        == instant("2025-11-22T00:30:00+01:00"))
    let late = try instant("2025-11-22T05:30:00+01:00")
    #expect(try night.silentSince(last: late, now: instant("2025-11-28T22:59:00+01:00")) == nil)
    #expect(
      try night.silentSince(last: late, now: instant("2025-11-28T23:00:00+01:00"))
        == instant("2025-11-28T23:00:00+01:00"))
  }

  @Test func theHourThatIsLeftOutAndTheOneThatComesTwice() throws {
    // 02:00 to 03:00 is not there on the 30th of March, and twice on the 26th of October.
    let early = try expectation(#"{"every_minutes": 30, "between": "02:30-04:00"}"#)
    let march = try instant("2025-03-29T12:00:00+01:00")
    #expect(try early.silentSince(last: march, now: instant("2025-03-30T03:29:00+02:00")) == nil)
    #expect(
      try early.silentSince(last: march, now: instant("2025-03-30T03:30:00+02:00"))
        == instant("2025-03-30T03:30:00+02:00"))
    let october = try instant("2025-10-25T12:00:00+02:00")
    #expect(try early.silentSince(last: october, now: instant("2025-10-26T03:00:00+02:00")) != nil)
  }

  @Test func withoutHoursAllTimeCounts() throws {
    let always = try expectation(#"{"every_minutes": 2880}"#)
    let last = try instant("2025-11-21T17:59:00Z")
    #expect(always.silentSince(last: last, now: last + (2880 * 60_000 - 1)) == nil)
    #expect(always.silentSince(last: last, now: last + 2880 * 60_000) == last + 2880 * 60_000)
  }

  /// Against a clock that is looked at every five minutes. Silence, once begun, never ends by itself.
  @Test func everyMomentAgreesWithAReference() throws {
    var random = SeededRandom(seed: .random(in: 0...(.max)))
    let zones = ["Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]
    for _ in 0..<16 {
      let zone = zones.randomElement(using: &random) ?? "UTC"
      let (from, to) = (Int.random(in: 0..<1440, using: &random), Int.random(in: 1...1440, using: &random))
      guard from != to else { continue }
      let length = to > from ? to - from : to - from + 1440
      let every = Int.random(in: 1...max(1, min(length - 61, 300)), using: &random)
      func text(_ minute: Int) -> String { String(format: "%02d:%02d", minute / 60, minute % 60) }
      guard length > 62 else { continue }
      let expected = try expectation(
        #"{"every_minutes": \#(every), "between": "\#(text(from))-\#(text(to))"}"#, zone: zone)
      var calendar = Calendar(identifier: .gregorian)
      calendar.timeZone = try #require(TimeZone(identifier: zone))
      // Days around a change of the clocks, and others.
      let start = try instant(
        ["2025-03-28T00:00:00Z", "2025-10-24T00:00:00Z", "2025-07-01T00:00:00Z"].randomElement(using: &random) ?? "")
      let last = start + 60_000 * Int64.random(in: 0..<2880, using: &random)
      var minutes = 0
      var isSilent = false
      for minute in stride(from: 0, to: 4320, by: 5) {
        let now = last + Int64(minute) * 60_000
        let parts = calendar.dateComponents(
          [.hour, .minute], from: Date(timeIntervalSince1970: Double(now.milliseconds) / 1000))
        let local = (parts.hour ?? 0) * 60 + (parts.minute ?? 0)
        let isIn = to > from ? local >= from && local < to : local >= from || local < to
        let silent = expected.silentSince(last: last, now: now) != nil
        #expect(silent || !isSilent, "seed \(random.seed)")
        isSilent = silent
        minutes = isIn ? minutes + 5 : 0
        // A change of the clocks may lengthen or shorten one day's hours by 60 minutes at most.
        if minutes > every + 66 {
          #expect(silent, "seed \(random.seed) \(zone) \(text(from))-\(text(to)) every \(every) minute \(minute)")
        }
        if silent, minute < every { Issue.record("seed \(random.seed): silent too soon") }
      }
    }
  }

  @Test(arguments: [
    ("5", #"expected an object such as {"every_minutes": 30, "between": "09:00-18:00"}, found 5"#),
    ("{}", "every_minutes: missing; after how many minutes is silence strange?"),
    (#"{"every_minutes": 0}"#, "every_minutes: expected a number from 1 to 10080, found 0"),
    (
      #"{"every_minutes": 30, "between": "9-18"}"#,
      #"between: expected two times of a day such as "09:00-18:00", found "9-18""#
    ),
    (
      #"{"every_minutes": 30, "between": "09:00-09:00"}"#,
      #"between: expected two times of a day such as "09:00-18:00", found "09:00-09:00""#
    ),
    (
      #"{"every_minutes": 90, "between": "09:00-10:00"}"#,
      "every_minutes: expected at most the 60 minutes of between, found 90"
    ),
    (
      #"{"every_minutes": 2000, "days": ["mon"]}"#,
      "every_minutes: expected at most the 1440 minutes of a day, found 2000"
    ),
    (#"{"every_minutes": 30, "days": []}"#, "days: expected at least one day, found an empty list"),
    (
      #"{"every_minutes": 30, "days": ["Monday"]}"#,
      #"days[0]: expected sun, mon, tue, wed, thu, fri or sat, found "Monday""#
    ),
  ])
  func problemsAreSaid(json: String, sentence: String) {
    let found = problems(ruleFile(source: #"{"provider": "generic", "auth": "none", "expect": \#(json)}"#))
    let place = sentence.hasPrefix("expected") ? ": " : "."
    #expect(found.first?.hasPrefix("rules.json: sources.pbx.expect\(place)\(sentence)") == true, "\(found)")
  }
}
