import RelayCore
import SQLite

/// The rows that retention reads and removes. Each statement reads a few rows next to each other.
final class RetentionRows {
  private let connection: Connection
  private let findRecord: Statement
  private let readRecords: Statement
  private let readDeliveries: Statement
  private let readStrays: Statement
  private let readLater: Statement

  init(connection: Connection) throws(DatabaseError) {
    self.connection = connection
    findRecord = try connection.prepare("SELECT 1 FROM record WHERE id > ? AND id < ? LIMIT 1")
    readRecords = try connection.prepare(
      """
      SELECT id, received_at_ms, unrouted, typeof(body) <> 'null' FROM record WHERE id > ? AND id < ? ORDER BY id LIMIT ?
      """)
    readDeliveries = try connection.prepare(
      "SELECT id, record, state, settled_at_ms FROM delivery WHERE id > ? AND id <= ? ORDER BY id")
    readStrays = try connection.prepare(
      """
      SELECT id, record, state, settled_at_ms FROM delivery INDEXED BY delivery_of_record
      WHERE record BETWEEN ? AND ? AND id - record NOT BETWEEN 1 AND \(Schema.deliverySpan)
      """)
    readLater = try connection.prepare(
      "SELECT record FROM retention_later WHERE look_at_ms <= ? ORDER BY look_at_ms LIMIT ?")
  }
}

// MARK: - Records with their deliveries

extension RetentionRows {
  func isRecord(after first: Int64, before last: Int64) throws(DatabaseError) -> Bool {
    findRecord.bind(1, first)
    findRecord.bind(2, last)
    defer { findRecord.reset() }
    return try findRecord.step()
  }

  /// The oldest first.
  func records(after first: Int64, before bound: Int64, limit: Int) throws(DatabaseError) -> [AgingRecord] {
    var records: [AgingRecord] = []
    readRecords.bind(1, first)
    readRecords.bind(2, bound)
    readRecords.bind(3, limit)
    while try readRecords.step() {
      records.append(
        AgingRecord(
          id: readRecords.integer(0), receivedAt: Instant(milliseconds: readRecords.integer(1)),
          isUnrouted: readRecords.integer(2) == 1, hasBody: readRecords.integer(3) == 1))
    }
    readRecords.reset()
    guard let first = records.first?.id, let last = records.last?.id else { return [] }
    let places = Dictionary(uniqueKeysWithValues: records.enumerated().map { ($1.id, $0) })
    // Those made with a record follow it; only for the others is there an index.
    readDeliveries.bind(1, first)
    readDeliveries.bind(2, last + Schema.deliverySpan)
    try addDeliveries(readDeliveries, to: &records, places) { (1...Schema.deliverySpan).contains($0) }
    readStrays.bind(1, first)
    readStrays.bind(2, last)
    try addDeliveries(readStrays, to: &records, places) { _ in true }
    return records
  }

  private func addDeliveries(
    _ statement: Statement, to records: inout [AgingRecord], _ places: [Int64: Int], where isMeant: (Int64) -> Bool
  ) throws(DatabaseError) {
    while try statement.step() {
      guard let place = places[statement.integer(1)], isMeant(statement.integer(0) - statement.integer(1)) else {
        continue
      }
      records[place].deliveries.append(
        AgingRecord.Delivery(
          // The schema allows no other word; `waiting` is never removed.
          id: statement.integer(0), state: DeliveryState(rawValue: statement.text(2)) ?? .waiting,
          settledAt: statement.instant(3)))
    }
    statement.reset()
  }

  /// With the call that it is of.
  func removeRecord(_ id: Int64) throws(DatabaseError) -> Int {
    _ = try run("DELETE FROM call_record WHERE record = ?", id)
    return try run("DELETE FROM record WHERE id = ?", id)
  }

  func removeBody(_ id: Int64) throws(DatabaseError) -> Int {
    try run("UPDATE record SET body = NULL, headers = '[]', query = '[]' WHERE id = ?", id)
  }

  /// With what its answer left for those behind it.
  func removeDelivery(_ id: Int64) throws(DatabaseError) -> Int {
    _ = try run("DELETE FROM captured WHERE delivery = ?", id)
    return try run("DELETE FROM delivery WHERE id = ?", id)
  }

  func removeDeadLetter(_ id: Int64) throws(DatabaseError) -> Int {
    try run("DELETE FROM dead_letter WHERE delivery = ?", id)
  }

  func removeAttempts(of delivery: Int64) throws(DatabaseError) -> Int {
    try run("DELETE FROM attempt WHERE delivery = ?", delivery)
  }

  func removeAnswers(of delivery: Int64) throws(DatabaseError) -> Int {
    try run("UPDATE attempt SET response = NULL WHERE delivery = ? AND response IS NOT NULL", delivery)
  }

  /// Gives the count of rows changed.
  private func run(_ sql: String, _ id: Int64) throws(DatabaseError) -> Int {
    let statement = try connection.statement(sql)
    statement.bind(1, id)
    try statement.run()
    return connection.changes
  }
}

// MARK: - Quarantine

extension RetentionRows {
  func quarantined(after last: Int64, limit: Int) throws(DatabaseError) -> [(id: Int64, settledAt: Instant?)] {
    let statement = try connection.statement(
      "SELECT id, settled_at_ms FROM quarantine WHERE id > ? ORDER BY id LIMIT ?")
    statement.bind(1, last)
    statement.bind(2, limit)
    var rows: [(id: Int64, settledAt: Instant?)] = []
    while try statement.step() { rows.append((statement.integer(0), statement.instant(1))) }
    statement.reset()
    return rows
  }

  func removeQuarantined(_ id: Int64) throws(DatabaseError) -> Int {
    try run("DELETE FROM quarantine WHERE id = ? AND state <> 'kept'", id)
  }
}

// MARK: - Calls

extension RetentionRows {
  /// Those that were settled before, by id.
  func calls(after last: Int64, before bound: Instant, limit: Int) throws(DatabaseError) -> [Int64] {
    let statement = try connection.statement(
      "SELECT id FROM call_request WHERE id > ? AND settled_at_ms <= ? ORDER BY id LIMIT ?")
    statement.bind(1, last)
    statement.bind(2, bound.milliseconds)
    statement.bind(3, limit)
    var ids: [Int64] = []
    while try statement.step() { ids.append(statement.integer(0)) }
    statement.reset()
    return ids
  }

  func removeCall(_ id: Int64) throws(DatabaseError) -> Int {
    _ = try run("DELETE FROM call_record WHERE call = ?", id)
    return try run("DELETE FROM call_request WHERE id = ?", id)
  }
}

// MARK: - Where the walk is

extension RetentionRows {
  /// 0 at the beginning.
  func cursor(of span: Int64) throws(DatabaseError) -> Int64 {
    let statement = try connection.statement("SELECT record FROM retention_cursor WHERE span = ?")
    statement.bind(1, span)
    defer { statement.reset() }
    return try statement.step() ? statement.integer(0) : 0
  }

  func setCursor(of span: Int64, to record: Int64, under policy: String) throws(DatabaseError) {
    let statement = try connection.statement(
      "INSERT OR REPLACE INTO retention_cursor (span, record, policy) VALUES (?, ?, ?)")
    statement.bind(1, span)
    statement.bind(2, record)
    statement.bind(3, policy)
    try statement.run()
  }

  /// Under another policy all is walked anew.
  func forgetCursors(but policy: String) throws(DatabaseError) {
    let statement = try connection.statement("DELETE FROM retention_cursor WHERE policy <> ?")
    statement.bind(1, policy)
    try statement.run()
  }

  func later(until now: Instant, limit: Int) throws(DatabaseError) -> [Int64] {
    readLater.bind(1, now.milliseconds)
    readLater.bind(2, limit)
    var ids: [Int64] = []
    while try readLater.step() { ids.append(readLater.integer(0)) }
    readLater.reset()
    return ids
  }

  func lookLater(at record: Int64, _ at: Instant) throws(DatabaseError) {
    let statement = try connection.statement(
      "INSERT OR REPLACE INTO retention_later (record, look_at_ms) VALUES (?, ?)")
    statement.bind(1, record)
    statement.bind(2, at.milliseconds)
    try statement.run()
  }

  func forgetLater(_ record: Int64) throws(DatabaseError) {
    _ = try run("DELETE FROM retention_later WHERE record = ?", record)
  }
}
