import Foundation
import RelayCore
import TestSupport
import Testing

@testable import cdrelay

@Suite struct RulesDiffTests {
  private static let rules = """
    { "sources": { "telecmi": { "provider": "telecmi", "auth": "none" } },
      "destinations": {
        "crm": { "url": "https://crm.example.com/", "headers": { "authorization": "Bearer ${CRM}" },
                 "body": { "id": "{{call.id}}", "from": "{{call.from}}", "seconds": "{{call.answered_seconds}}" } },
        "billing": { "url": "https://billing.example.com/" } },
      "rules": [ { "name": "missed", "when": { "call": { "status": "missed" } }, "send_to": ["crm"] },
                 { "name": "bills", "when": { "call": { "status": "answered" } }, "send_to": ["billing"] } ] }
    """

  private static func body(_ id: String, _ status: String) -> String {
    #"{"type":"cdr","cmiuuid":"\#(id)","appid":1,"status":"\#(status)","direction":"inbound","from":33639980042,"time":1634720920615}"#
  }

  private let database: DatabaseOnDisk
  private let path: String

  init() throws {
    database = try DatabaseOnDisk()
    try database.rules(Self.rules)
    path = database.folder.file("new.json")
  }

  private func run(_ edit: (String) -> String, _ options: String = "") throws -> CalledCommand {
    try edit(Self.rules).write(toFile: path, atomically: true, encoding: .utf8)
    return CalledCommand("rules diff \(path) \(options)", database: database)
  }

  private func ago(days: Int64) -> Instant { database.now + -(days * 86_400_000) }

  @Test func equalFilesChangeNothing() throws {
    _ = try database.record(body: Self.body("c1", "missed"))
    let same = try run { $0 }
    #expect(same.code == .done)
    #expect(same.output == "no delivery would change: looked at 1 record of the last 1 day\n")
    #expect(same.errors == "")
  }

  @Test func goneNewAndUnroutedAreCountedWithTheirRules() throws {
    for day in Int64(0)...4 {
      _ = try database.record(body: Self.body("a\(day)", "answered"), at: ago(days: 4 - day))
    }
    let last = try database.record(body: Self.body("c1", "missed"))
    let run = try run {
      $0.replacing(#""status": "answered""#, with: #""status": "busy""#)
        .replacing(#""send_to": ["crm"]"#, with: #""send_to": ["crm", "billing"]"#)
    }
    #expect(run.code == .done)
    let lines = run.output.split(separator: "\n").map(String.init)
    #expect(lines.first == "looked at 6 records of the last 4 days")
    #expect(lines.contains("5 records (1.3 a day) would stop going to billing: by bills 5"))
    #expect(lines.contains("1 record (0.3 a day) would start going to billing: by missed 1"))
    #expect(
      lines.dropLast().last
        == "  \(last)  \(database.now.rfc3339)  telecmi  missed: matched, and does not send to billing")
    #expect(lines.last == "5 records would match no rule any more and be kept as unrouted")
    #expect(lines.contains { $0.hasSuffix(#"telecmi  bills: call.status: expected "busy", found "answered""#) })
    #expect(lines.filter { $0.hasPrefix("  ") }.count == 4, "three examples of one kind, one of the other")
    #expect(run.errors == "")
  }

  @Test func changedRequestsNameTheirPlacesWithoutNumbers() throws {
    let record = try database.record(body: Self.body("c1", "missed"))
    _ = try database.record(body: Self.body("c2", "answered"))
    let run = try run {
      $0.replacing("{{call.from}}", with: "+{{call.from}}")
        .replacing(#", "seconds""#, with: #", "team": "x", "seconds""#)
    }
    #expect(
      run.output == """
        looked at 2 records of the last 1 day
        1 record would go to crm as another request: body.from 1, body.team 1; by missed 1
          \(record)  \(database.now.rfc3339)  telecmi
              body.from: "*******0042" -> "+*******0042"
              body.team: missing -> "x"

        """)
  }

  @Test func longValuesAreShownWhereTheyPart() throws {
    let record = try database.record(body: Self.body("c1", "missed"))
    let long = String(repeating: "a", count: 80)
    let old = Self.rules.replacing("{{call.from}}", with: "\(long) old end of it")
    let current = database.folder.file("current.json")
    try old.write(toFile: current, atomically: true, encoding: .utf8)
    let tail = String(repeating: "z", count: 80)
    try old.replacing("old end of it", with: "new \(tail)").write(toFile: path, atomically: true, encoding: .utf8)
    let run = CalledCommand("rules diff \(path) --rules \(current)", database: database)
    let same = long.prefix(19) + " "
    #expect(
      run.output.hasSuffix(
        "  \(record)  \(database.now.rfc3339)  telecmi\n"
          + "      body.from: …\(same)old end of it\" -> …\(same)new \(tail.prefix(34))…\n"),
      "\(run.output)")
  }

  @Test func whatIsAskedBeforeAndUpdatedLaterIsCompared() throws {
    _ = try database.record(body: Self.body("c1", "missed"))
    let asking = Self.rules.replacing(
      #""crm": {"#,
      with: #"""
        "crm": { "lookup": { "url": "https://crm.example.com/contacts?phone={{call.from}}", "value": "id" },
          "capture": { "value": "id", "update": { "url": "https://crm.example.com/{{captured}}/{{lookup}}", "body": { "x": 1 } } },
        """#)
    let current = database.folder.file("current.json")
    func places(_ old: String, _ new: String) throws -> String? {
      try old.write(toFile: current, atomically: true, encoding: .utf8)
      try new.write(toFile: path, atomically: true, encoding: .utf8)
      let run = CalledCommand("rules diff \(path) --rules \(current) --json", database: database)
      return run.json.first?["destinations"]?.array?.first?["changed"]?["places"]?.text ?? run.errors
    }
    #expect(try places(Self.rules, asking) == #"{"lookup":1,"update":1}"#)
    #expect(try places(asking, asking.replacing("?phone", with: "?number")) == #"{"lookup.url":1}"#)
    #expect(try places(asking, asking.replacing("}}/{{lookup}}", with: "}}")) == #"{"lookup":1,"update.url":1}"#)
    let requiring = asking.replacing("{{call.from}}\", \"value", with: "{{call.agent | required}}\", \"value")
    #expect(try places(asking, requiring) == #"{"lookup":1,"update.url":1}"#)
    #expect(try places(asking, asking.replacing(#""x": 1"#, with: #""x": 2"#)) == #"{"update.body.x":1}"#)
  }

  @Test func whatNoRequestShowsIsSaid() throws {
    _ = try database.record(body: Self.body("c1", "missed"))
    let run = try run { $0.replacing("${CRM}", with: "${OTHER}") }
    #expect(run.output.hasPrefix("no delivery would change"))
    #expect(
      run.output.hasSuffix(
        "crm is defined otherwise, and no request of these records shows it (credentials are not compared)\n"))
  }

  @Test func anotherRuleNameIsNoChange() throws {
    _ = try database.record(body: Self.body("c1", "missed"))
    #expect(
      try run { $0.replacing(#""name": "missed""#, with: #""name": "lost""#) }.output.hasPrefix("no delivery would"))
    let named = Self.rules.replacing("{{call.id}}", with: "{{rule}}")
    let current = database.folder.file("current.json")
    try named.write(toFile: current, atomically: true, encoding: .utf8)
    try named.replacing(#""name": "missed""#, with: #""name": "lost""#).write(
      toFile: path, atomically: true, encoding: .utf8)
    let run = CalledCommand("rules diff \(path) --rules \(current)", database: database)
    #expect(run.output.contains(#"body.id: "missed" -> "lost""#), "\(run.output)\(run.errors)")
  }

  @Test func theTimeAndTheLimitAreKept() throws {
    for day in Int64(0)...9 {
      _ = try database.record(body: Self.body("a\(day)", "missed"), at: ago(days: 9 - day))
    }
    func records(_ options: String) throws -> Int64? {
      try run({ $0 }, "--json \(options)").json.first?["records"]?.integer
    }
    #expect(try records("") == 8, "7 days back, the first moment included")
    #expect(try records("--since 2d") == 3)
    #expect(try records("--since 30d") == 10)
    #expect(try records("--since 30d --limit 4") == 4)
    #expect(try run({ $0 }, "--since soon").code == .usage)
  }

  @Test func whatCannotBeToldOrTakenIsCounted() throws {
    _ = try database.record(bodyGone: true)
    _ = try database.record(body: Self.body("c1", "missed"))
    let run = try run({ $0.replacing(#""telecmi": {"#, with: #""other": {"#) }, "--json")
    let json = try #require(run.json.first)
    #expect(json["body_gone"] == .integer(1))
    #expect(json["refused"] == .object(["\(path) has no enabled source telecmi": .integer(1)]))
    let crm = try #require(json["destinations"]?.array?.first)
    #expect(crm["gone"]?["count"] == .integer(1))
    #expect(crm["gone"]?["examples"]?.array?.first?["why"] == .string("\(path) has no enabled source telecmi"))
    #expect(crm["changed"]?["count"] == .integer(0))
    #expect(
      run.errors
        == "1 record can't be told: the body is no longer kept\n1 record would not be taken any more: \(path) has no "
        + "enabled source telecmi\n")
  }

  @Test func aRevisionThatIsSkippedIsGone() throws {
    let record = try database.record(body: Self.body("c1", "missed"))
    try database.execute("UPDATE record SET revision = 1 WHERE id = \(record)")
    let run = try run { $0.replacing(#""crm": {"#, with: #""crm": { "on_revision": "skip","#) }
    #expect(run.output.contains("1 record would stop going to crm: by missed 1\n"))
    #expect(run.output.contains("  telecmi  destination crm skips revisions\n"))
    #expect(!run.output.contains("unrouted"))
  }

  @Test func aDestinationThatIsGoneAndNumbersAreTold() throws {
    _ = try database.record(body: Self.body("c1", "missed"))
    func why(_ edit: (String) -> String) throws -> String? {
      let crm = try run(edit, "--json").json.first?["destinations"]?.array?.first
      return crm?["gone"]?["examples"]?.array?.first?["why"]?.string
    }
    #expect(
      try why { $0.replacing(#""crm": {"#, with: #""crm": { "enabled": false,"#) }
        == "destination crm is disabled in \(path)")
    #expect(
      try why { $0.replacing(#""status": "missed""#, with: #""from": "33639980043""#) }
        == #"missed: call.from: expected "*******0043", found "*******0042""#)
    #expect(try why { $0.replacing(#""name": "missed""#, with: #""name": "x", "enabled": false"#) } != nil)
  }

  @Test func aBrokenFileIsToldWithItsProblems() throws {
    let run = try run { $0.replacing("send_to", with: "sendto") }
    #expect(run.code == .failed)
    #expect(run.errors.contains("rules[0].sendto: unknown key; did you mean send_to?"))
  }

  @Test(arguments: [
    ("call 33639980042 ended", "call *******0042 ended"), ("+33639980042", "+*******0042"), ("12345", "12345"),
    ("c4504776-d91e-123b-29a7-560004291234567", "c4504776-d91e-123b-29a7-560004291234567"), ("a1234567", "a1234567"),
    ("1234567", "***4567"),
  ])
  func rowsOfDigitsAreMasked(_ text: String, _ masked: String) {
    #expect(Phrases.maskingNumbers(text) == masked)
  }
}
