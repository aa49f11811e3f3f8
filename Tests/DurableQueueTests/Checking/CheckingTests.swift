import DurableQueue
import RelayCore
import SQLite
import TestSupport
import Testing

/// The check of the queue finds what can't be, and nothing else.
@Suite struct CheckingTests {
  private func check(
    _ database: DatabaseOnDisk, retention: RetentionPolicy = RetentionPolicy(), integrity: IntegrityCheck = .full
  ) throws -> QueueCheck {
    try QueueVisitor(path: database.path).check(now: database.now, retention: retention, integrity: integrity)
  }

  /// One delivery of each kind.
  private func filled() throws -> DatabaseOnDisk {
    let database = try DatabaseOnDisk()
    try database.delivery(.waiting)
    try database.delivery(.waiting, status: 503, next: database.now + 5000)
    try database.delivery(to: "archive", .waiting)
    try database.delivery(.sending)
    try database.delivery(.delivered, status: 200)
    try database.delivery(.dead, status: 400)
    try database.delivery(.cancelled, reason: "not wanted")
    _ = try database.record(unrouted: true)
    try database.execute(
      """
      UPDATE queue_count SET unsettled = 4;
      INSERT INTO destination (name, held_since_at_ms) VALUES ('archive', 1);
      INSERT INTO hold (destination, kind, since_at_ms, reason) VALUES ('archive', 'person', 1, 'maintenance')
      """)
    return database
  }

  @Test func whatIsAsItShouldBeHasNoFaultAndAReason() throws {
    let found = try check(filled())
    #expect(found.faults == [])
    #expect((found.due, found.scheduled, found.held, found.inFlight) == (1, 1, 1, 1))
  }

  @Test(arguments: [
    (QueueFault.Kind.unsettledCount, "UPDATE queue_count SET unsettled = 5"),
    (.heldClock, "UPDATE destination SET held_since_at_ms = NULL"),
    (.heldClock, "DELETE FROM hold"),
    (.deliveryWithoutRecord, "DELETE FROM record WHERE id = (SELECT record FROM delivery WHERE state = 'delivered')"),
    (
      .scheduledTooFar,
      "UPDATE delivery SET next_attempt_at_ms = next_attempt_at_ms + 86500000 WHERE next_attempt_at_ms % 10000 > 0"
    ),
    (.deadWithoutReason, "DELETE FROM dead_letter"),
    (.deadWithoutReason, "UPDATE dead_letter SET reason = ''"),
    (.triesWithoutAttempts, "UPDATE delivery SET tries = tries + 1 WHERE state = 'delivered'"),
    (.triesWithoutAttempts, "DELETE FROM attempt WHERE outcome = 'delivered'"),
    (.attemptWithoutDelivery, "INSERT INTO attempt VALUES (7, 1, 0, 0, NULL, 200, 'delivered', NULL, NULL)"),
    (
      .deadLetterWithoutDelivery,
      "INSERT INTO dead_letter SELECT id, 0, NULL, 'x' FROM delivery WHERE state = 'delivered'"
    ),
    (.recordWithoutDeliveries, "UPDATE record SET unrouted = 0 WHERE unrouted = 1"),
    (
      .unroutedWithDeliveries,
      "UPDATE record SET unrouted = 1 WHERE id = (SELECT record FROM delivery WHERE state = 'dead')"
    ),
    (.schema, "DROP INDEX delivery_due"),
    (.schema, "ALTER TABLE action ADD COLUMN more TEXT"),
  ])
  func whatCantBeIsFound(kind: QueueFault.Kind, sql: String) throws {
    let database = try filled()
    try database.execute(sql)
    #expect(try check(database).faults.map(\.kind) == [kind], "\(sql)")
  }

  @Test func aWaitingDeliveryThatTheIndexDoesNotKnowIsFound() throws {
    for (index, state, kind) in [
      ("delivery_due", DeliveryState.waiting, QueueFault.Kind.notInDueIndex),
      ("delivery_sending", .sending, .notInSendingIndex),
    ] {
      let database = try filled()
      // The index is hidden while a row is made: it then stands in the table and not in the index.
      try database.execute(
        """
        CREATE TABLE hidden AS SELECT * FROM sqlite_schema WHERE name = '\(index)';
        PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = '\(index)'; PRAGMA writable_schema = RESET
        """)
      let lost = try database.delivery(state)
      try database.execute(
        """
        PRAGMA writable_schema = ON; INSERT INTO sqlite_schema SELECT * FROM hidden; PRAGMA writable_schema = RESET;
        DROP TABLE hidden
        """)
      let faults = try check(database, integrity: .none).faults
      #expect(faults.map(\.kind) == [kind])
      #expect(faults.first?.ids == [lost])
      #expect(try check(database, integrity: .full).faults.contains { $0.kind == .integrity })
    }
  }

  @Test func aSentenceNamesTheFirstRowsAndNothingThatStandsInThem() throws {
    let database = try DatabaseOnDisk()
    let deliveries = try (0..<7).map { _ in
      try database.delivery(of: database.record(from: "+33140000000", body: "secret"), .dead)
    }
    try database.execute("DELETE FROM dead_letter")
    let fault = try #require(check(database).faults.first)
    let named = deliveries.prefix(5).map(\.description).joined(separator: ", ")
    #expect(fault.sentence == "dead deliveries without a row in dead_letter that says why: \(named) and 2 more")
  }

  @Test func whatRetentionRemovedIsNotMissed() throws {
    let database = try DatabaseOnDisk()
    _ = try database.record(at: database.now + -2000)
    var retention = RetentionPolicy()
    #expect(try check(database, retention: retention).faults.map(\.kind) == [.recordWithoutDeliveries])
    retention.delivered = 1000
    #expect(try check(database, retention: retention).faults == [])
  }

  @Test func everySliceIsLookedAt() throws {
    let database = try DatabaseOnDisk()
    try database.execute(
      """
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 45000)
      INSERT INTO attempt SELECT i, 1, 0, 0, NULL, 200, 'delivered', NULL, NULL FROM n
      """)
    var seen: [Int] = []
    let found = try QueueVisitor(path: database.path).check(now: database.now) { table, rows in
      if table == "attempt" { seen.append(rows) }
    }
    #expect(seen == [20_000, 40_000, 45_000])
    #expect(found.faults.first?.count == 45_000)
    #expect(found.faults.first?.ids.count == 5)
  }
}
