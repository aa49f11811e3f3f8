import RelayCore
import TestSupport
import Testing

@testable import cdrelay

@Suite struct EraseCommandTests {
  @Test func aDryRunTellsAndChangesNothing() throws {
    let database = try DatabaseOnDisk()
    let record = try database.record(to: "33639980042", body: #"{"to":33639980042}"#)
    try database.delivery(of: record, .delivered, status: 200)
    let run = CalledCommand("erase --number 0639980042 --dry-run", database: database)
    #expect(run.code == .done)
    #expect(
      run.output
        == "found in 1 record, 0 requests in quarantine, 0 refused requests, 0 answers and 0 notes\n"
        + "crm was sent 1 delivery, the first at 2025-10-01T09:00:00.000Z, the last at 2025-10-01T09:00:00.000Z: ask there\n"
    )
    #expect(try database.integer("SELECT count(*) FROM record WHERE body IS NULL") == 0)
    #expect(try database.integer("SELECT count(*) FROM erased") == 0)
    #expect(try database.integer("SELECT count(*) FROM action") == 0)
  }

  @Test func itErasesAndKeepsNoNumberOfWhatWasTyped() throws {
    let database = try DatabaseOnDisk()
    let record = try database.record(to: "33639980042", body: #"{"to":33639980042}"#)
    try database.delivery(of: record, .delivered, status: 200)
    let run = CalledCommand("erase --reason letter --number +33639980042 --json", database: database)
    #expect(run.code == .done, "\(run.errors)")
    let object = try #require(run.json.first)
    #expect(object["records"] == .integer(1))
    #expect(
      object["erased"]
        == .object([
          "records": .integer(1), "quarantine": .integer(0), "refused": .integer(0), "calls": .integer(0),
          "cancelled": .integer(0),
          "left": .integer(0), "log_emptied": .bool(true), "traces": .integer(0),
        ]))
    #expect(object["sent_to"]?.array?.first?["destination"] == .string("crm"))
    #expect(try database.text("SELECT user || command || reason FROM action") == "annerase --number …letter")
    let shown = CalledCommand("records show \(record)", database: database)
    #expect(shown.code == .done && !shown.output.contains("639980042"))
  }

  @Test func whatWaitsMustBeSaid() throws {
    let database = try DatabaseOnDisk()
    try database.delivery(of: database.record(to: "33639980042"), .waiting)
    try database.execute("UPDATE queue_count SET unsettled = 1")
    let refused = CalledCommand("erase --number +33639980042", database: database)
    #expect(refused.code == .failed)
    #expect(
      refused.errors.hasSuffix(
        "cdrelay: nothing was erased: 1 delivery waits (crm 1). --waiting cancel erases them too, so that these "
          + "destinations never get them; --waiting keep leaves these records until they are sent\n"))
    let kept = CalledCommand("erase --number +33639980042 --waiting keep", database: database)
    #expect(kept.code == .failed)
    #expect(kept.errors.contains("left 1 record alone, since deliveries of theirs wait or are being sent"))
    let cancelled = CalledCommand("erase --number +33639980042 --waiting cancel", database: database)
    #expect(cancelled.code == .done, "\(cancelled.errors)")
    #expect(cancelled.output.hasPrefix("erased 1 record, 0 in quarantine, 0 refused; 1 delivery was cancelled\n"))
  }

  @Test(arguments: [
    ("erase", "say whom to erase: --number NUMBER or --agent NAME"),
    ("erase --number 1 --agent a", "say whom to erase: --number NUMBER or --agent NAME"),
    ("erase --agent ,", "--agent: expected a name with a letter or digit in it"),
    ("erase --number 202", "--number: expected a phone number of 8 digits at least"),
    ("erase --number 33639980042 --waiting never", "--waiting: expected cancel, keep, found never"),
    ("erase --number 33639980042 --reason of_0639980042", "--reason is kept, so it must not name whom you erase"),
  ])
  func wrongUsageIsSaid(words: String, sentence: String) throws {
    let run = CalledCommand(words, database: try DatabaseOnDisk())
    #expect(run.code == .usage)
    #expect(run.errors.hasPrefix("cdrelay: \(sentence)\n"))
  }

  @Test func aTerminalIsAsked() throws {
    let database = try DatabaseOnDisk()
    for _ in 0..<2 { _ = try database.record(body: #"{"user":"alice_2222223"}"#) }
    let run = CalledCommand("erase --agent alice", database: database, input: "n\n", isTerminal: true)
    #expect(run.code == .failed)
    #expect(run.errors.hasSuffix("Erase them? [y/N] nothing was erased\n"))
    #expect(try database.integer("SELECT count(*) FROM record WHERE body IS NULL") == 0)
  }
}
