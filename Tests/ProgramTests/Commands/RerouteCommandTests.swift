import Foundation
import RelayCore
import TestSupport
import Testing

@testable import cdrelay

@Suite struct RerouteCommandTests {
  private static let rules = """
    { "sources": { "telecmi": { "provider": "telecmi", "auth": "none" } },
      "destinations": { "crm": { "url": "https://crm.example.com/" }, "archive": { "url": "https://archive.example.com/" } },
      "rules": [ { "name": "missed", "when": { "call": { "status": "missed" } }, "send_to": ["crm", "archive"] } ] }
    """
  private static func body(_ id: String, _ status: String = "missed") -> String {
    #"{"type":"cdr","cmiuuid":"\#(id)","appid":1,"status":"\#(status)","direction":"inbound","time":1634720920615}"#
  }

  private let database: DatabaseOnDisk

  init() throws {
    database = try DatabaseOnDisk()
    try database.rules(Self.rules)
  }

  @Test func unroutedRecordsFindTheirDestinations() throws {
    let missed = try database.record(callID: "c1", unrouted: true, body: Self.body("c1"))
    let answered = try database.record(callID: "c2", unrouted: true, body: Self.body("c2", "answered"))
    let dry = CalledCommand("replay --reroute --unrouted --dry-run", database: database)
    #expect(dry.code == .done)
    #expect(dry.output.hasPrefix("2 deliveries to make for 1 of 2 records: archive 1, crm 1\narchive: 1 takes "))
    #expect(dry.errors == "1 record matches no rule\n")
    #expect(try database.integer("SELECT count(*) FROM delivery") == 0)
    let run = CalledCommand("replay --reroute --unrouted", database: database)
    #expect(run.output == "made 2 deliveries for 1 record: archive 1, crm 1\n")
    #expect(
      try database.text(
        "SELECT group_concat(destination || ' ' || rule || ' ' || state, ', ') FROM delivery WHERE record = \(missed)")
        == "crm missed waiting, archive missed waiting")
    #expect(try database.integer("SELECT id FROM record WHERE unrouted = 1") == answered.number)
    #expect(CalledCommand("replay --reroute --unrouted", database: database).output == "made no delivery\n")
    #expect(CalledCommand("replay --reroute --unrouted --call c9", database: database).errors == "")
  }

  @Test func deadOnesStayAndWhatIsMissingIsMade() throws {
    let record = try database.record(body: Self.body("c1"))
    let dead = try database.delivery(of: record, .dead)
    try database.delivery(of: record, to: "old", .dead)
    let delivered = try database.record(body: Self.body("c2"))
    try database.delivery(of: delivered, .delivered)
    let json = try #require(CalledCommand("replay --reroute --source telecmi --json", database: database).json.first)
    #expect(json["made"] == .integer(1))
    #expect(json["destinations"] == .object(["archive": .integer(1)]))
    #expect(json["no_longer_named"] == .object(["old": .integer(1)]))
    #expect(json["still_named"] == .object(["crm": .integer(1)]))
    #expect(try database.text("SELECT state FROM delivery WHERE id = \(dead)") == "dead")
    #expect(try database.integer("SELECT count(*) FROM delivery WHERE record = \(delivered)") == 1)
    let again = CalledCommand("replay --reroute --source telecmi", database: database)
    #expect(again.output == "made no delivery\n")
    #expect(
      again.errors
        == "left deliveries alone to destinations that the rules no longer name for their records: old 1; `cdrelay "
        + "deliveries cancel` or `close` lays them aside\nleft dead and cancelled deliveries alone to destinations that the "
        + "rules still name: crm 1; `cdrelay replay` without --reroute sends them again\n")
    #expect(
      CalledCommand("replay --reroute --state delivered --since 1h", database: database).output
        == "made 1 delivery for 1 record: archive 1\n")
  }

  @Test func idsAreOfDeliveriesOrRecordsAndAFileOfRulesIsAsked() throws {
    let record = try database.record(body: Self.body("c1"))
    let delivery = try database.delivery(of: record, .dead)
    let path = database.folder.file("new.json")
    try Self.rules.replacing(#"["crm", "archive"]"#, with: #"["crm"]"#).write(
      toFile: path, atomically: true, encoding: .utf8)
    let none = CalledCommand("replay --reroute \(delivery) --rules \(path)", database: database)
    #expect(none.output == "made no delivery\n")
    let run = CalledCommand("replay --reroute \(delivery) \(record) 7", database: database)
    #expect(run.code == .failed)
    #expect(run.output == "made 1 delivery for 1 record: archive 1\n")
    #expect(run.errors.hasPrefix("no delivery and no record has the id 7\n"))
  }

  @Test func whatCannotBeReadOrIsGoneIsCounted() throws {
    _ = try database.record(unrouted: true, body: "{}")
    _ = try database.record(unrouted: true, bodyGone: true)
    _ = try database.record(source: "callr", unrouted: true, body: "{}")
    let run = CalledCommand("replay --reroute --unrouted", database: database)
    #expect(run.code == .failed)
    #expect(run.output == "made no delivery\n")
    #expect(run.errors.contains("left 1 record alone, since the body is no longer kept\n"))
    #expect(run.errors.contains("left 1 record alone: rules version 1 has no enabled source callr\n"))
    #expect(run.errors.contains("left 1 record alone: their bodies are not acceptable any more: "))
  }

  @Test func moreThanABatchIsMadeAtItsRate() throws {
    try database.execute("BEGIN")
    for number in 0..<700 { _ = try database.record(unrouted: true, body: Self.body("c\(number)")) }
    try database.execute("COMMIT")
    let stopped = CalledCommand("replay --reroute --unrouted --rate 10", database: database, isInterrupted: true)
    #expect(
      stopped.errors.hasSuffix(
        "cdrelay: stopped: looked at 250 of 700 records; the same command does the rest, and nothing twice\n"))
    #expect(
      CalledCommand("replay --reroute --unrouted --rate 10", database: database).output
        == "made 900 deliveries for 450 records: archive 450, crm 450\n")
    #expect(
      try database.text(
        "SELECT (max(next_attempt_at_ms) - min(next_attempt_at_ms)) || ' ' || count(DISTINCT next_attempt_at_ms) FROM delivery"
      )
        == "69900 700")
  }

  @Test func wrongUsageIsTold() {
    let cases = [
      ("--unrouted", "--unrouted goes with --reroute"),
      ("--reroute", "say which records to reroute: ids, --unrouted, or a selection such as --destination NAME"),
      ("--reroute --fresh-id --unrouted", "--fresh-id does not go with --reroute, whose deliveries are new ones"),
      (
        "--reroute --unrouted --status 422",
        "--status does not go with --unrouted: a record that no rule matched has no delivery"
      ),
      ("--reroute --unrouted 7", "give ids or --unrouted, not both"),
      ("--reroute 7 --source telecmi", "give ids or a selection, not both"),
      ("--reroute 7 --limit 2", "--limit goes with a selection, not with ids"),
    ]
    for (words, sentence) in cases {
      let run = CalledCommand("replay \(words)", database: database)
      #expect(run.code == .usage)
      #expect(run.errors.hasPrefix("cdrelay: \(sentence)\n"), "\(run.errors)")
    }
  }
}
