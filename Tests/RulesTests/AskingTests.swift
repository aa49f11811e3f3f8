import HTTPTypes
import RelayCore
import Testing

@testable import Rules

/// `lookup`, `capture` and `$if` of a destination: how they are read, and what is rendered from them.
@Suite struct AskingTests {
  private let record = #"{"a": 1, "empty": "", "no": false, "zero": 0, "none": [], "list": [1], "number": "+33 6 39"}"#

  private func destination(_ text: String) throws -> Destination {
    let rules = try parseRules(ruleFile(destination: #"{"url": "https://x.example/calls", \#(text)}"#))
    return try #require(rules.destination(named: "crm"))
  }

  private func body(_ text: String, lookup: JSON? = nil, captured: JSON? = nil) throws -> String {
    var input = try makeInput(body: record)
    input.lookup = lookup
    input.captured = captured
    return String(decoding: try destination(text).render(input).body, as: UTF8.self)
  }

  // MARK: - $if

  @Test(arguments: [
    ("body.a", true), ("body.zero", true), ("body.list", true), ("body.number", true), ("call.id", true),
    ("body.missing", false), ("body.empty", false), ("body.no", false), ("body.none", false),
    ("body.missing | default: x", true),
  ])
  func anObjectWithAConditionIsLeftOut(path: String, isThere: Bool) throws {
    let condition = #""$if": "{{\#(path)}}""#
    #expect(
      try body(#""body": {"m": {\#(condition), "x": 1}, "l": [0, {\#(condition), "x": 1}, 2], "e": 3}"#)
        == (isThere ? #"{"m":{"x":1},"l":[0,{"x":1},2],"e":3}"# : #"{"l":[0,2],"e":3}"#))
  }

  @Test func conditionsStandInsideOfEachOther() throws {
    let text = #""body": {"m": {"$if": "{{body.a}}", "n": {"$if": "{{lookup}}", "id": "{{lookup}}"}}}"#
    let lookup = #""lookup": {"url": "https://x.example/search", "value": "id"}"#
    #expect(try body("\(text), \(lookup)") == #"{"m":{}}"#)
    #expect(try body("\(text), \(lookup)", lookup: .integer(7)) == #"{"m":{"n":{"id":7}}}"#)
    #expect(try body("\(text), \(lookup)", lookup: .string("7")) == #"{"m":{"n":{"id":"7"}}}"#)
  }

  @Test func whatIsLeftOutNeedsNothing() throws {
    #expect(try body(#""body": {"m": {"$if": "{{body.missing}}", "x": "{{body.missing | required}}"}}"#) == "{}")
  }

  // MARK: - lookup

  private let lookup =
    #""lookup": {"url": "https://x.example/search?q={{body.number}}", "headers": {"x-a": "{{call.id}}"}, "value": "results.0.id"}"#

  @Test func theLookupIsARequestOfItsOwnWithTheSameCredentials() throws {
    let destination = try destination(#"\#(lookup), "auth": {"bearer": "${TOKEN}"}, "body": {"id": "{{lookup}}"}"#) {
      makeResolver(["TOKEN": "t0ps3cret"])
    }
    let input = try makeInput(body: record)
    let request = try #require(try destination.renderLookup(input))
    #expect(request.method == "GET")
    #expect(request.url == "https://x.example/search?q=%2B33%206%2039")
    #expect(request.headers.map(\.name) == ["x-a", "authorization"])
    #expect(request.headers.last?.value == "Bearer t0ps3cret")
    #expect(request.body.isEmpty)
    #expect(try destination.render(input).headers.map(\.value) == ["Bearer t0ps3cret"])
    #expect(destination.needsRecord)
    #expect(destination.lookup?.cacheMilliseconds == 3_600_000)
    #expect(destination.lookup?.ifNone == .send)
  }

  private func destination(_ text: String, _ resolver: () -> SecretsResolver) throws -> Destination {
    let rules = try parseRules(ruleFile(destination: #"{"url": "https://x.example/calls", \#(text)}"#), resolver())
    return try #require(rules.destination(named: "crm"))
  }

  @Test func itsValueStandsWhereItIsNamed() throws {
    let text = #"\#(lookup), "headers": {"x-contact": "{{lookup}}"}, "body": {"a": "{{lookup}}", "b": "c/{{lookup}}"}"#
    #expect(
      try body(text, lookup: .integer(9_007_199_254_740_993)) == #"{"a":9007199254740993,"b":"c/9007199254740993"}"#)
    #expect(try body(text) == #"{"a":null,"b":"c/"}"#)
    let owner = #"\#(lookup), "body": {"a": "{{lookup.owner.id}}"}"#
    #expect(try body(owner, lookup: try JSONParser.parse(#"{"owner": {"id": 3}}"#)) == #"{"a":3}"#)
  }

  @Test func aLookupMayPost() throws {
    let destination = try destination(
      #""drop": ["body.a"], "lookup": {"url": "https://x.example/s", "method": "POST", "body": {"n": "{{body.number}}", "a": "{{body.a}}"}, "omit_empty": true, "value": "id"}"#
    )
    let request = try #require(try destination.renderLookup(try makeInput(body: record)))
    #expect(String(decoding: request.body, as: UTF8.self) == #"{"n":"+33 6 39"}"#)
    #expect(request.contentType == "application/json")
  }

  @Test(arguments: [
    ("results.0.id", #"{"results": [{"id": "5"}]}"#, #""5""#), ("results[0].id", #"{"results": [{"id": 5}]}"#, "5"),
    ("0.id", #"[{"id": 5}]"#, "5"), ("a", #"{"a": {"b": 1}}"#, #"{"b":1}"#), ("a", #"{"a": false}"#, "false"),
    ("a", #"{"a": null}"#, nil), ("a", #"{"a": ""}"#, nil), ("a", #"{"a": []}"#, nil), ("a", #"{"a": {}}"#, nil),
    ("a.b", #"{"a": 1}"#, nil), ("a.0", #"{"a": []}"#, nil), ("a", "1", nil), ("a", "[]", nil),
  ])
  func aPathLeadsIntoTheAnswer(path: String, answer: String, value: String?) throws {
    let destination = try destination(#""lookup": {"url": "https://x.example", "value": "\#(path)"}"#)
    #expect(destination.lookup?.value.value(in: try JSONParser.parse(answer))?.text == value)
  }

  @Test(arguments: [
    (#""body": {"a": {"$if": "{{lookup}}", "b": 1}}"#, true, true),
    (#""headers": {"x-a": "{{lookup.id}}"}"#, true, true),
    (#""body": {"a": "{{body.a | or: lookup}}"}"#, true, true), (#""body": {"a": "{{body.a}}"}"#, false, false),
    (#""body": {"a": "{{body.a | only_if: lookup, 5}}"}, "update": {"body": {"b": 1}}"#, true, false),
    (#""body": {"a": [{"b": "{{lookup}}"}]}, "update": {"leave_out": ["a"]}"#, true, false),
    (#""body": {"a": "{{lookup}}"}, "update": {"method": "GET"}"#, true, false),
    (#""body": "call", "update": {"url": "https://x.example/{{captured}}/{{lookup}}"}"#, false, true),
  ])
  func itIsMadeWhereTheRequestUsesIt(request: String, first: Bool, update: Bool) throws {
    let parts = request.components(separatedBy: #", "update": {"#)
    var inner = parts.count == 2 ? String(parts[1].dropLast()) : ""
    if !inner.contains("url") { inner += (inner.isEmpty ? "" : ", ") + #""url": "https://x.example/{{captured}}""# }
    let destination = try destination(
      #"\#(lookup), \#(parts[0]), "capture": {"value": "id", "update": {\#(inner)}}"#)
    var input = try makeInput(body: record)
    #expect(destination.asks(input) == first)
    input.captured = .integer(7)
    #expect(destination.asks(input) == update)
  }

  @Test func withoutAValueThatItRequiresItIsNotMade() throws {
    func lookup(_ filters: String) throws -> RenderedRequest? {
      try destination(
        #""body": {"a": "{{lookup}}"}, "lookup": {"url": "https://x.example/s", "method": "POST", "value": "id", "body": {"n": "{{body.missing\#(filters)}}"}}"#
      ).renderLookup(try makeInput(body: record))
    }
    #expect(try lookup("") != nil)
    #expect(try lookup(" | default: 5 | required") != nil)
    #expect(try lookup(" | required") == nil)
    #expect(try lookup(" | e164 | required") == nil)
  }

  // MARK: - capture

  private let capture = #""capture": {"value": "id", "update": {"url": "https://x.example/calls/{{captured}}"}}"#

  @Test func whatIsKnownOfTheCallIsUpdated() throws {
    let destination = try destination(#"\#(capture), "headers": {"x-a": "1"}, "body": {"a": "{{body.a}}"}"#)
    var input = try makeInput(body: record)
    let first = try destination.render(input)
    #expect((first.method, first.url) == ("POST", "https://x.example/calls"))
    input.captured = .string("4/2")
    let next = try destination.render(input)
    #expect((next.method, next.url) == ("PATCH", "https://x.example/calls/4%2F2"))
    #expect(next.body == first.body)
    #expect(next.contentType == "application/json")
    #expect(next.headers.map(\.name) == ["x-a"])
    #expect(destination.order == .perCall)
  }

  @Test func anUpdateMayBeAnotherRequest() throws {
    let destination = try destination(
      #""body": {"a": 1}, "omit_empty": true, "capture": {"value": "id", "update": {"method": "PUT", "url": "https://x.example/calls", "headers": {"x-b": "2"}, "body": {"id": "{{captured}}", "n": "{{body.missing}}"}, "omit_empty": false}}"#
    )
    var input = try makeInput(body: record)
    input.captured = .integer(42)
    let next = try destination.render(input)
    #expect((next.method, next.url) == ("PUT", "https://x.example/calls"))
    #expect(String(decoding: next.body, as: UTF8.self) == #"{"id":42,"n":null}"#)
    #expect(next.headers.map(\.name) == ["x-b"])
  }

  @Test(arguments: [
    (#"{"id": "5"}"#, #""5""#), (#"{"id": 5}"#, "5"), (#"{"id": true}"#, nil), (#"{"id": {"x": 1}}"#, nil),
    (#"{"id": ""}"#, nil), ("{}", nil), ("[]", nil),
    (#"{"id": "\#(String(repeating: "x", count: 1022))"}"#, "\"\(String(repeating: "x", count: 1022))\""),
    (#"{"id": "\#(String(repeating: "x", count: 1023))"}"#, nil),
  ])
  func textsAndNumbersAreKept(answer: String, value: String?) throws {
    #expect(try destination(capture).capture?.value(of: try JSONParser.parse(answer))?.text == value)
  }

  // MARK: - Problems

  @Test(arguments: [
    (#""body": {"a": "{{lookup}}"}"#, #"body.a: there is no lookup here; write "lookup" beside the destination's url"#),
    (#""body": {"a": "{{captured}}"}"#, "body.a: captured is known in capture.update only"),
    (#""headers": {"a": "{{captured}}"}"#, "headers.a: captured is known in capture.update only"),
    (
      #""lookup": {"url": "https://x.example/{{lookup}}", "value": "id"}"#,
      "lookup.url: lookup is what this request asks for, so it can't hold it"
    ),
    (#""lookup": {"value": "id"}"#, "lookup.url: missing; expected an absolute http or https url"),
    (
      #""lookup": {"url": "https://x.example"}"#,
      #"lookup.value: missing; expected a path into the answer such as "results.0.id""#
    ),
    (
      #""lookup": {"url": "https://x.example", "value": 1}"#,
      #"lookup.value: expected a path into the answer such as "results.0.id", found 1"#
    ),
    (
      #""lookup": {"url": "https://x.example", "value": "a..b"}"#,
      #"lookup.value: expected a path into the answer such as "results.0.id", found "a..b""#
    ),
    (
      #""lookup": {"url": "https://x.example", "value": "id", "if_none": "dead"}"#,
      #"lookup.if_none: expected send or dead_letter, found "dead"; did you mean dead_letter?"#
    ),
    (
      #""lookup": {"url": "https://x.example", "value": "id", "cache_seconds": 86401}"#,
      "lookup.cache_seconds: expected a number from 0 to 86400, found 86401"
    ),
    (
      #""lookup": {"url": "https://x.example", "value": "id", "method": "POST"}"#,
      "lookup: a POST request that asks for something needs a body"
    ),
    (
      #""lookup": {"url": "https://x.example", "value": "id", "body": {}}"#,
      "lookup.body: a GET request has no body; put the values in the url"
    ),
    (
      #""lookup": {"url": "http://127.0.0.1/", "value": "id"}"#,
      "lookup.url: 127.0.0.1 is a loopback, private or link-local address; write \"allow_private\": true beside the destination if that is meant"
    ),
    (
      #""auth": {"bearer": "${T}"}, "lookup": {"url": "https://x.example", "value": "id", "headers": {"authorization": "${T}"}}"#,
      "auth: sets authorization, which stands in headers too; remove one of them"
    ),
    (
      #""capture": {"update": {"url": "https://x.example/{{captured}}"}}"#,
      #"capture.value: missing; expected a path into the answer such as "id""#
    ),
    (
      #""capture": {"value": "id"}"#,
      "capture.update: missing; expected an object with the url of what the first delivery made"
    ),
    (
      #""capture": {"value": "id", "update": {}}"#,
      "capture.update.url: missing; expected an absolute http or https url"
    ),
    (
      #""order": "any", "capture": {"value": "id", "update": {"url": "https://x.example/{{captured}}"}}"#,
      "order: capture needs per_call: the first delivery of a call must be over before the next"
    ),
    (
      #""body": {"$if": "{{call.id}}", "a": 1}"#,
      "body.$if: can't leave out the body itself; write it into an object inside"
    ),
    (
      #""body": {"a": {"$if": "x{{call.id}}"}}"#,
      #"body.a.$if: expected a single placeholder such as "{{lookup}}", found "x{{call.id}}""#
    ),
    (
      #""body": {"a": {"$if": true}}"#,
      #"body.a.$if: expected a single placeholder such as "{{lookup}}", found true"#
    ),
  ])
  func problemsNameTheirPlace(text: String, sentence: String) {
    #expect(
      problems(ruleFile(destination: #"{"url": "https://x.example", \#(text)}"#), makeResolver(["T": "t0ps3cret"]))
        == ["rules.json: destinations.crm.\(sentence)"])
  }

  @Test func whatIsOddIsAWarning() throws {
    #expect(
      try warnings(
        ruleFile(
          destination:
            #"{"url": "https://x.example", "capture": {"value": "id", "update": {"url": "https://y.example"}}, "lookup": {"url": "https://x.example:8443", "value": "id"}}"#
        )) == [
          "rules.json: destinations.crm.capture.update: makes no use of {{captured}}, so that nothing says what is to be updated",
          "rules.json: destinations.crm.lookup: is never made, since nothing of this destination uses {{lookup}}",
          "rules.json: destinations.crm.lookup: goes to https://x.example:8443 with the credentials of this destination, which is https://x.example",
          "rules.json: destinations.crm.capture: goes to https://y.example with the credentials of this destination, which is https://x.example",
        ])
  }

  /// Switched off, they are read all the same, and their secrets need not be there.
  @Test func bothCanBeSwitchedOff() throws {
    let destination = try destination(
      #""body": {"a": "{{lookup}}"}, "lookup": {"enabled": false, "url": "https://x.example/${NONE}", "value": "id"}, "capture": {"enabled": false, "value": "id", "update": {"url": "https://x.example/{{captured}}"}}"#
    )
    #expect(destination.lookup == nil)
    #expect(destination.capture == nil)
    #expect(destination.order == .any)
  }

  @Test func whatTheyCarryIsHiddenInAnswers() throws {
    let destination = try destination(
      #""lookup": {"url": "https://x.example/?key=${A}", "value": "id"}, "capture": {"value": "id", "update": {"url": "https://x.example/{{captured}}?k=${B}"}}"#
    ) { makeResolver(["A": "lookupsecret", "B": "updatesecret"]) }
    #expect(destination.sentSecrets.map(\.revealed) == ["lookupsecret", "updatesecret"])
  }
}
