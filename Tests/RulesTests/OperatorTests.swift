import RelayCore
import Testing

@testable import Rules

/// The operators that cdrelay has beyond the shared syntax.
@Suite struct OperatorTests {
  struct Case: Sendable {
    let filter: String
    let body: String
    let expected: Bool
    init(_ filter: String, _ body: String, _ expected: Bool) {
      self.filter = filter
      self.body = body
      self.expected = expected
    }
  }

  private func check(_ cases: [Case]) throws {
    for item in cases {
      let file = try parseRules(ruleFile(when: #"{"body": \#(item.filter)}"#))
      let record = try makeRecord(body: item.body)
      #expect(file.rules[0].matches(record) == item.expected, "\(item.filter) on \(item.body)")
      let clauses = try #require(file.explain(record).first).clauses
      #expect(clauses.allSatisfy(\.holds) == item.expected, "clauses of \(item.filter) on \(item.body)")
    }
  }

  @Test func ieqTakesNoNoteOfCase() throws {
    try check([
      Case(#"{"a": {"$ieq": "sales"}}"#, #"{"a": "SALES"}"#, true),
      Case(#"{"a": {"$ieq": "Sales"}}"#, #"{"a": "sales"}"#, true),
      Case(#"{"a": {"$ieq": "sales"}}"#, #"{"a": "sales "}"#, false),
      Case(#"{"a": {"$ieq": "É"}}"#, #"{"a": "é"}"#, true),
      Case(#"{"a": {"$ieq": "straße"}}"#, #"{"a": "STRASSE"}"#, true),
      Case(#"{"a": {"$ieq": "ΣΑΣ"}}"#, #"{"a": "σας"}"#, true),
      Case(#"{"a": {"$ieq": "e"}}"#, #"{"a": "é"}"#, false), Case(#"{"a": {"$ieq": "1"}}"#, #"{"a": 1}"#, false),
      Case(#"{"a": {"$ieq": "true"}}"#, #"{"a": true}"#, false), Case(#"{"a": {"$ieq": "x"}}"#, #"{"a": null}"#, false),
      Case(#"{"a": {"$ieq": "x"}}"#, #"{"a": ["X"]}"#, false), Case(#"{"a": {"$ieq": "x"}}"#, "{}", false),
      Case(#"{"a": {"$ieq": ""}}"#, #"{"a": ""}"#, true), Case(#"{"a": {"$ieq": "x"}}"#, #"{"a": {}}"#, false),
      Case(#"{"a": {"$or": [{"$ieq": "x"}, {"$ieq": "y"}]}}"#, #"{"a": "Y"}"#, true),
    ])
  }

  @Test func numberReadsTextThatIsOne() throws {
    try check([
      Case(#"{"a": {"$number": {"$gte": 30}}}"#, #"{"a": "30"}"#, true),
      Case(#"{"a": {"$number": {"$gte": 30}}}"#, #"{"a": "9"}"#, false),
      Case(#"{"a": {"$number": {"$gte": 30}}}"#, #"{"a": 30.0}"#, true),
      Case(#"{"a": {"$number": 5}}"#, #"{"a": "05"}"#, true),
      Case(#"{"a": {"$number": 5}}"#, #"{"a": "+5.0"}"#, true),
      Case(#"{"a": {"$number": -0.5}}"#, #"{"a": "-0.50"}"#, true),
      Case(#"{"a": {"$number": 1000}}"#, #"{"a": "1e3"}"#, true),
      Case(#"{"a": {"$number": {"$lt": 5}}}"#, #"{"a": ""}"#, false),
      Case(#"{"a": {"$number": {"$lt": 5}}}"#, #"{"a": "3 s"}"#, false),
      Case(#"{"a": {"$number": {"$lt": 5}}}"#, #"{"a": " 3"}"#, false),
      Case(#"{"a": {"$number": {"$lt": 5}}}"#, #"{"a": "0x3"}"#, false),
      Case(#"{"a": {"$number": {"$lt": 5}}}"#, #"{"a": "NaN"}"#, false),
      Case(#"{"a": {"$number": {"$lt": 5}}}"#, #"{"a": null}"#, false),
      Case(#"{"a": {"$number": {"$lt": 5}}}"#, #"{"a": true}"#, false),
      Case(#"{"a": {"$number": {"$lt": 5}}}"#, #"{"a": ["3"]}"#, false),
      Case(#"{"a": {"$number": {"$lt": 5}}}"#, "{}", false),
      Case(#"{"a": {"$number": 9223372036854775807}}"#, #"{"a": "9223372036854775807"}"#, true),
      Case(#"{"a": {"$number": 9223372036854775807}}"#, #"{"a": "9223372036854775806"}"#, false),
      Case(#"{"a": {"$number": {"$gt": 9223372036854775807}}}"#, #"{"a": "9223372036854775808"}"#, true),
      Case(#"{"a": {"$number": {"$in": [1, 2]}}}"#, #"{"a": "2"}"#, true),
      Case(#"{"a": {"$number": {"$nin": [1, 2]}}}"#, #"{"a": "two"}"#, false),
      Case(#"{"a": {"$number": {"$neq": 2}}}"#, #"{"a": "3"}"#, true),
      Case(#"{"a": {"$not": {"$number": {"$lt": 5}}}}"#, #"{"a": "many"}"#, true),
    ])
  }

  @Test func phoneTakesAnySpelling() throws {
    let french = #"{"a": {"$phone": {"country": "FR", "default_country": "FR"}}}"#
    try check([
      Case(french, #"{"a": "0639980042"}"#, true), Case(french, #"{"a": "+33 (0)6 39 98 00 42"}"#, true),
      Case(french, #"{"a": "0033639980042"}"#, true), Case(french, #"{"a": 33639980042}"#, true),
      Case(french, #"{"a": "+4930123456"}"#, false), Case(french, #"{"a": "004930123456"}"#, false),
      Case(french, #"{"a": "anonymous"}"#, false), Case(french, #"{"a": ""}"#, false),
      Case(french, #"{"a": "101"}"#, false),
      Case(french, #"{"a": null}"#, false), Case(french, #"{"a": true}"#, false),
      Case(french, #"{"a": ["+33639980042"]}"#, false),
      Case(french, "{}", false), Case(french, #"{"a": {}}"#, false), Case(french, #"{"a": 3.5}"#, false),
      Case(#"{"a": {"$phone": {"country": ["FR", "de"]}}}"#, #"{"a": "+4930123456"}"#, true),
      Case(#"{"a": {"$phone": {"country": "CA"}}}"#, #"{"a": "+1 416 555 0123"}"#, true),
      Case(#"{"a": {"$phone": {"country": "US"}}}"#, #"{"a": "+1 416 555 0123"}"#, false),
      Case(#"{"a": {"$phone": {"country": "US"}}}"#, #"{"a": "+1 212 555 0123"}"#, true),
      Case(#"{"a": {"$phone": {"prefix": "+33 6"}}}"#, #"{"a": "33639980042"}"#, true),
      Case(#"{"a": {"$phone": {"prefix": ["+33 6", "+33 7"]}}}"#, #"{"a": "+33 7 39 98 00 42"}"#, true),
      Case(#"{"a": {"$phone": {"prefix": "+33 6"}}}"#, #"{"a": "+33 1 39 98 00 42"}"#, false),
      Case(#"{"a": {"$phone": {"prefix": "+33 6", "country": "DE"}}}"#, #"{"a": "+33639980042"}"#, false),
      Case(#"{"a": {"$phone": {"prefix": "+33 6"}}}"#, #"{"a": "0639980042"}"#, false),
      Case(#"{"a": {"$phone": {"prefix": "+33 6", "default_country": "FR"}}}"#, #"{"a": "0639980042"}"#, true),
    ])
  }

  @Test func timeReadsMomentsOfRecords() throws {
    let hours = #"{"a": {"$time": {"from": "09:00", "to": "18:00", "time_zone": "Europe/Paris"}}}"#
    try check([
      Case(hours, #"{"a": "2025-10-01T07:00:00Z"}"#, true), Case(hours, #"{"a": "2025-10-01T06:59:59.999Z"}"#, false),
      Case(hours, #"{"a": "2025-10-01T15:59:59Z"}"#, true), Case(hours, #"{"a": "2025-10-01T16:00:00Z"}"#, false),
      Case(hours, #"{"a": "2025-10-01T09:00:00+02:00"}"#, true), Case(hours, #"{"a": 1759309200}"#, true),
      Case(hours, #"{"a": 1759309200000}"#, true), Case(hours, #"{"a": "1759309200000"}"#, true),
      Case(hours, #"{"a": "yesterday"}"#, false), Case(hours, #"{"a": ""}"#, false),
      Case(hours, #"{"a": null}"#, false),
      Case(hours, #"{"a": true}"#, false), Case(hours, #"{"a": ["2025-10-01T07:00:00Z"]}"#, false),
      Case(hours, #"{"a": {}}"#, false),
      Case(hours, "{}", false), Case(hours, #"{"a": 1e300}"#, false),
    ])
  }

  /// Monday 2025-03-31 is the first weekday of summer time in Paris, Monday 2025-10-27 the first of winter time.
  @Test(arguments: [
    ("2025-03-28T08:00:00Z", true), ("2025-03-28T07:59:59Z", false), ("2025-03-28T17:00:00Z", false),
    ("2025-03-31T07:00:00Z", true), ("2025-03-31T06:59:59Z", false), ("2025-03-31T15:59:59Z", true),
    ("2025-10-24T07:00:00Z", true), ("2025-10-27T07:00:00Z", false), ("2025-10-27T08:00:00Z", true),
    // A Saturday and a Sunday.
    ("2025-10-25T10:00:00Z", false), ("2025-10-26T10:00:00Z", false),
  ])
  func officeHoursFollowSummerTime(text: String, expected: Bool) throws {
    let filter =
      #"{"call": {"started_at": {"$time": {"from": "09:00", "to": "18:00", "days": "mon-fri", "time_zone": "Europe/Paris"}}}}"#
    let record = try makeRecord { $0.startedAt = Instant(rfc3339: text) }
    #expect(try parseRules(ruleFile(when: filter)).rules[0].matches(record) == expected)
  }

  @Test func whatTheZonesClocksShowIsTold() throws {
    let filter = #"{"call": {"started_at": {"$time": {"to": "18:00", "time_zone": "Europe/Paris"}}}}"#
    func found(_ when: String, _ start: String?) throws -> String? {
      let record = try makeRecord { $0.startedAt = start.flatMap { Instant(rfc3339: $0) } }
      return try parseRules(ruleFile(when: when)).explain(record)[0].clauses.first?.found
    }
    let evening = "2025-10-01T16:00:00.000Z"
    #expect(try found(filter, evening) == #""2025-10-01T16:00:00.000Z" (Wed 18:00 in Europe/Paris)"#)
    #expect(try found(#"{"$not": \#(filter)}"#, evening) == #""2025-10-01T16:00:00.000Z" (Wed 18:00 in Europe/Paris)"#)
    #expect(
      try found(filter, "2025-12-31T23:30:00.000Z") == #""2025-12-31T23:30:00.000Z" (Thu 00:30 in Europe/Paris)"#)
    #expect(try found(filter, nil) == "missing")
  }

  /// `days` are those on which the window begins.
  @Test(arguments: [
    // Friday evening and the Saturday morning after it; not the Friday morning that belongs to Thursday.
    ("2025-10-03T20:00:00Z", true), ("2025-10-03T21:59:59Z", true), ("2025-10-03T22:00:00Z", true),
    ("2025-10-04T03:59:59Z", true), ("2025-10-04T04:00:00Z", false), ("2025-10-03T02:00:00Z", false),
    ("2025-10-04T20:00:00Z", false), ("2025-10-03T19:59:59Z", false),
  ])
  func nightsGoOnOverMidnight(text: String, expected: Bool) throws {
    let filter =
      #"{"call": {"started_at": {"$time": {"from": "22:00", "to": "06:00", "days": ["fri"], "time_zone": "Europe/Paris"}}}}"#
    let record = try makeRecord { $0.startedAt = Instant(rfc3339: text) }
    #expect(try parseRules(ruleFile(when: filter)).rules[0].matches(record) == expected)
  }

  @Test func theZoneIsThatOfTheRelayWhereNoneIsWritten() throws {
    let when = #"{"call": {"started_at": {"$time": {"from": "09:00", "to": "10:00"}}}}"#
    let record = try makeRecord { $0.startedAt = Instant(rfc3339: "2025-10-01T07:30:00Z") }
    #expect(try !parseRules(ruleFile(when: when)).rules[0].matches(record))
    let zoned = ruleFile(when: when).replacing(
      #"{"sources""#, with: #"{"relay": {"time_zone": "Europe/Paris"}, "sources""#)
    #expect(try parseRules(zoned).rules[0].matches(record))
  }

  /// Around each change of a year's clocks, of zones that change at odd hours and by half an hour too.
  @Test(arguments: ["Europe/Paris", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca"])
  func clocksAgreeWithTheZone(name: String) throws {
    let clock = try #require(ZoneClock(name))
    let fresh = { (instant: Instant) in ZoneClock(name)?.offset(at: instant) }
    var instant = try #require(Instant(rfc3339: "2025-01-01T00:00:00Z"))
    let end = try #require(Instant(rfc3339: "2026-01-01T00:00:00Z"))
    while instant < end {
      #expect(clock.offset(at: instant) == fresh(instant))
      instant = instant + 7_000_000
    }
    #expect(clock.offset(at: Instant(milliseconds: -1)) == fresh(Instant(milliseconds: -1)))
  }

  @Test(arguments: [
    (#"{"$exists": true}"#, "$exists: unknown operator; did you mean $exist?"),
    (#"{"$ieq": 1}"#, "$ieq: expected a text, found 1"),
    (#"{"$number": "30"}"#, #"$number: expected a number, or operators such as {"$gte": 30}, found "30""#),
    (#"{"$number": {"x": 1}}"#, #"$number: expected a number, or operators such as {"$gte": 30}, found an object"#),
    (#"{"$number": {"$gt": true}}"#, "$number.$gt: expected a number or a text, found true"),
    (
      #"{"$time": "09:00"}"#,
      #"$time: expected an object such as {"from": "09:00", "to": "18:00", "days": "mon-fri"}, found "09:00""#
    ),
    (#"{"$time": {}}"#, "$time: expected from, to or days"),
    (#"{"$time": {"from": "9:00"}}"#, #"$time.from: expected a time of day such as "09:00", found "9:00""#),
    (#"{"$time": {"from": "24:00"}}"#, #"$time.from: expected a time of day such as "09:00", found "24:00""#),
    (#"{"$time": {"from": "09:00", "to": "09:00"}}"#, "$time: is never: from and to are the same"),
    (
      #"{"$time": {"days": "mon-fry"}}"#,
      #"$time.days: expected days such as "mon-fri" or ["mon", "wed"], found "mon-fry""#
    ),
    (#"{"$time": {"days": []}}"#, "$time.days: expected at least one value, found an empty list"),
    (
      #"{"$time": {"days": "mon", "time_zone": "Paris"}}"#,
      #"$time.time_zone: expected the name of a time zone such as Europe/Paris, found "Paris""#
    ),
    (#"{"$time": {"form": "09:00", "to": "10:00"}}"#, "$time.form: unknown key; did you mean from?"),
    (#"{"$phone": {}}"#, "$phone: expected a prefix, a country or both"),
    (
      #"{"$phone": {"country": "France"}}"#,
      #"$phone.country: expected a country's two letters, as in FR, found "France""#
    ),
    (
      #"{"$phone": {"country": ["FR", "XX"]}}"#,
      #"$phone.country[1]: expected a country's two letters, as in FR, found "XX""#
    ),
    (
      #"{"$phone": {"prefix": "06"}}"#,
      #"$phone.prefix: expected the beginning of a number with + and the country's code, as in "+33 6", found "06""#
    ),
  ])
  func problemsNameTheirPlace(filter: String, sentence: String) {
    #expect(
      problems(ruleFile(when: #"{"body": {"a": \#(filter)}}"#)) == ["rules.json: rules[0].when.body.a.\(sentence)"])
  }

  @Test(arguments: [
    (#"{"call": {"role": {"$number": 1}}}"#, "call.role.$number: never matches: call.role is never a number"),
    (
      #"{"call": {"answered_seconds": {"$time": {"days": "mon"}}}}"#,
      "call.answered_seconds.$time: never matches: call.answered_seconds is never a moment"
    ),
    (
      #"{"call": {"started_at": {"$phone": {"country": "FR"}}}}"#,
      "call.started_at.$phone: never matches: call.started_at is never a phone number"
    ),
    (
      #"{"call": {"answered_seconds": {"$ieq": "x"}}}"#,
      "call.answered_seconds.$ieq: never matches: call.answered_seconds is an integer, never a text"
    ),
    (
      #"{"body": {"a": {"$number": {"$in": ["1"]}}}}"#,
      #"body.a.$number.$in[0]: never matches: inside $number stands a number, never "1""#
    ),
    (
      #"{"body": {"a": {"$number": {"$gt": "1"}}}}"#,
      "body.a.$number.$gt: never matches: inside $number stands a number, never a text"
    ),
  ])
  func operandsThatNeverMatchAreWarnedOf(filter: String, sentence: String) throws {
    #expect(try warnings(ruleFile(when: filter)) == ["rules.json: rules[0].when.\(sentence)"])
  }
}
