import HTTPTypes
import RelayCore
import Testing

@testable import Rules

@Suite struct TemplateTests {
  private let body =
    #"{"n": 5, "big": 9223372036854775807, "s": "a \"b\"\n/é", "t": true, "z": null, "list": [1, {"x": "y"}], "num": "12.50", "odd key": 1, "2": "two"}"#

  private func input(masks: Bool = false) throws -> RenderInput {
    let record = try makeRecord(
      body: body, headers: [("User-Agent", "TeleCMI"), ("x-a", "1"), ("x-a", "2")], query: [("q", "1"), ("q", "2")]
    ) {
      $0.id = "c/1"
      $0.answeredSeconds = 11
      $0.startedAt = Instant(milliseconds: 1_759_309_200_000)
      $0.custom = JSONView(.object(["crm": .string("true")]))
    }
    return RenderInput(
      record: RawRecord(
        body: Array(body.utf8), contentType: "text/plain", headers: HTTPHeaders(), query: FormFields()),
      reading: record, recordID: Identifier(42), receivedAt: Instant(milliseconds: 1_759_309_200_123), revision: 1,
      deliveryID: Identifier(77), attempt: 3, rule: "all", masksSecrets: masks)
  }

  private func destination(_ text: String, _ secrets: [String: String] = [:]) throws -> Destination {
    try #require(try parseRules(ruleFile(destination: text), makeResolver(secrets)).destination(named: "crm"))
  }

  /// What a body of this one text renders to, as JSON.
  private func rendered(_ template: String) throws -> String {
    let literal = JSON.string(template).text
    let destination = try destination(#"{"url": "https://x.example", "body": \#(literal)}"#)
    return String(decoding: try destination.render(input()).body, as: UTF8.self)
  }

  @Test(arguments: [
    ("{{body.n}}", "5"), ("{{ body.n }}", "5"), ("n={{body.n}}", #""n=5""#), ("{{body.big}}", "9223372036854775807"),
    ("{{body.t}}", "true"), ("{{body.z}}", "null"), ("{{body.missing}}", "null"),
    ("<{{body.missing}}{{body.z}}>", #""<>""#),
    ("{{body.list}}", #"[1,{"x":"y"}]"#), ("l: {{body.list}}", #""l: [1,{\"x\":\"y\"}]""#),
    ("{{body.list[1].x}}", #""y""#),
    ("{{body.list.0}}", "1"), ("{{body.list[7]}}", "null"), (#"{{body["odd key"]}}"#, "1"), ("{{body.2}}", #""two""#),
    ("{{body.s}}", #""a \"b\"\n/é""#), ("{{call.id}}", #""c/1""#), ("{{call.answered_seconds}}", "11"),
    ("{{call.started_at}}", #""2025-10-01T09:00:00.000Z""#), ("{{call.custom.crm}}", #""true""#),
    ("{{call.agent}}", "null"),
    (
      "{{call}}", #"{"id":"c/1","started_at":"2025-10-01T09:00:00.000Z","answered_seconds":11,"custom":{"crm":"true"}}"#
    ),
    ("{{headers.user-agent}}", #""TeleCMI""#), ("{{headers.User-Agent}}", #""TeleCMI""#),
    ("{{headers.x-a}}", #"["1","2"]"#),
    ("{{query.q}}", #""2""#), ("{{source}}/{{provider}}/{{kind}}", #""telecmi/telecmi/cdr""#),
    ("{{record.id}}", #""42""#),
    ("{{record.received_at}}", #""2025-10-01T09:00:00.123Z""#), ("{{record.revision}}", "1"),
    ("{{delivery.id}}", #""77""#),
    ("{{delivery.attempt}}", "3"), ("{{rule}} {{destination}}", #""all crm""#), ("{{body.missing | default: 0}}", "0"),
    ("{{body.missing | default: nobody}}", #""nobody""#), (#"{{body.missing | default: "a | b }}"}}"#, #""a | b }}""#),
    ("{{body.z | default: x}}", #""x""#), ("{{body.n | default: 7}}", "5"), ("{{body.n | string}}", #""5""#),
    ("{{body.missing | string}}", "null"), ("{{body.num | number}}", "12.50"), ("{{body.s | number}}", "null"),
    ("{{body.s | number | default: 1}}", "1"), ("{{body.list | json}}", #""[1,{\"x\":\"y\"}]""#),
    ("{{body.n | required}}", "5"),
    ("$${x} { } }}", #""${x} { } }}""#), ("plain", #""plain""#),
  ])
  func rendersValues(template: String, expected: String) throws {
    #expect(try rendered(template) == expected)
  }

  @Test func aBodyKeepsItsShape() throws {
    let destination = try destination(
      #"{"url": "https://x.example", "body": {"a": [1, "{{body.n}}", {"b": null, "c": "x{{body.t}}"}], "d": 1.50}}"#)
    let request = try destination.render(input())
    #expect(String(decoding: request.body, as: UTF8.self) == #"{"a":[1,5,{"b":null,"c":"xtrue"}],"d":1.50}"#)
    #expect(request.contentType == "application/json")
    #expect(destination.needsRecord)
  }

  @Test func withoutABodyTheRecordGoesByteForByte() throws {
    let destination = try destination(#"{"url": "https://x.example/{{delivery.id}}"}"#)
    var input = try input()
    input.reading = nil
    #expect(!destination.needsRecord)
    let request = try destination.render(input)
    #expect(
      request
        == RenderedRequest(
          method: "POST", url: "https://x.example/77", headers: [], body: Array(body.utf8), contentType: "text/plain"))
  }

  @Test func getSendsNoBody() throws {
    let request = try destination(#"{"url": "https://x.example/?q={{body.n}}", "method": "GET"}"#).render(input())
    #expect(
      request == RenderedRequest(method: "GET", url: "https://x.example/?q=5", headers: [], body: [], contentType: nil))
  }

  @Test func headersAreRendered() throws {
    let request = try destination(
      #"{"url": "https://x.example", "headers": {"Authorization": "Bearer ${T}", "X-Call": "{{call.id}}", "Content-Type": "text/x"}}"#,
      ["T": "hunter2"]
    ).render(input())
    #expect(request.headers.map(\.name) == ["authorization", "x-call"])
    #expect(request.headers.map(\.value) == ["Bearer hunter2", "c/1"])
    #expect(request.contentType == "text/x")
  }

  @Test func secretsCanBeMasked() throws {
    let request = try destination(
      #"{"url": "https://x.example/${T}", "headers": {"a": "Bearer ${T}"}, "body": {"k": "${T}", "v": "{{body.n}}"}}"#,
      ["T": "hunter2"]
    ).render(input(masks: true))
    #expect(request.url == "https://x.example/•••")
    #expect(request.headers.map(\.value) == ["Bearer •••"])
    #expect(String(decoding: request.body, as: UTF8.self) == #"{"k":"•••","v":5}"#)
  }

  /// A value can't leave the place it was put in, nor can a secret become a placeholder.
  @Test func urlsAreEncoded() throws {
    let request = try destination(
      #"{"url": "https://x.example/{{call.id}}/{{body.missing}}?s={{body.s}}&k=${T}"}"#, ["T": "%7B"]
    )
    .render(input())
    #expect(request.url == "https://x.example/c%2F1/?s=a%20%22b%22%0A%2F%C3%A9&k=%7B")
    let body = try destination(#"{"url": "https://x.example", "body": "${T}"}"#, ["T": "{{call.id}}"]).render(input())
      .body
    #expect(String(decoding: body, as: UTF8.self) == #""{{call.id}}""#)
  }

  @Test func errorsNameThePathInTheRuleFile() throws {
    func error(_ text: String, hasReading: Bool = true) throws -> String? {
      var input = try input()
      if !hasReading { input.reading = nil }
      do throws(TemplateError) {
        _ = try destination(text).render(input)
        return nil
      } catch {
        return error.description
      }
    }
    func destination(_ text: String) throws(TemplateError) -> Destination {
      do { return try self.destination(text) } catch { throw TemplateError(path: "test", message: "\(error)") }
    }
    #expect(
      try error(#"{"url": "https://x.example", "body": {"a": [{"b": "{{call.agent | required}}"}]}}"#)
        == "destinations.crm.body.a[0].b: call.agent is required, but the record has none")
    #expect(
      try error(#"{"url": "https://x.example", "body": "{{body.z | required}}"}"#)
        == "destinations.crm.body: body.z is required, but the record has none")
    #expect(
      try error(#"{"url": "https://x.example", "headers": {"x-s": "{{body.s}}"}}"#)
        == "destinations.crm.headers.x-s: a value holds a line break or another control character")
    #expect(
      try error(#"{"url": "https://x.example/{{body.missing | default: ..}}/x"}"#)
        == "destinations.crm.url: a value of . or .. would lead to another path of the destination")
    #expect(
      try error(#"{"url": "https://x.example", "body": "{{call.id}}"}"#, hasReading: false)
        == "destinations.crm.body: call.id: the record can't be read")
  }
}
