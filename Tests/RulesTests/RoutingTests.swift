import RelayCore
import Testing

@testable import Rules

@Suite struct RoutingTests {
  private let text = """
    {"sources": {"on": {"provider": "generic", "auth": "none"}, "off": {"provider": "generic", "auth": "none", "enabled": false}},
     "destinations": {
       "crm": {"url": "https://crm.example", "on_revision": "skip"}, "archive": {"url": "https://archive.example"},
       "off": {"url": "https://off.example", "enabled": false}, "paused": {"url": "https://paused.example", "paused": true}},
     "rules": [
       {"name": "disabled", "send_to": ["archive"], "enabled": false},
       {"name": "first", "when": {"call": {"status": "missed"}}, "send_to": ["crm", "crm", "off"]},
       {"name": "second", "when": {"kind": "cdr"}, "send_to": ["paused", "crm"]},
       {"name": "stop", "when": {"source": "on"}, "send_to": [], "stop": true},
       {"name": "last", "send_to": ["archive"]}]}
    """

  @Test func matchingRulesApplyInFileOrderUntilOneSaysStop() throws {
    let file = try parseRules(text)
    let missed = try makeRecord(source: "x") { $0.status = .missed }
    #expect(
      file.route(missed) == [
        Route(destination: "crm", rule: "first", skipsRevisions: true), Route(destination: "paused", rule: "second"),
        Route(destination: "archive", rule: "last"),
      ])
    #expect(file.matchedRules(missed) == ["first", "second", "last"])
    let stopped = try makeRecord(source: "on", kind: .live)
    #expect(file.route(stopped) == [])
    #expect(file.matchedRules(stopped) == ["stop"])
  }

  @Test func explanationsSayWhichClauseFailedAndWhatItSaw() throws {
    let file = try parseRules(text)
    #expect(
      file.explain(try makeRecord(source: "on") { $0.status = .busy }).map(\.description) == [
        "disabled: disabled", #"first: call.status: expected "missed", found "busy""#, "second: matched",
        "stop: matched",
        "last: not reached, since stop said stop",
      ])
  }

  @Test(arguments: [
    (#"{"body": {"custom": {"crm": "true"}}}"#, #"body.custom: expected an object with crm "true", found missing"#),
    (#"{"body": {"a": {"b": 1}}}"#, "body.a.b: expected 1, found 2"),
    (#"{"body": {"a": {"x": 1}}}"#, "body.a.x: expected 1, found missing"),
    (#"{"body": {"l": 9}}"#, "body.l: expected 9, found [1,2]"),
    (#"{"body": {"l": [1, 9]}}"#, "body.l: expected a list that holds 1 and 9, found [1,2]"),
    (#"{"body": {"a": {"b": {"$gt": 2, "$lt": 9}}}}"#, "body.a.b: expected $gt 2, found 2"),
    (#"{"body": {"a": {"$exist": false}}}"#, #"body.a: expected no such key, found {"b":2}"#),
    (#"{"$not": {"body": {"a": {"b": 2}}}}"#, "body.a.b: expected not (2), found 2"),
    (
      #"{"$not": {"body": {"a": {"b": 2}}, "call": {"role": "live"}}}"#,
      #"record: expected not (body.a.b 2 and call.role "live"), found body.a.b 2, call.role "live""#
    ),
    (#"{"body": {"a": {"b": {"$number": {"$gt": 2}}}}}"#, "body.a.b: expected as a number $gt 2, found 2"),
    (#"{"headers": {"x-a": {"$ieq": "B"}}}"#, #"headers.x-a: expected $ieq "B", found "a""#),
    (
      #"{"headers": {"x-a": {"$phone": {"country": "FR"}}}}"#,
      #"headers.x-a: expected $phone {"country":"FR"}, found "a""#
    ),
    (
      #"{"body": {"a": {"b": {"$time": {"to": "12:00", "days": "fri"}}}}}"#,
      #"body.a.b: expected $time {"to":"12:00","days":"fri"}, found 2 (Thu 00:00 in UTC)"#
    ),
    (#"{"body": {"a": {"b": {"$not": 2}}}}"#, "body.a.b: expected not (2), found 2"),
    (#"{"call": {"role": {"$or": ["call", "leg"]}}}"#, #"call.role: expected "call" or "leg", found "live""#),
    (
      #"{"$or": [{"call": {"role": "leg"}}, {"body": {"x": 1}}]}"#,
      #"record: expected call.role "leg" or body.x 1, found call.role "live", body.x missing"#
    ),
    (#"{"headers": {"X-A": {"$regex": "^b"}}}"#, #"headers.x-a: expected $regex "^b", found "a""#),
    (#"{"query": {"q": {"$in": ["a", 1]}}}"#, #"query.q: expected $in ["a",1], found missing"#),
    (#"{"body": {"long": "x"}}"#, #"body.long: expected "x", found ""# + String(repeating: "y", count: 78) + "…"),
  ])
  func failedClauses(filter: String, expected: String) throws {
    let body = #"{"a": {"b": 2}, "l": [1, 2], "long": "\#(String(repeating: "y", count: 200))"}"#
    let record = try makeRecord(body: body, headers: [("X-A", "a")]) { $0.role = .live }
    #expect(try parseRules(ruleFile(when: filter)).explain(record).map(\.description) == ["r: " + expected])
  }

  @Test func everyClauseIsTold() throws {
    let filter = #"""
      {"call": {"role": "call", "answered_seconds": {"$gte": 5, "$lt": 60}}, "$or": [{"source": "callr"}, {"body": {"a": 1}}],
       "$not": {"kind": "live"}}
      """#
    let record = try makeRecord(body: #"{"a": 2}"#) {
      $0.role = .call
      $0.answeredSeconds = 90
    }
    let explanation = try parseRules(ruleFile(when: filter)).explain(record)[0]
    #expect(
      explanation.description == #"r: record: expected source "callr" or body.a 1, found source "telecmi", body.a 2"#)
    #expect(
      explanation.lines == [
        #"no   record: expected source "callr" or body.a 1, found source "telecmi", body.a 2"#,
        #"yes  kind: expected not ("live"), found "cdr""#,
        #"yes  call.role: expected "call", found "call""#,
        "yes  call.answered_seconds: expected $gte 5, found 90",
        "no   call.answered_seconds: expected $lt 60, found 90",
      ])
    #expect(
      explanation.json["clauses"]?.array?.map { $0["holds"] } == [
        .bool(false), .bool(true), .bool(true), .bool(true), .bool(false),
      ])
  }

  @Test(arguments: [
    (#"{"source": "telecmi"}"#, true), (#"{"source": {"$in": ["callr"]}}"#, false), (#"{"provider": "telecmi"}"#, true),
    (#"{"kind": "cdr"}"#, true), (#"{"kind": {"$neq": "live"}}"#, true),
    (#"{"call": {"answered_seconds": {"$gte": 11}}}"#, true),
    (#"{"call": {"answered_seconds": 11.0}}"#, true), (#"{"call": {"team": {"$exist": false}}}"#, true),
    (#"{"call": {"started_at": {"$gt": "2025-10-01"}}}"#, true), (#"{"call": {"custom": {"crm": "true"}}}"#, true),
    (#"{"call": {}}"#, true), (#"{"headers": {"User-AGENT": {"$startsWith": "Tele"}}}"#, true),
    (#"{"headers": {"x-a": "2"}}"#, true),
    (#"{"headers": {"x-a": {"$eq": ["1", "2"]}}}"#, true), (#"{"headers": {"x-b": {"$exist": true}}}"#, false),
    (#"{"query": {"q": "2"}}"#, true), (#"{"query": {"q": "1"}}"#, false), (#"{"query": {"$eq": {"q": "2"}}}"#, true),
    (#"{"call": {"$exist": true}}"#, true), (#"{"$and": [{"source": "telecmi"}, {"$not": {"kind": "live"}}]}"#, true),
    (#"{"body": {"$eq": {}}}"#, true), ("{}", true),
  ])
  func everyPartOfARecordCanBeMatched(filter: String, expected: Bool) throws {
    let record = try makeRecord(
      headers: [("User-Agent", "TeleCMI"), ("x-a", "1"), ("x-a", "2")], query: [("q", "1"), ("q", "2")]
    ) {
      $0.answeredSeconds = 11
      $0.startedAt = Instant(milliseconds: 1_759_309_200_000)
      $0.custom = JSONView(.object(["crm": .string("true")]))
    }
    #expect(try parseRules(ruleFile(when: filter)).rules[0].matches(record) == expected)
  }

  @Test func lookups() throws {
    let file = try parseRules(text)
    #expect(file.source(named: "on")?.name == "on")
    #expect(file.source(named: "off") == nil && file.source(named: "nobody") == nil)
    #expect(file.sources.map(\.name) == ["on", "off"])
    #expect(file.destination(named: "off")?.isHeld == true && file.destination(named: "paused")?.isHeld == true)
    #expect(file.destination(named: "crm")?.isHeld == false)
  }

  @Test(arguments: [
    (
      #"{"call": {"status": "answerd"}}"#,
      "call.status: never matches: call.status is never \"answerd\"; did you mean answered?"
    ),
    (
      #"{"call": {"role": {"$in": ["call", "bee"]}}}"#,
      "call.role.$in[1]: never matches: call.role is call, leg, agent_missed or live, never \"bee\""
    ),
    (
      #"{"call": {"answered_seconds": "5"}}"#,
      "call.answered_seconds: never matches: call.answered_seconds is an integer, never \"5\""
    ),
    (
      #"{"call": {"answered_seconds": {"$gt": "5"}}}"#,
      "call.answered_seconds.$gt: never matches: call.answered_seconds is an integer, never a text"
    ),
    (#"{"call": {"id": 5}}"#, "call.id: never matches: call.id is text, never a number"),
    (
      #"{"call": {"id": {"$startsWith": "a", "$lt": 5}}}"#,
      "call.id.$lt: never matches: call.id is text, never a number"
    ),
    (#"{"call": {"id": {"x": 1}}}"#, "call.id: never matches: call.id is no object"),
    (#"{"call": {"id": ["x"]}}"#, "call.id: never matches: call.id is no list"),
    (#"{"call": "x"}"#, "call: never matches: it is an object"),
    (#"{"source": "telcmi"}"#, "source: never matches: source is never \"telcmi\"; did you mean telecmi?"),
    (#"{"kind": {"$eq": "event"}}"#, "kind.$eq: never matches: kind is cdr or live, never \"event\""),
    (#"{"headers": {"x": 1}}"#, "headers.x: never matches: headers.x is text, never a number"),
    (#"{"body": {"a": {"$in": []}}}"#, "body.a.$in: never matches: the list is empty"),
    (#"{"$or": []}"#, "$or: never matches: the list is empty"),
  ])
  func operandsThatNeverMatchAreWarnedOf(filter: String, sentence: String) throws {
    #expect(try warnings(ruleFile(when: filter)) == ["rules.json: rules[0].when.\(sentence)"])
  }

  @Test func unusedDestinationsAreWarnedOf() throws {
    #expect(
      try warnings(#"{"destinations": {"crm": {"url": "https://x.example"}}}"#) == [
        "rules.json: destinations.crm: no rule sends anything to it"
      ])
  }

  @Test func theExampleUsesEveryKeyAndPasses() throws {
    let path = #filePath.replacing("Tests/RulesTests/RoutingTests.swift", with: "rules.example.json")
    let file = try RuleFile.load(path: path, secrets: SecretsResolver(mode: .unresolved, environment: [:]))
    #expect(file.warnings.map(\.description) == [])
    let keys =
      RelaySettings.keys + ReceiverLimits.Name.allCases.map(\.rawValue) + Source.keys + KeepRefused.keys
      + ExpectedTraffic.keys + AlertSettings.keys
      + Destination.keys + Lookup.keys + Capture.keys + Capture.updateKeys + Lookup.keys + Capture.keys
      + DestinationAuth.keys + OAuth2.keys + TLSSettings.keys
      + RetryPolicy.keys + AnswerRule.keys
      + Rule.keys + TimeFilter.keys + PhoneFilter.keys + RuleTest.keys + ["tables", "tests"]
      + [
        "token", "basic", "user", "password", "name", "value", "hmac", "secret", "header", "algorithm", "encoding",
        "allow_from",
        "any_of",
      ]
      + ["enabled", "note"]
    // `run` and `url` exclude each other.
    for key in keys where key != "run" && key != "environment" { #expect(file.text.contains("\"\(key)\":"), "\(key)") }
    for filter in TemplateFilter.names { #expect(file.text.contains("| \(filter)"), "\(filter)") }
    for name in ["$ieq", "$number", "$time", "$phone", "$if"] { #expect(file.text.contains("\"\(name)\":"), "\(name)") }
    let record = try makeRecord(body: #"{"custom": {"crm": "true"}}"#) {
      $0.role = .call
      $0.status = .answered
      $0.answeredSeconds = 6
    }
    #expect(file.matchedRules(record) == ["crm calls", "billable calls", "all"])
  }
}
