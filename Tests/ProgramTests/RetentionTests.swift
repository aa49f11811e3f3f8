import SQLite
import Synchronization
import TestSupport
import Testing

/// What is kept, and how it is given back, through the shipped binary.
@Suite struct RetentionTests {
  @Test func aRelayRemovesWhatTheRuleFileLetsGo() throws {
    let destination = try ScriptedDestination { _ in .status(200) }
    let days = #""bodies_days": 30, "delivered_days": 30, "cancelled_days": 30, "records_days": 30"#
    let bench = try Workbench(
      destinations: #""crm": \#(Workbench.destination(destination.port))"#, relay: #"{"retention": {\#(days)}}"#)
    var relay = try bench.start()
    try bench.post(count: 3, to: relay)
    #expect(try bench.wait("SELECT count(*) FROM delivery WHERE state = 'delivered'", is: 3))
    #expect(relay.terminate() == 0)
    // Two of them came, and were settled, two months ago.
    try Connection(path: bench.database, mode: .readWrite).execute(
      """
      CREATE TEMP TABLE old AS SELECT id FROM record ORDER BY id LIMIT 2;
      UPDATE delivery SET settled_at_ms = settled_at_ms - 60 * 86400000, id = id - 60 * 86400000 * 8388608,
        record = record - 60 * 86400000 * 8388608 WHERE record IN old;
      UPDATE attempt SET delivery = delivery - 60 * 86400000 * 8388608
        WHERE delivery - 60 * 86400000 * 8388608 IN (SELECT id FROM delivery);
      UPDATE record SET received_at_ms = received_at_ms - 60 * 86400000, id = id - 60 * 86400000 * 8388608 WHERE id IN old
      """)
    relay = try bench.start()
    #expect(try bench.wait("SELECT count(*) FROM record", is: 1))
    #expect(try bench.wait("SELECT count(*) FROM attempt", is: 1))
    #expect(try bench.integer("SELECT count(*) FROM delivery") == 1)
    #expect(try bench.text("PRAGMA integrity_check") == "ok")
    let answer = try HTTPConnection(port: relay.port).post("/hooks/telecmi", TeleCMISample.outgoingMissed(id: "id-2"))
    #expect(answer.text.contains(#""status":"duplicate""#))
    #expect(relay.terminate() == 0)
  }

  @Test func aRestoredBackupSendsNothingUntilAPersonSaysSo() throws {
    let isDown = Mutex(true)
    let destination = try ScriptedDestination { _ in .status(isDown.withLock { $0 } ? 503 : 200) }
    let bench = try Workbench(destinations: #""crm": \#(Workbench.destination(destination.port))"#)
    let relay = try bench.start()
    try bench.post(count: 5, to: relay)
    let copy = bench.folder.file("copy.db")
    let backup = try CommandRun(["backup", copy, "--database", bench.database])
    #expect(backup.exitCode == 0, "\(backup.errors)")
    isDown.withLock { $0 = false }
    #expect(try bench.wait("SELECT count(*) FROM delivery WHERE state = 'delivered'", is: 5))
    #expect(relay.terminate() == 0)

    let restored = try RelayProcess(rules: bench.rules, database: copy)
    try bench.post(count: 1, to: restored, prefix: "later-")
    let problems = try CommandRun(["status", "--problems", "--database", copy])
    #expect(problems.exitCode == 1)
    #expect(problems.output.contains("crm: held by a restored backup"))
    #expect(problems.output.contains("6 deliveries wait"))
    let before = destination.requests.count
    let resume = try CommandRun(["destinations", "resume", "crm", "--database", copy])
    #expect(resume.exitCode == 0, "\(resume.errors)")
    #expect(destination.wait(requests: before + 6))
    let later = destination.requests[before...].compactMap { $0["webhook-id"] }
    let earlier = destination.requests[..<before].compactMap { $0["webhook-id"] }
    #expect(Set(later).intersection(earlier).count == 5, "what would have been sent twice, by the same ids")
    #expect(restored.terminate() == 0)
    // It is an ordinary database from now on.
    #expect(try RelayProcess(rules: bench.rules, database: copy).terminate() == 0)
    #expect(try Connection(path: copy, mode: .readOnly).integer("SELECT count(*) FROM hold") == 0)
  }
}
