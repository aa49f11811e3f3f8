import RelayCore
import Testing

@testable import Rules

/// Each filter by its documented example and at its edges, as the JSON that a lone placeholder becomes.
@Suite struct TemplateFilterTests {
  private static let body = """
    {"n": 125, "f": 12.345, "neg": -2.5, "big": 9223372036854775807, "huge": 1e400, "text": "12.50", "s": "Zoë O'Neil",
     "empty": "", "null": null, "bool": true, "list": [1, "a"], "object": {"k": "v"}, "agent": "101", "phone": "06 39 98 00 42",
     "at": "2025-10-26T00:30:00.250Z", "seconds": 3725, "ms": 1759309200000, "emoji": "a👨‍👩‍👧b", "zero": "007"}
    """

  private static func rendered(_ template: String, relay: String = "{}") throws -> String {
    let text = """
      {"relay": \(relay),
       "tables": {"owners": {"101": 7, "Zoë O'Neil": {"id": 8}, "true": "yes", "12.345": null}, "other": {}},
       "destinations": {"crm": {"url": "https://x.example", "body": \(JSON.string(template).text)}},
       "rules": [{"name": "all", "send_to": ["crm"]}]}
      """
    let destination = try #require(try parseRules(text).destination(named: "crm"))
    return String(decoding: try destination.render(try makeInput(body: body)).body, as: UTF8.self)
  }

  private func check(_ template: String, _ expected: String) throws {
    #expect(try Self.rendered(template) == expected, "\(template)")
  }

  @Test(arguments: [
    ("{{body.n | times: 3}}", "375"), ("{{body.f | times: 1000}}", "12345"), ("{{body.text | times: 0.1}}", "1.25"),
    ("{{body.neg | times: 2}}", "-5"), ("{{body.big | times: 10}}", "92233720368547758070"),
    ("{{body.huge | times: 2}}", "null"),
    ("{{body.s | times: 2}}", "null"), ("{{body.missing | times: 2 | default: 0}}", "0"),
    ("{{body.list | times: 2}}", "null"),
    ("{{body.n | divided_by: 60}}", "2.0833333333"), ("{{body.n | divided_by: 5}}", "25"),
    ("{{body.neg | divided_by: 0.5}}", "-5"),
    ("{{body.n | divided_by: 1e-3}}", "125000"), ("{{body.bool | divided_by: 2}}", "null"),
    ("{{body.f | round: 2}}", "12.35"), ("{{body.f | round}}", "12"), ("{{body.neg | round}}", "-3"),
    ("{{body.neg | round: 0, down}}", "-2"), ("{{body.neg | round: 0, up}}", "-3"),
    ("{{body.n | divided_by: 60 | round: 0, up}}", "3"), ("{{body.n | round: 3}}", "125"),
    ("{{body.text | round: 5}}", "12.5"),
    ("{{body.big | round: 20}}", "9223372036854775807"),
    ("{{body.missing | or: body.n}}", "125"), ("{{body.null | or: body.n | times: 2}}", "250"),
    ("{{body.n | or: body.f}}", "125"), ("{{body.missing | or: body.gone | or: body.null | or: body.f}}", "12.345"),
    ("{{body.missing | or: body.gone}}", "null"), ("{{body.missing | or: body.empty}}", #""""#),
    ("{{body.n | only_if: body.agent, 101}}", "125"), ("{{body.n | only_if: body.agent, 102, 103}}", "null"),
    ("{{body.n | only_if: body.s, x, \"Zoë O'Neil\"}}", "125"), ("{{body.n | only_if: body.missing, x}}", "null"),
    ("{{body.n | only_if: body.bool, true}}", "125"), ("{{body.missing | only_if: body.bool, true}}", "null"),
    ("{{body.zero | number}}", "7"), ("{{body.text | number}}", "12.50"), ("{{body.empty | number}}", "null"),
    ("{{body.bool | string}}", #""true""#), ("{{body.f | string}}", #""12.345""#), ("{{body.null | string}}", "null"),
  ])
  func numbers(template: String, expected: String) throws { try check(template, expected) }

  @Test(arguments: [
    ("{{body.at | date: iso}}", #""2025-10-26T00:30:00.250Z""#),
    ("{{body.at | date: iso, Europe/Paris}}", #""2025-10-26T02:30:00.250+02:00""#),
    ("{{body.at | date: unix}}", "1761438600"), ("{{body.at | date: unix_ms}}", "1761438600250"),
    ("{{body.at | date: yyyy-MM-dd HH:mm:ss, Europe/Paris}}", #""2025-10-26 02:30:00""#),
    // An hour later the clocks were put back, and show the same.
    (#"{{body.at | date: "yyyy-MM-dd'T'HH:mm:ss.SSSxxx", America/New_York}}"#, #""2025-10-25T20:30:00.250-04:00""#),
    (#"{{body.at | date: "EEEE, d MMMM yy 'at' h:m a", Asia/Kolkata}}"#, #""Sunday, 26 October 25 at 6:0 AM""#),
    (#"{{body.at | date: "EEE, dd MMM H 'o''clock' hh s xx x", UTC}}"#, #""Sun, 26 Oct 0 o'clock 12 0 +0000 +00""#),
    (#"{{body.at | date: "x xx", Asia/Kolkata}}"#, #""+0530 +0530""#),
    ("{{body.ms | date: yyyy-MM-dd}}", #""2025-10-01""#), ("{{body.s | date: yyyy}}", "null"),
    ("{{body.bool | date: yyyy}}", "null"),
    ("{{body.missing | date: yyyy}}", "null"), ("{{body.huge | date: yyyy}}", "null"),
    ("{{call.started_at | date: \"dd/MM/yyyy\"}}", #""01/10/2025""#),
    ("{{record.received_at | date: unix}}", "1759309200"),
  ])
  func dates(template: String, expected: String) throws { try check(template, expected) }

  @Test func datesAreOfTheRelaysZoneWhereNoneIsWritten() throws {
    let relay = #"{"time_zone": "Europe/Paris"}"#
    #expect(try Self.rendered("{{body.at | date: HH:mm}}", relay: relay) == #""02:30""#)
    #expect(try Self.rendered("{{body.at | date: HH:mm, UTC}}", relay: relay) == #""00:30""#)
  }

  @Test(arguments: [
    ("{{body.seconds | seconds_as: milliseconds}}", "3725000"),
    ("{{body.seconds | seconds_as: minutes | round: 1}}", "62.1"),
    ("{{body.seconds | seconds_as: hours | round: 3}}", "1.035"), ("{{body.seconds | seconds_as: m:ss}}", #""62:05""#),
    ("{{body.n | seconds_as: mm:ss}}", #""02:05""#), ("{{body.seconds | seconds_as: h:mm}}", #""1:02""#),
    ("{{body.seconds | seconds_as: hh:mm}}", #""01:02""#), ("{{body.seconds | seconds_as: h:mm:ss}}", #""1:02:05""#),
    ("{{body.n | seconds_as: hh:mm:ss}}", #""00:02:05""#), ("{{body.neg | seconds_as: m:ss}}", #""-0:02""#),
    ("{{body.s | seconds_as: m:ss}}", "null"), ("{{body.big | seconds_as: hh:mm}}", #""2562047788015215:30""#),
  ])
  func durations(template: String, expected: String) throws { try check(template, expected) }

  @Test(arguments: [
    ("{{body.phone | e164: FR}}", #""+33639980042""#), ("{{body.phone | e164}}", "null"),
    ("{{body.s | e164: FR}}", "null"),
    ("{{body.phone | e164: de | default: unknown}}", #""+49639980042""#), ("{{body.phone | digits}}", #""0639980042""#),
    ("{{body.s | digits}}", "null"), ("{{body.n | digits}}", #""125""#),
    ("{{body.phone | digits | mask: 4}}", #""******0042""#),
    ("{{body.phone | mask}}", #""**********0 42""#), ("{{body.agent | mask: 4}}", #""101""#),
    ("{{body.agent | mask: 0}}", #""***""#),
    ("{{body.s | upper}}", #""ZOË O'NEIL""#), ("{{body.s | lower}}", #""zoë o'neil""#),
    ("{{body.bool | upper}}", #""TRUE""#),
    (#"{{body.s | replace: "O'", ""}}"#, #""Zoë Neil""#),
    (#"{{body.phone | replace: " ", "."}}"#, #""06.39.98.00.42""#),
    ("{{body.s | replace: Zoë, Ann}}", #""Ann O'Neil""#), (#"{{body.s | replace: "x", "y"}}"#, #""Zoë O'Neil""#),
    ("{{body.s | truncate: 3}}", #""Zoë""#), (#"{{body.s | truncate: 5, "…"}}"#, #""Zoë …""#),
    ("{{body.s | truncate: 255}}", #""Zoë O'Neil""#),
    ("{{body.emoji | truncate: 2}}", #""a👨‍👩‍👧""#), (#"{{body.s | truncate: 1, "..."}}"#, #"".""#),
    ("{{body.agent | map: owners}}", "7"), ("{{body.s | map: owners}}", #"{"id":8}"#),
    ("{{body.bool | map: owners}}", #""yes""#),
    ("{{body.n | map: owners}}", "null"), ("{{body.n | map: owners | default: 1}}", "1"),
    ("{{body.f | map: owners | default: 2}}", "2"),
    ("{{body.missing | map: owners}}", "null"), ("{{body.agent | map: other}}", "null"),
    ("{{body.object | json}}", #""{\"k\":\"v\"}""#), ("{{body.s | json}}", #""\"Zoë O'Neil\"""#),
    ("{{body.s | url_encode}}", #""Zo%C3%AB%20O%27Neil""#),
    ("https://x.example/?q={{body.s | url_encode}}", #""https://x.example/?q=Zo%C3%AB%20O%27Neil""#),
    ("{{body.empty | default: x}}", "\"\""), ("{{body.empty | upper}}", "\"\""),
  ])
  func texts(template: String, expected: String) throws { try check(template, expected) }

  @Test(arguments: [
    ("uper", "unknown filter uper; did you mean upper?"), ("upper: 1", "filter upper takes no value"),
    ("times", "filter times needs a value, as in {{call.answered_seconds | times: 60}}"),
    ("times: many", #"filter times: expected a number, found "many""#),
    ("divided_by: 0.0", "filter divided_by: nothing is divided by 0"),
    ("round: 21", "filter round: expected an integer from 0 to 20, found 21"),
    ("round: 0, sideways", #"filter round: expected nearest, up or down, found "sideways""#),
    ("date", "filter date needs values, as in {{call.started_at | date: \"yyyy-MM-dd HH:mm\", Europe/Paris}}"),
    ("date: YYYY-MM-DD", "in the date format: unknown letters YYYY; did you mean yyyy?"),
    (#"date: "yyyy 'x""#, "in the date format: \"'\" has no second \"'\""),
    ("date: yyyy, Paris", #"filter date: expected the name of a time zone such as Europe/Paris, found "Paris""#),
    (
      "seconds_as: mmm",
      #"filter seconds_as: expected milliseconds, minutes, hours, m:ss, mm:ss, h:mm, hh:mm, h:mm:ss or hh:mm:ss, found "mmm""#
    ),
    ("e164: France", #"filter e164: expected a country's two letters, as in FR, found "France""#),
    ("mask: -1", "filter mask: expected an integer from 0 to 1000, found -1"),
    ("replace: a", #"filter replace needs values, as in {{call.agent | replace: ".", " "}}"#),
    (#"replace: "", a"#, "filter replace: expected a text, found an empty one"),
    ("truncate: 0", "filter truncate: expected an integer from 1 to 1000000, found 0"),
    ("map: owner", "filter map: unknown table owner; did you mean owners?"),
    ("map", "filter map needs a value, as in {{call.agent | map: owners}}"),
  ])
  func problemsNameTheirPlace(filter: String, sentence: String) {
    let template = JSON.string("{{call.id | \(filter)}}").text
    let text = """
      {"tables": {"owners": {}}, "destinations": {"crm": {"url": "https://x.example", "body": {"a": [\(template)]}}}}
      """
    #expect(problems(text) == ["rules.json: destinations.crm.body.a[0]: \(sentence)"])
  }

  @Test func tablesAreChecked() {
    #expect(
      problems(#"{"tables": []}"#) == ["rules.json: tables: expected an object of tables by name, found an empty list"])
    #expect(
      problems(#"{"tables": {"a": [1]}}"#) == [
        "rules.json: tables.a: expected an object of texts and what stands for them, found a list"
      ])
    #expect(
      problems(#"{"tables": {"a": {"x": 1, "x": 2}}}"#) == [
        "rules.json: tables.a.x: stands twice in the same object; only the last would count"
      ])
  }

  @Test func encodingAUrlTwiceIsWarnedOf() throws {
    let text = ruleFile(destination: #"{"url": "https://x.example/?q={{call.id | url_encode}}"}"#)
    #expect(
      try warnings(text) == [
        "rules.json: destinations.crm.url: url_encode is not needed in a url, where all values are encoded: they would be twice"
      ])
  }
}
