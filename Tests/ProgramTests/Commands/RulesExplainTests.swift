import Foundation
import RelayCore
import TestSupport
import Testing

@testable import cdrelay

@Suite struct RulesExplainTests {
  private static let rules = """
    { "sources": { "telecmi": { "provider": "telecmi", "auth": "none" } },
      "destinations": { "crm": { "url": "https://crm.example.com/" } },
      "rules": [ { "name": "sales", "when": { "call": { "team": "Sales" }, "body": { "custom": { "crm": "true" } } },
                   "send_to": ["crm"] } ] }
    """
  private static let body =
    #"{"type":"cdr","cmiuuid":"c1","appid":1,"status":"missed","team":"Sales_1","direction":"inbound","time":1634720920615,"custom":"{\"crm\":true}"}"#

  private let database: DatabaseOnDisk

  init() throws {
    database = try DatabaseOnDisk()
    try database.rules(Self.rules)
  }

  @Test func anUnroutedRecordIsToldTheClauseAndTheValue() throws {
    let record = try database.record(callID: "c1", unrouted: true, body: Self.body)
    let run = CalledCommand("rules explain \(record)", database: database)
    #expect(run.code == .done)
    #expect(
      run.output == """
        Record \(record): cdr of telecmi (telecmi), revision 0, received \(database.now.rfc3339)
        Unrouted: no rule matched it.
        Then and now, by rules version 1:
          sales: body.custom.crm: expected "true", found true
              yes  call.team: expected "Sales", found "Sales"
              no   body.custom.crm: expected "true", found true
          It goes nowhere: it is kept as unrouted.

        """)
    #expect(CalledCommand("rules explain c1", database: database).output == run.output)
    let json = try #require(CalledCommand("rules explain c1 --json", database: database).json.first)
    #expect(json["id"] == .string(record.description))
    #expect(json["then"]?["explanation"]?.array?.first?["path"] == .string("body.custom.crm"))
    #expect(json["then"]?["explanation"]?.array?.first?["found"] == .string("true"))
    #expect(json["now"] == json["then"])
  }

  @Test func otherRulesAreAskedBesideThoseThatRoutedIt() throws {
    let record = try database.record(body: Self.body)
    let delivery = try database.delivery(of: record, .delivered, rule: "sales")
    let path = database.folder.file("new.json")
    try Self.rules.replacing(#""true""#, with: "true").write(toFile: path, atomically: true, encoding: .utf8)
    let run = CalledCommand("rules explain \(delivery) --rules \(path)", database: database)
    #expect(run.output.contains("\nDelivery \(delivery): crm by rule sales, delivered\n"))
    #expect(run.output.contains("\nWhen it came, by rules version 1:\n  sales: body.custom.crm: expected"))
    #expect(run.output.contains("\nNow, by \(path):\n  sales: matched\n"))
    #expect(run.output.hasSuffix("\n  It goes to crm by rule sales.\n"))
    try Self.rules.write(toFile: path, atomically: true, encoding: .utf8)
    let same = CalledCommand("rules explain \(record) --rules \(path)", database: database)
    #expect(same.output.hasSuffix("\nNow, by \(path): the same.\n"))
  }

  @Test func whatCannotBeToldIsSaid() throws {
    let gone = try database.record(bodyGone: true)
    #expect(
      CalledCommand("rules explain \(gone)", database: database).errors
        == "cdrelay: record \(gone): its body is no longer kept, so that nobody can tell what the rules saw\n")
    #expect(CalledCommand("rules explain 7", database: database).errors == "cdrelay: no record has the id 7\n")
    let first = try database.record(callID: "c2", body: Self.body)
    let second = try database.record(callID: "c2", body: Self.body)
    let several = CalledCommand("rules explain c2", database: database)
    #expect(several.code == .failed)
    #expect(several.errors == "cdrelay: c2 is of several records: name one of \(second), \(first)\n")
    let foreign = try database.record(source: "old", body: Self.body)
    #expect(
      CalledCommand("rules explain \(foreign)", database: database).output.contains(
        "\n  there is no enabled source old: the sender would be answered 404\n"))
    try database.execute("UPDATE record SET rules_version = 9 WHERE id = \(first)")
    #expect(
      CalledCommand("rules explain \(first)", database: database).output.contains(
        "When it came, by rules version 9:\n  the database does not hold that version\nNow, by rules version 1:\n"))
  }
}

@Suite struct TrialSampleTests {
  private let database: DatabaseOnDisk
  private let path: String

  init() throws {
    database = try DatabaseOnDisk()
    path = database.folder.file("rules.json")
    let rules = """
      { "sources": { "telecmi": { "provider": "telecmi", "auth": "none" }, "callr": { "provider": "callr", "auth": "none" } },
        "destinations": {
          "crm": { "url": "https://crm.example.com/", "body": { "record": "{{record.id}}", "at": "{{record.received_at}}" } },
          "first": { "url": "https://first.example.com/", "on_revision": "skip" } },
        "rules": [ { "name": "missed", "when": { "call": { "status": "missed" } }, "send_to": ["crm", "first"] } ] }
      """
    try rules.write(toFile: path, atomically: true, encoding: .utf8)
  }

  @Test func aStoredRecordIsTriedAsItCame() throws {
    let body = #"{"type":"cdr","cmiuuid":"c1","appid":1,"status":"missed","direction":"inbound","time":1634720920615}"#
    let record = try database.record(body: body, at: Instant(milliseconds: 1_700_000_000_000))
    try database.execute("UPDATE record SET revision = 1 WHERE id = \(record)")
    let run = CalledCommand("rules test \(path) --record \(record) --json", database: database)
    #expect(run.code == .done, "\(run.errors)")
    let deliveries = try #require(run.json.first?["deliveries"]?.array)
    #expect(deliveries.map { $0["destination"]?.string } == ["crm"])
    #expect(
      deliveries.first?["body"]?.string == #"{"record":"\#(record)","at":"2023-11-14T22:13:20.000Z"}"#)
    #expect(
      CalledCommand("rules test \(path) --record 7", database: database).errors == "cdrelay: no record has the id 7\n")
    let gone = try database.record(bodyGone: true)
    #expect(
      CalledCommand("rules test \(path) --record \(gone)", database: database).errors
        == "cdrelay: record \(gone): its body is no longer kept\n")
  }

  @Test func aDocumentedRecordIsTriedByName() {
    let run = CalledCommand("rules test \(path) --sample telecmi/incoming-missed --json")
    #expect(run.json.first?["matched"] == .array([.string("missed")]))
    let list = DocumentedSample.names.joined(separator: ", ")
    let wrong = CalledCommand("rules test \(path) --sample telecmi/incoming-mised")
    #expect(wrong.code == .usage)
    #expect(
      wrong.errors.hasPrefix(
        "cdrelay: no sample telecmi/incoming-mised: did you mean telecmi/incoming-missed?; there are \(list)\n"))
    #expect(
      CalledCommand("rules test \(path) --sample").errors.hasPrefix(
        "cdrelay: --sample needs a value: --sample NAME; there are \(list)\n"))
    #expect(
      CalledCommand("rules test \(path) --sample callr/inbound-ended --record 7").errors.hasPrefix(
        "cdrelay: give one record: --record does not go with another\n"))
  }

  @Test(arguments: DocumentedSample.names)
  func eachIsARecordOfItsProvider(name: String) {
    let run = CalledCommand("rules test \(path) --sample \(name)")
    #expect(run.code == .done, "\(run.output)\(run.errors)")
  }

  /// The payloads of `Samples` by their names in the program.
  @Test(arguments: [
    ("telecmi/incoming-answered", "telecmi/incoming-answered"),
    ("telecmi/incoming-missed", "telecmi/incoming-missed-voicemail"),
    ("telecmi/incoming-user-missed", "telecmi/incoming-user-missed-leg-b"),
    ("telecmi/outgoing-answered-a", "telecmi/outgoing-answered-leg-a"),
    ("telecmi/outgoing-answered-b", "telecmi/outgoing-answered-leg-b"),
    ("telecmi/outgoing-missed", "telecmi/outgoing-missed-leg-a"),
    ("telecmi/piopiy-answered", "telecmi/piopiy-inbound-answered"),
    ("telecmi/piopiy-live", "telecmi/piopiy-live-out-bridged"),
    ("callr/inbound-ended", "callr/webhook-envelope"), ("callr/inbound-started", "callr/webhook-envelope-started"),
  ])
  func theSamplesAreTheDocumentedOnes(name: String, file: String) throws {
    let folder = #filePath.replacing("Commands/RulesExplainTests.swift", with: "Samples")
    let documented = try JSONParser.parse(
      Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file).json"))))
    let ours = try JSONParser.parse(try DocumentedSample.named(name).body)
    for member in try #require(documented.object).members {
      #expect(ours[member.key] == member.value, "\(member.key)")
    }
    #expect(ours.object?.count == documented.object?.count)
  }
}
