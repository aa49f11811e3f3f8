import RelayCore
import SQLite

/// How much of the file is read beyond the rows themselves.
package enum IntegrityCheck: String, Sendable {
  case none
  /// Every page and row of each table (sqlite.org/pragma.html#pragma_quick_check).
  case quick
  /// Indexes too: each entry against its row.
  case full
}

extension QueueVisitor {
  /// Rows looked at in one statement: some tens of milliseconds, so that no snapshot keeps the relay's log from starting
  /// over for long.
  private static let checkSlice = 20_000

  /// Looks at every row and says what can't be. Reads only, in slices, beside a running relay: what one statement looks at
  /// is of one moment, and no sentence needs more than one statement. Memory does not grow with the rows.
  /// - Parameter retention: what it may have removed is not missed.
  /// - Parameter progress: called behind each slice with the table and the rows of it that were looked at.
  package func check(
    now: Instant, retention: RetentionPolicy = RetentionPolicy(), integrity: IntegrityCheck = .none,
    progress: (_ table: String, _ rows: Int) throws -> Void = { _, _ in }
  ) throws -> QueueCheck {
    var check = QueueCheck()
    try checkSchema(&check)
    // Without its tables and indexes nothing else can be asked.
    guard check.faults.isEmpty else { return check }
    try countWaiting(at: now, &check)
    try checkHolds(&check)
    for walk in walks(now, retention) { try run(walk, &check, progress) }
    try checkIntegrity(integrity, &check, progress)
    return check
  }

  // MARK: - As a whole

  /// Against a database that this program makes.
  private func checkSchema(_ check: inout QueueCheck) throws {
    let objects = Query("SELECT type || ' ' || name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
    let found = Dictionary(try rows(objects) { ($0.text(0), $0.text(1)) }, uniquingKeysWith: { first, _ in first })
    let fresh = try naming {
      let fresh = try Connection(path: ":memory:", mode: .create)
      try fresh.execute(
        "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, migrated_at_ms INTEGER NOT NULL) STRICT")
      for migration in Schema.migrations { try fresh.execute(migration) }
      return fresh
    }
    let wanted = try naming { try fresh.prepare(objects.sql) }
    while try naming({ try wanted.step() }) {
      let (object, sql) = (wanted.text(0), wanted.text(1))
      guard object != "table schema_version", found[object] != sql else { continue }
      check.add(.schema, detail: "\(object) \(found[object] == nil ? "is missing" : "was changed")")
    }
  }

  /// One look at each of the two small indexes, and at the count that is kept.
  private func countWaiting(at now: Instant, _ check: inout QueueCheck) throws {
    let counts = Query(
      """
      SELECT destination, count(*) FILTER (WHERE next_attempt_at_ms <= ?), count(*)
      FROM delivery INDEXED BY delivery_due WHERE state = 'waiting' GROUP BY destination
      """, [.instant(now)])
    let holds = try holds()
    for (name, due, all) in try rows(counts, { ($0.text(0), Int($0.integer(1)), Int($0.integer(2))) }) {
      if holds[name]?.isHeld == true {
        check.held += all
      } else {
        check.due += due
        check.scheduled += all - due
      }
    }
    let sums = Query(
      """
      SELECT (SELECT count(*) FROM delivery INDEXED BY delivery_due WHERE state = 'waiting'),
        (SELECT count(*) FROM delivery INDEXED BY delivery_sending WHERE state = 'sending'),
        (SELECT unsettled FROM queue_count)
      """)
    guard let sum = try first(sums, { ($0.integer(0), $0.integer(1), $0.integer(2)) }) else { return }
    check.inFlight = Int(sum.1)
    if sum.0 + sum.1 != sum.2 {
      check.add(.unsettledCount, detail: "\(sum.2) are counted, \(sum.0) wait and \(sum.1) are being sent")
    }
  }

  private func checkHolds(_ check: inout QueueCheck) throws {
    for (name, state) in try holds().sorted(by: { $0.key < $1.key }) {
      let stops = state.holds.contains(where: \.kind.stopsTheClock)
      if stops != (state.heldSince != nil) { check.add(.heldClock, detail: name) }
    }
  }

  private func checkIntegrity(
    _ integrity: IntegrityCheck, _ check: inout QueueCheck, _ progress: (String, Int) throws -> Void
  ) throws {
    guard integrity != .none else { return }
    let tables = try rows(Query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")) { $0.text(0) }
    // Table by table: the snapshot of one ends before that of the next begins.
    for table in tables {
      let pragma = integrity == .full ? "integrity_check" : "quick_check"
      let lines = try rows(Query("PRAGMA \(pragma)('\(table)')")) { $0.text(0) }
      for line in lines.prefix(QueueFault.namedIDs) where line != "ok" {
        check.add(.integrity, detail: "\(table): \(line)")
      }
      try progress(table, 0)
    }
  }
}

// MARK: - Row by row

/// Slices of a table in the order of its key, and what is wrong with a row.
private struct CheckWalk {
  let table: String
  let key: String
  /// SQL that gives the word of a fault, or NULL.
  let fault: String
  var values: [Query.Value] = []
}

extension QueueVisitor {
  private func walks(_ now: Instant, _ retention: RetentionPolicy) -> [CheckWalk] {
    [
      deliveries(latest: now + DeliverySettling.longestDelay + 60_000),
      CheckWalk(
        table: "attempt", key: "delivery",
        fault: """
          CASE WHEN NOT EXISTS (SELECT 1 FROM delivery d WHERE d.id = t.delivery) THEN 'attempt_without_delivery' END
          """),
      CheckWalk(
        table: "dead_letter", key: "delivery",
        fault: """
          CASE WHEN NOT EXISTS (SELECT 1 FROM delivery d WHERE d.id = t.delivery AND d.state = 'dead')
            THEN 'dead_letter_without_delivery' END
          """),
      CheckWalk(
        table: "captured", key: "delivery",
        fault: """
          CASE WHEN NOT EXISTS (SELECT 1 FROM delivery d WHERE d.id = t.delivery) THEN 'captured_without_delivery' END
          """),
      records(since: now + -min(retention.delivered, retention.cancelled, retention.dead)),
    ]
  }

  private func deliveries(latest: Instant) -> CheckWalk {
    CheckWalk(
      table: "delivery", key: "id",
      fault: """
        CASE
          WHEN NOT EXISTS (SELECT 1 FROM record r WHERE r.id = t.record) THEN 'delivery_without_record'
          WHEN t.state = 'waiting' AND NOT EXISTS (
            SELECT 1 FROM delivery d INDEXED BY delivery_due WHERE d.state = 'waiting' AND d.destination = t.destination
              AND d.next_attempt_at_ms = t.next_attempt_at_ms AND d.id = t.id) THEN 'not_in_due_index'
          WHEN t.state = 'waiting' AND t.next_attempt_at_ms = \(CallOrder.never.milliseconds) THEN
            CASE WHEN NOT EXISTS (
              SELECT 1 FROM call_order own JOIN call_order first
                ON first.destination = own.destination AND first.call = own.call AND first.place < own.place
              JOIN delivery f ON f.id = first.delivery AND (f.state = 'waiting' OR f.state = 'sending')
              WHERE own.delivery = t.id) THEN 'behind_nothing' END
          WHEN t.state = 'waiting' AND t.next_attempt_at_ms > ?3 THEN 'scheduled_too_far'
          WHEN t.state = 'sending' AND NOT EXISTS (
            SELECT 1 FROM delivery d INDEXED BY delivery_sending WHERE d.state = 'sending'
              AND d.destination = t.destination AND d.id = t.id) THEN 'not_in_sending_index'
          WHEN t.state = 'dead' AND NOT EXISTS (
            SELECT 1 FROM dead_letter l WHERE l.delivery = t.id AND l.reason <> '') THEN 'dead_without_reason'
          WHEN t.tries <> (SELECT count(*) FROM attempt a WHERE a.delivery = t.id) THEN 'tries_without_attempts'
        END
        """, values: [.instant(latest)])
  }

  /// A record without deliveries was matched by no rule, or is a revision that its destinations skip.
  private func records(since: Instant) -> CheckWalk {
    let has = """
      (EXISTS (SELECT 1 FROM delivery d WHERE d.id BETWEEN t.id + 1 AND t.id + \(Schema.deliverySpan) AND d.record = t.id)
        OR EXISTS (SELECT 1 FROM delivery d INDEXED BY delivery_of_record WHERE d.record = t.id
          AND d.id - d.record NOT BETWEEN 1 AND \(Schema.deliverySpan)))
      """
    return CheckWalk(
      table: "record", key: "id",
      fault: """
        CASE
          WHEN t.unrouted = 1 AND \(has) THEN 'unrouted_with_deliveries'
          WHEN t.unrouted = 0 AND t.revision = 0 AND t.body IS NOT NULL AND t.received_at_ms > ?3 AND NOT \(has)
            THEN 'record_without_deliveries'
        END
        """, values: [.instant(since)])
  }

  private func run(
    _ walk: CheckWalk, _ check: inout QueueCheck, _ progress: (String, Int) throws -> Void
  ) throws {
    var last = Int64.min
    var count = 0
    while true {
      let slice = Query(
        """
        SELECT max(key), count(*) FROM
          (SELECT \(walk.key) AS key FROM \(walk.table) WHERE \(walk.key) > ? ORDER BY \(walk.key) LIMIT ?)
        """, [.integer(last), .integer(Int64(Self.checkSlice))])
      guard let (end, rowCount) = try first(slice, isKept: true, { ($0.optionalInteger(0), Int($0.integer(1))) }),
        let end
      else { return }
      let faults = Query(
        "SELECT t.\(walk.key), \(walk.fault) AS fault FROM \(walk.table) t "
          + "WHERE t.\(walk.key) > ?1 AND t.\(walk.key) <= ?2 AND fault IS NOT NULL",
        [.integer(last), .integer(end)] + walk.values)
      for (id, word) in try rows(faults, isKept: true, { ($0.integer(0), $0.text(1)) }) {
        if let kind = QueueFault.Kind(rawValue: word) { check.add(kind, id: id) }
      }
      count += rowCount
      last = end
      try progress(walk.table, count)
    }
  }
}
