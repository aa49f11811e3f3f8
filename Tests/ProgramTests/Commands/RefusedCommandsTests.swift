import DurableQueue
import Foundation
import RelayCore
import TestSupport
import Testing

@testable import cdrelay

/// Requests without a valid credential that were kept: what a person does with them on the day after.
@Suite struct RefusedCommandsTests {
  private static let rules = """
    { "sources": { "telecmi": { "provider": "telecmi", "auth": { "token": "${T}" }, "keep_refused": {} } },
      "destinations": { "crm": { "url": "https://crm.example.com/" } },
      "rules": [ { "name": "all", "send_to": ["crm"] } ] }
    """

  private func record(_ id: String) -> String {
    #"{"type":"cdr","cmiuuid":"\#(id)","appid":2222223,"status":"answered","direction":"inbound","time":1634720920615}"#
  }

  private func database() throws -> DatabaseOnDisk {
    let database = try DatabaseOnDisk()
    try database.rules(Self.rules)
    return database
  }

  @Test func aReplayMakesARecordThatSaysWhoVouchedForIt() throws {
    let database = try database()
    let id = try database.refused(body: record("c1"))
    let run = CalledCommand("refused replay \(id)", database: database)
    #expect(run.code == .done)
    let record = try #require(try database.integer("SELECT record FROM refused WHERE state = 'replayed'"))
    #expect(run.output == "\(id) became record \(record) with 1 delivery: crm\n")
    #expect(
      try database.text("SELECT sender || ': ' || credential FROM record") == "203.0.113.9: refused, replayed by ann")
    #expect(try database.text("SELECT headers FROM record") == #"[["user-agent","TeleCMI"]]"#)
    #expect(try database.text("SELECT state || ' ' || rule FROM delivery") == "waiting all")
    let action = try #require(try database.text("SELECT user || ' ' || count || ' ' || command FROM action"))
    #expect(action.hasPrefix("ann 1 refused replay \(id)"))
    #expect(
      CalledCommand("refused replay \(id)", database: database).errors == "cdrelay: \(id) was replayed already\n")
    #expect(try database.integer("SELECT accepted FROM source_hour") == 1)
  }

  @Test func whatAHonestSenderSentIsSelectedByItsFingerprintOrAddress() throws {
    let database = try database()
    let honest = try (1...3).map { try database.refused(body: record("c\($0)"), sender: "198.51.100.7") }
    let stranger = try database.refused(body: record("x"), sender: "192.0.2.66", credential: "token deadbeef")
    let list = CalledCommand("refused list", database: database)
    #expect(list.output.contains("198.51.100.7  token 00c0ffee"))
    #expect(list.output.contains("192.0.2.66    token deadbeef"))
    let selected = CalledCommand("refused list --json --sender 198.51.100.7", database: database)
    #expect(selected.json.map { $0["id"]?.string } == honest.reversed().map(\.description))
    let dry = CalledCommand("refused replay --dry-run --credential", ["token 00c0ffee"], database: database)
    #expect(dry.output.hasPrefix("3 requests to replay\n"))
    #expect(try database.integer("SELECT count(*) FROM record") == 0)
    let run = CalledCommand("refused replay --json --yes --credential", ["token 00c0ffee"], database: database)
    #expect(run.errors == "3 requests to replay\n")
    #expect(run.json.allSatisfy { $0["outcome"] == .string("accepted") } && run.json.count == 3)
    #expect(try database.text("SELECT state FROM refused WHERE id = \(stranger)") == "kept")
    #expect(try database.integer("SELECT count FROM action") == 3)
  }

  @Test func manyAreAskedForOnATerminal() throws {
    let database = try database()
    for id in 1...2 { _ = try database.refused(body: record("c\(id)")) }
    let no = CalledCommand("refused replay --source telecmi", database: database, input: "n\n", isTerminal: true)
    #expect(no.code == .failed)
    #expect(no.errors.hasSuffix("nothing was replayed\n"))
    let yes = CalledCommand("refused replay --source telecmi", database: database, input: "y\n", isTerminal: true)
    #expect(yes.code == .done)
    #expect(try database.integer("SELECT count(*) FROM record") == 2)
  }

  @Test func whatIsNoRecordStaysRefused() throws {
    let database = try database()
    let id = try database.refused(body: "GET /wp-login.php")
    let run = CalledCommand("refused replay \(id)", database: database)
    #expect(run.code == .failed)
    #expect(run.errors.hasPrefix("\(id) stays refused (400): "))
    #expect(try database.text("SELECT state FROM refused") == "kept")
    #expect(try database.integer("SELECT count(*) FROM record") == 0)
  }

  @Test func showTellsAllThatCame() throws {
    let database = try database()
    let id = try database.refused(body: "[1]")
    let run = CalledCommand("refused show \(id)", database: database)
    #expect(
      run.output == """
        Refused \(id): a request to telecmi, kept
        Answered 401: no valid credential
        Received 1 time from 203.0.113.9, which presented token 00c0ffee: first 2025-10-01T09:00:00.000Z, last 2025-10-01T09:00:00.000Z
        user-agent: TeleCMI
        Body:
        [1]

        """)
    let json = try #require(CalledCommand("refused show \(id) --json", database: database).json.first)
    #expect(json["credential"] == .string("token 00c0ffee") && json["body"] == .string("[1]"))
    let missing = CalledCommand("refused show 7", database: database)
    #expect(missing.code == .failed && missing.errors == "no refused request has the id 7\n")
  }

  @Test func discardWantsAReasonAndKeepsIt() throws {
    let database = try database()
    for body in ["[1]", "[2]"] { _ = try database.refused(body: body) }
    #expect(CalledCommand("refused discard --source telecmi", database: database).code == .usage)
    let run = CalledCommand("refused discard --source telecmi --reason scanner", database: database)
    #expect(run.output == "discarded 2 requests\n")
    #expect(try database.text("SELECT count || ' ' || reason FROM action") == "2 scanner")
    #expect(CalledCommand("refused list", database: database).errors == "no refused request matches\n")
    #expect(CalledCommand("refused list --state discarded --json", database: database).json.count == 2)
    #expect(CalledCommand("quarantine list --state discarded", database: database).errors.contains("quarantine"))
  }

  @Test func statusCountsThem() throws {
    let database = try database()
    #expect(!CalledCommand("status", database: database).output.contains("Refused and kept"))
    for source in ["telecmi", "callr"] { _ = try database.refused(body: "[1]", source: source) }
    #expect(CalledCommand("status", database: database).output.contains(" Refused and kept: 2 requests.\n"))
    #expect(CalledCommand("status --json", database: database).json.first?["refused"] == .integer(2))
  }

  @Test func theyAreAProblemOfTheirSourceUntilSomebodyLookedAtThem() throws {
    let database = try database()
    #expect(CalledCommand("status --problems", database: database).code == .done)
    let first = try database.refused(body: "[1]")
    _ = try database.refused(body: record("c1"))
    _ = try database.refused(body: "[1]", source: "callr")
    try database.execute("UPDATE refused SET received_at_ms = received_at_ms - 10800000 WHERE id = \(first)")
    let run = CalledCommand("status --problems", database: database)
    #expect(run.code == .failed)
    #expect(
      run.output == """
        callr: 1 request refused with 401 is kept, since 0 s (2025-10-01T09:00:00.000Z). `cdrelay refused list --source callr` \
        says who sent them; replay or discard them.
        telecmi: 2 requests refused with 401 are kept, since 3 h (2025-10-01T06:00:00.000Z). `cdrelay refused list --source \
        telecmi` says who sent them; replay or discard them.

        """)
    let json = CalledCommand("status --problems --json", database: database).json
    #expect(json.map { $0["problem"] } == [.string("refused_kept"), .string("refused_kept")])
    #expect(json.map { $0["source"] } == [.string("callr"), .string("telecmi")])
    #expect(json.allSatisfy { $0["destination"] == .null })
    _ = CalledCommand("refused replay --source telecmi --yes", database: database)
    _ = CalledCommand("refused discard --yes --reason scanner", ["--source", "telecmi,callr"], database: database)
    #expect(CalledCommand("status --problems", database: database).output == "")
  }
}
