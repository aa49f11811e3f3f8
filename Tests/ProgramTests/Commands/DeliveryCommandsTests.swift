import Foundation
import RelayCore
import TestSupport
import Testing

@testable import cdrelay

@Suite struct DeliveryCommandsTests {
  @Test func listHasTheNamesOfTheDesign() throws {
    let database = try DatabaseOnDisk()
    let id = try database.delivery(.waiting, status: 503, next: database.now + 64_000)
    let run = CalledCommand("deliveries list --json", database: database)
    #expect(run.code == .done)
    let row = try #require(run.json.first)
    #expect(row["id"] == .string(id.description))
    #expect(row["record"] == .string(Identifier(id.number - 1).description))
    #expect(row["destination"] == .string("crm"))
    #expect(row["source"] == .string("telecmi"))
    #expect(row["rule"] == .string("all"))
    #expect(row["state"] == .string("waiting"))
    #expect(row["attempts"] == .integer(1))
    #expect(row["next_attempt_at"] == .string("2025-10-01T09:01:04.000Z"))
    #expect(row["reason"] == .string("status 503"))
    #expect(CalledCommand("deliveries list", database: database).output.contains("in 64 s"))
  }

  @Test func listSaysWhatAHoldKeepsBack() throws {
    let database = try DatabaseOnDisk()
    try database.delivery(.waiting)
    try database.execute(
      """
      INSERT INTO destination (name, held_total_ms, held_since_at_ms) VALUES ('crm', 0, 1);
      INSERT INTO hold (destination, kind, since_at_ms, reason) VALUES ('crm', 'person', 1, 'upgrade')
      """)
    let run = CalledCommand("deliveries list", database: database)
    #expect(run.output.contains("just now          held"))
  }

  @Test func aNameThatTheRulesDoNotHaveIsTold() throws {
    let database = try DatabaseOnDisk()
    let rules = database.folder.file("rules.json")
    try Data(
      """
      {"sources": {"telecmi": {"provider": "telecmi", "auth": "none"}},
       "destinations": {"crm": {"url": "https://crm.example.com/"}},
       "rules": [{"name": "all", "send_to": ["crm"]}]}
      """.utf8
    ).write(to: URL(fileURLWithPath: rules))
    try database.delivery(.dead)
    let replay = CalledCommand("replay --destination cmr --rules \(rules)", database: database)
    #expect(replay.code == .failed)
    #expect(replay.errors == "cdrelay: no destination cmr: did you mean crm?\n")
    #expect(replay.output == "")
    let list = CalledCommand("deliveries list --source telcmi --rule al --rules \(rules)", database: database)
    #expect(list.code == .done)
    #expect(
      list.errors == "no delivery matches\nno source telcmi: did you mean telecmi?\nno rule al: did you mean all?\n")
    let known = CalledCommand("deliveries cancel --destination crm --reason x --rules \(rules)", database: database)
    #expect(known.code == .done)
    #expect(known.output == "cancelled 0 deliveries\n")
  }

  @Test func showSaysWhyItWaits() throws {
    let database = try DatabaseOnDisk()
    let waiting = try database.delivery(.waiting, status: 503, next: database.now + 64_000)
    let archived = try database.delivery(to: "archive", .waiting)
    try database.execute(
      """
      INSERT INTO destination (name, held_total_ms, held_since_at_ms) VALUES ('archive', 0, \(database.now.milliseconds - 7_200_000));
      INSERT INTO hold (destination, kind, since_at_ms, reason) VALUES ('archive', 'person', \(database.now.milliseconds - 7_200_000), 'disk is being changed')
      """)
    let run = CalledCommand("deliveries show \(waiting)", database: database)
    #expect(run.output.contains("It is tried again in 64 s (2025-10-01T09:01:04.000Z), after: status 503."))
    #expect(run.output.contains("412 ms"))
    #expect(run.output.contains("sorry"))
    #expect(
      CalledCommand("deliveries show \(archived)", database: database).output.contains(
        "It waits since archive is held, since 2 h: disk is being changed. `cdrelay destinations resume archive` lets it "
          + "go on. It does not die meanwhile."))
    let sending = try database.delivery(.sending)
    #expect(
      CalledCommand("deliveries show \(sending)", database: database).output.contains(
        "State: sending. It is in the relay's hands: being sent now, or waiting its turn there (`rate_per_second`, "
          + "`max_in_flight`, an access token)."))
    let missing = CalledCommand("deliveries show 7 \(waiting.number - 1)", database: database)
    #expect(missing.code == .failed)
    #expect(
      missing.errors
        == "no delivery has the id 7\n\(waiting.number - 1) is a record; its deliveries are \(waiting) (crm)\n")
  }

  @Test func aDryRunTellsTheCountAndChangesNothing() throws {
    let database = try DatabaseOnDisk()
    try database.delivery(.dead, at: database.now + -7_200_000)
    try database.delivery(to: "archive", .dead)
    let run = CalledCommand("replay --state dead --dry-run", database: database)
    #expect(run.code == .done)
    #expect(
      run.output
        == "2 deliveries to replay: archive 1, crm 1; the oldest arrived 2 h ago (2025-10-01T07:00:00.000Z), the newest "
        + "just now (2025-10-01T09:00:00.000Z)\n"
        + "archive: 1 takes a time that is not known, since no recent attempt there was answered\n"
        + "crm: 1 takes a time that is not known, since no recent attempt there was answered\n")
    let json = try #require(CalledCommand("replay --state dead --dry-run --json", database: database).json.first)
    #expect(json["count"] == .integer(2))
    #expect(json["destinations"] == .object(["crm": .integer(1), "archive": .integer(1)]))
    #expect(try database.integer("SELECT count(*) FROM delivery WHERE state = 'dead'") == 2)
    #expect(try database.integer("SELECT count(*) FROM action") == 0)
  }

  @Test func aLimitTakesTheOldestOfASelection() throws {
    let database = try DatabaseOnDisk()
    let oldest = try database.delivery(.dead)
    for _ in 0..<2 { try database.delivery(to: "archive", .dead) }
    #expect(CalledCommand("replay \(oldest) --limit 1", database: database).code == .usage)
    #expect(CalledCommand("replay --limit 1", database: database).code == .usage)
    #expect(CalledCommand("replay --state dead --limit 1", database: database).output == "replayed 1 delivery\n")
    #expect(try database.integer("SELECT id FROM delivery WHERE state = 'waiting'") == oldest.number)
    let close = CalledCommand("deliveries close --state dead --limit 9 --reason old", database: database)
    #expect(close.output == "closed 2 deliveries\n")
    #expect(CalledCommand("deliveries summary --limit 1 --json", database: database).json.count == 1)
  }

  @Test func aTerminalIsAskedAndNobodyElse() throws {
    let database = try DatabaseOnDisk()
    for _ in 0..<2 { try database.delivery(.dead) }
    let refused = CalledCommand("replay --destination crm", database: database, input: "n\n", isTerminal: true)
    #expect(refused.code == .failed)
    #expect(refused.errors.contains("2 deliveries to replay: crm 2;"))
    #expect(refused.errors.hasSuffix("Replay them? [y/N] nothing was replayed\n"))
    #expect(try database.integer("SELECT count(*) FROM delivery WHERE state = 'waiting'") == 0)
    let told = CalledCommand("replay --destination crm", database: database, input: "y\n", isTerminal: true)
    #expect(told.code == .done)
    #expect(told.output == "replayed 2 deliveries\n")
    let closed = CalledCommand("deliveries cancel --destination crm --reason tests", database: database)
    #expect(closed.output == "cancelled 2 deliveries\n")
    #expect(
      try database.text(
        "SELECT group_concat(user || ': ' || command || ' ' || count || ' ' || ifnull(reason, '-'), '; ') FROM action")
        == "ann: replay --destination crm --database \(database.path) 2 -; "
        + "ann: deliveries cancel --destination crm --reason tests --database \(database.path) 2 tests")
  }

  @Test func replayWithoutAStateMeansDeadOnes() throws {
    let database = try DatabaseOnDisk()
    let delivered = try database.delivery(.delivered, status: 200)
    let dead = try database.delivery(.dead)
    #expect(CalledCommand("replay --destination crm", database: database).output == "replayed 1 delivery\n")
    #expect(try database.text("SELECT state FROM delivery WHERE id = \(delivered)") == "delivered")
    #expect(try database.text("SELECT state FROM delivery WHERE id = \(dead)") == "waiting")
    let again = CalledCommand("replay \(dead) \(delivered) 7", database: database)
    #expect(again.code == .failed)
    #expect(again.output == "replayed 1 delivery\n")
    #expect(
      again.errors.contains("left 1 alone that are not delivered, dead, cancelled\nno delivery has the id 7\n"))
  }

  @Test func whatCanNotBeMeantIsSaid() throws {
    let database = try DatabaseOnDisk()
    let dead = try database.delivery(.dead)
    let dry = CalledCommand("replay \(dead) 7 --dry-run", database: database)
    #expect(dry.code == .failed)
    #expect(dry.output.hasPrefix("1 delivery to replay: "))
    #expect(dry.errors == "no delivery has the id 7\n")
    let state = CalledCommand("deliveries close --state waiting --reason tests", database: database)
    #expect(state.code == .usage)
    #expect(state.errors.contains("--state waiting: close is for deliveries that are dead"))
    #expect(try database.text("SELECT state FROM delivery WHERE id = \(dead)") == "dead")
  }

  @Test func aSummaryGroups() throws {
    let database = try DatabaseOnDisk()
    for _ in 0..<2 { try database.delivery(.dead, status: 422) }
    let run = CalledCommand("deliveries summary --by destination,status,reason --json", database: database)
    #expect(
      run.output
        == #"{"destination":"crm","status":422,"reason":"status 422","count":2,"oldest":"2025-10-01T09:00:00.000Z","#
        + #""newest":"2025-10-01T09:00:00.000Z"}"# + "\n")
  }
}
