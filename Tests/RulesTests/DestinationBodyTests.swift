import HTTPTypes
import RelayCore
import Testing

@testable import Rules

/// What becomes of a body: `content_type`, `omit_empty`, `drop` and `"body": "call"`.
@Suite struct DestinationBodyTests {
  private let body =
    #"{"a": 1, "balance": 12.50, "empty": "", "custom": "{\"secret\": 1, \"crm\": \"true\"}", "list": [{"x": 1, "y": 2}, {"x": 3}], "big": 9223372036854775807}"#

  private func render(_ destination: String, _ change: (inout RenderInput) -> Void = { _ in }) throws -> RenderedRequest
  {
    let destination = try #require(
      try parseRules(ruleFile(destination: #"{"url": "https://x.example", \#(destination)}"#)).destination(named: "crm")
    )
    var input = try makeInput(body: body)
    change(&input)
    return try destination.render(input)
  }

  private func text(_ destination: String) throws -> String {
    String(decoding: try render(destination).body, as: UTF8.self)
  }

  @Test func aFormIsMadeOfAnObject() throws {
    let request = try render(
      #""content_type": "form", "body": {"id": "{{call.id}}", "t": "a b&c=d+é", "n": "{{body.missing}}", "l": [1, "x"], "o": {"k&": {"z": true}}}"#
    )
    #expect(
      String(decoding: request.body, as: UTF8.self)
        == "id=c%2F1&t=a%20b%26c%3Dd%2B%C3%A9&n=&l=1&l=x&o%5Bk%26%5D%5Bz%5D=true")
    #expect(request.contentType == "application/x-www-form-urlencoded")
    #expect(try text(#""content_type": "form", "body": "call""#).hasPrefix("id=c%2F1&"))
  }

  @Test func aContentTypeOfOnesOwnStays() throws {
    let request = try render(
      #""content_type": "form", "headers": {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}, "body": {"a": 1}"#
    )
    #expect(request.contentType == "application/x-www-form-urlencoded; charset=UTF-8")
    #expect(try render(#""content_type": "json", "body": {"a": 1}"#).contentType == "application/json")
  }

  @Test func emptyFieldsAreLeftOutWhereAsked() throws {
    let fields =
      #""body": {"a": "{{body.missing}}", "b": "{{body.empty}}", "c": "x{{body.missing}}", "d": null, "e": "", "f": {"g": "{{call.agent}}"}, "h": {}, "i": [null, "{{body.missing}}"], "j": false, "k": "{{body.a}}"}"#
    #expect(try text(fields).hasPrefix(#"{"a":null,"b":"","c":"x","d":null,"#))
    #expect(
      try text(#""omit_empty": true, \#(fields)"#)
        == #"{"c":"x","d":null,"e":"","h":{},"i":[null,null],"j":false,"k":1}"#)
    #expect(
      try text(#""omit_empty": true, "content_type": "form", "body": {"a": "{{body.missing}}", "b": 1}"#) == "b=1")
    #expect(try text(#""omit_empty": true, "body": {"a": "{{body.missing}}"}"#) == "{}")
  }

  @Test func aBodyCanBeTheCall() throws {
    let request = try render(#""body": "call""#)
    #expect(
      String(decoding: request.body, as: UTF8.self)
        == #"{"id":"c/1","started_at":"2025-10-01T09:00:00.000Z","answered_seconds":11,"custom":{"secret":1,"crm":"true"}}"#
    )
    #expect(request.contentType == "application/json")
    #expect(throws: TemplateError(path: "destinations.crm.body", message: "call: the record can't be read")) {
      try render(#""body": "call""#) { $0.reading = nil }
    }
  }

  @Test func theSchemaNamesEveryFieldOfTheCall() throws {
    let properties = try #require(Call.schema["properties"]?.object)
    #expect(properties.members.map(\.key) == CallField.allCases.map(\.rawValue))
    #expect(properties["status"]?["enum"]?.array?.contains(.string("missed")) == true)
  }

  @Test func droppedFieldsAreNotInTheRecordThatGoesOn() throws {
    #expect(
      try text(#""drop": ["body.balance", "body.custom.secret", "body.list.x", "body.missing.y"]"#)
        == #"{"a":1,"empty":"","custom":"{\"crm\":\"true\"}","list":[{"y":2},{}],"big":9223372036854775807}"#)
    #expect(try text(#""drop": ["body.list[0]"]"#).contains(#""list":[{"x":3}]"#))
    #expect(try render(#""drop": ["body.balance"]"#).contentType == "text/plain")
    // Nothing of the body is named: it goes byte for byte.
    #expect(try text(#""drop": ["call.agent"]"#) == body)
  }

  @Test func noTemplateReachesADroppedField() throws {
    let drop = #""drop": ["body.balance", "body.custom.secret", "call.id", "headers.x-a", "query.q"]"#
    #expect(
      try text(
        #"\#(drop), "body": ["{{body.balance}}", "{{body.custom.secret}}", "{{call.custom}}", "{{call.id}}", "{{headers.x-a}}", "{{query}}"]"#
      )
        == #"[null,null,{"crm":"true"},null,null,{}]"#)
    #expect(
      try text(#"\#(drop), "body": "call""#)
        == #"{"started_at":"2025-10-01T09:00:00.000Z","answered_seconds":11,"custom":{"crm":"true"}}"#)
    #expect(try !text(#"\#(drop), "body": "{{body}}""#).contains("12.50"))
  }

  @Test func formsLoseTheirFieldsToo() throws {
    let request = try render(#""drop": ["body.balance", "body.custom.secret"]"#) {
      let form = "a=1&balance=5&custom=%7B%22secret%22%3A1%7D&b=x+y"
      $0.record = RawRecord(
        body: Array(form.utf8), contentType: "application/x-www-form-urlencoded", headers: HTTPHeaders(),
        query: FormFields())
    }
    #expect(String(decoding: request.body, as: UTF8.self) == "a=1&custom=%7B%7D&b=x%20y")
  }

  /// Rather a dead letter than a leak.
  @Test func whatCannotBeTakenApartIsNotSent() {
    #expect(
      throws: TemplateError(
        path: "destinations.crm.drop", message: "the record can't be read, so nothing can be taken out of it")
    ) {
      try render(#""drop": ["body.balance"]"#) {
        $0.record = RawRecord(body: [0xFF], contentType: nil, headers: HTTPHeaders(), query: FormFields())
        $0.reading = nil
      }
    }
  }

  @Test(arguments: [
    (#""drop": "balance""#, #"drop: expected a list of paths such as "body.balance", found "balance""#),
    (#""drop": [1]"#, #"drop[0]: expected a path such as "body.balance", found 1"#),
    (#""drop": ["body"]"#, #"drop[0]: expected a field of body, call, headers or query, found "body""#),
    (#""drop": ["rule"]"#, #"drop[0]: expected a field of body, call, headers or query, found "rule""#),
    (#""drop": ["call.idd"]"#, "drop[0]: unknown field call.idd; did you mean id?"),
    (#""content_type": "form""#, "content_type: goes with a body only"),
    (#""omit_empty": true"#, "omit_empty: goes with a body only"),
    (#""content_type": "xml", "body": {}"#, #"content_type: expected json or form, found "xml""#),
    (#""content_type": "form", "body": [1]"#, "body: expected an object, as content_type is form, found a list"),
    (
      #""content_type": "form", "body": "x{{call.id}}""#,
      #"body: expected an object, as content_type is form, found "x{{call.id}}""#
    ),
  ])
  func problemsNameTheirPlace(destination: String, sentence: String) {
    #expect(
      problems(ruleFile(destination: #"{"url": "https://x.example", \#(destination)}"#)) == [
        "rules.json: destinations.crm.\(sentence)"
      ])
  }
}
