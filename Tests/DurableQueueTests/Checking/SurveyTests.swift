import DurableQueue
import Foundation
import RelayCore
import TestSupport
import Testing

/// What the relay sees of its own queue in a few steps.
@Suite struct SurveyTests {
  @Test func aMovementChangesWithEverythingThatMoves() throws {
    let database = try DatabaseOnDisk()
    let visitor = try QueueVisitor(path: database.path)
    #expect(try visitor.movements(at: database.now) == [:])
    let later = try database.delivery(.waiting, next: database.now + 1)
    #expect(try visitor.movements(at: database.now) == [:])
    let first = try database.delivery(.waiting, next: database.now + -5000)
    let sending = try database.delivery(to: "archive", .sending)
    let look = try visitor.movements(at: database.now + 1)
    #expect(look["crm"]?.next == first)
    #expect(look["crm"]?.dueSince == database.now + -5000)
    #expect(look["crm"]?.hasWork == true)
    #expect(look["archive"]?.sending == 1)
    try database.execute("UPDATE delivery SET state = 'sending', next_attempt_at_ms = NULL WHERE id = \(first)")
    let taken = try visitor.movements(at: database.now + 1)
    #expect(taken["crm"]?.next == later)
    #expect(taken["crm"] != look["crm"])
    try database.execute("UPDATE delivery SET tries = tries + 1 WHERE id = \(sending)")
    #expect(try visitor.movements(at: database.now + 1)["archive"] != look["archive"])
  }

  @Test func inShortIsTheSameAsTheStatusButForHighCounts() throws {
    let database = try DatabaseOnDisk()
    for state in [DeliveryState.waiting, .waiting, .sending, .dead] { try database.delivery(state) }
    try database.delivery(to: "archive", .delivered)
    try database.execute("INSERT INTO destination (name) VALUES ('once')")
    _ = try database.quarantined(body: "[]")
    _ = try database.refused(body: "[]")
    let visitor = try QueueVisitor(path: database.path)
    let whole = try visitor.status(dayStart: database.now)
    var short = try visitor.destinationsInShort()
    for index in short.indices {
      short[index].oldestWaitingSince = try visitor.oldestWaiting(for: short[index].name, ifBefore: database.now + 1)
    }
    #expect(try visitor.oldestWaiting(for: "crm", ifBefore: database.now) == nil)
    #expect(short == whole.destinations)
    let kept = try visitor.keptInShort()
    #expect((kept.unrouted, kept.quarantined) == (whole.unrouted, whole.quarantined))
    #expect(kept.refused == whole.refused)
    let record = try database.record()
    try database.execute(
      """
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
      INSERT INTO delivery (id, record, destination, rule, state, created_at_ms, clock_started_at_ms, held_before_ms,
        next_attempt_at_ms) SELECT 1000000 + i, \(record), 'crm', 'all', 'waiting', 0, 0, 0, 0 FROM n
      """)
    #expect(try visitor.destinationsInShort().first?.waiting == QueueVisitor.countLimit)
  }

  @Test func theLastRecordOfASourceIsThatOfItsNewestHour() throws {
    let database = try DatabaseOnDisk()
    try database.execute(
      """
      INSERT INTO source_hour (source, hour_at_ms, refused, last_record_at_ms) VALUES
        ('pbx', 0, 0, 5), ('pbx', 3600000, 0, 3600009), ('pbx', 7200000, 3, NULL), ('other', 7200000, 0, 7200001)
      """)
    let visitor = try QueueVisitor(path: database.path)
    #expect(try visitor.lastRecord(of: "pbx") == Instant(milliseconds: 3_600_009))
    #expect(try visitor.lastRecord(of: "nobody") == nil)
  }

  @Test func whatWasToldIsKept() throws {
    let database = try DatabaseOnDisk()
    let visitor = try QueueVisitor(path: database.path)
    let alerts = [
      ToldAlert(
        condition: "dead_letters crm", kind: "dead_letters", destination: "crm", source: nil, text: "crm: 1 is dead",
        level: nil, beganAt: database.now, toldAt: database.now + 5),
      ToldAlert(
        condition: "quarantined", kind: "quarantined", destination: nil, source: nil, text: "3 are", level: 3,
        beganAt: database.now, toldAt: database.now),
    ]
    try visitor.keep(alerts)
    #expect(try QueueVisitor(path: database.path).toldAlerts() == alerts)
    try visitor.keep([alerts[1]])
    #expect(try visitor.toldAlerts() == [alerts[1]])
  }

  @Test func theOwnerOfADatabaseIsTheProcessThatHoldsItsLock() throws {
    let fixture = try QueueFixture()
    #expect(DatabaseOwner.process(ofDatabase: fixture.path) == getpid())
    fixture.queue.close()
    let other = try DatabaseOnDisk()
    #expect(DatabaseOwner.process(ofDatabase: other.path) == nil)
    #expect(DatabaseOwner.process(ofDatabase: "/nowhere/cdrelay.db") == nil)
  }
}
