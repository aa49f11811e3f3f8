import RelayCore
import SQLite
import Telemetry

/// Writes refused requests from their tray into the database, in transactions of their own, so that nothing of theirs can
/// make a record's transaction fail; and takes the oldest out again. Belongs to the writer's thread.
final class RefusedKeeping {
  /// Rows that one run takes out for their age.
  private static let sweepLimit: Int64 = 500

  private let connection: Connection
  private let tray: RefusedTray
  private let log: Log
  private let find: Statement
  private let count: Statement
  private let insert: Statement
  private let load: Statement
  private let findOldest: Statement
  private let findExpired: Statement
  private let deleteRow: Statement
  private let deleteExpired: Statement
  private var ids = IdentifierGenerator(process: .random(in: 0...0x1FFF))
  /// The last run failed, and was told of.
  private var fails = false

  init(connection: Connection, tray: RefusedTray, log: Log) throws(DatabaseError) {
    self.connection = connection
    self.tray = tray
    self.log = log
    find = try connection.prepare("SELECT id FROM refused WHERE source = ? AND content_hash = ?")
    count = try connection.prepare(
      """
      UPDATE refused SET times = times + 1, last_received_at_ms = max(last_received_at_ms, ?2),
        expires_at_ms = max(expires_at_ms, ?3)
      WHERE id = ?1
      """)
    insert = try connection.prepare(
      """
      INSERT INTO refused (id, source, state, received_at_ms, last_received_at_ms, times, expires_at_ms, sender, credential,
        status, reason, content_hash, size, content_type, headers, query, body, bytes)
      VALUES (?, ?, 'kept', ?3, ?3, 1, ?4, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    // Both answered from refused_of_source alone.
    load = try connection.prepare("SELECT count(*), coalesce(sum(bytes), 0) FROM refused WHERE source = ?")
    findOldest = try connection.prepare("SELECT id, bytes FROM refused WHERE source = ? ORDER BY id LIMIT 1")
    findExpired = try connection.prepare("SELECT 1 FROM refused WHERE expires_at_ms <= ? LIMIT 1")
    deleteRow = try connection.prepare("DELETE FROM refused WHERE id = ?")
    deleteExpired = try connection.prepare(
      "DELETE FROM refused WHERE id IN (SELECT id FROM refused WHERE expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?)"
    )
  }

  /// Called once a second and before the end. Where it fails, what was in the tray is lost, and counted.
  func run(at now: Instant, before: ((Connection) throws(DatabaseError) -> Void)?) {
    let waiting = tray.take()
    do {
      guard try !waiting.isEmpty || isSomethingExpired(at: now) else { return }
      try before?(connection)
      try connection.transaction {
        for new in waiting { try keep(new, at: now) }
        for limits in Self.newestLimits(in: waiting) { try makeRoom(source: limits.source, limits.limits) }
        deleteExpired.bind(1, now.milliseconds)
        deleteExpired.bind(2, Self.sweepLimit)
        try deleteExpired.run()
      }
      tray.countKept(waiting.count)
      fails = false
    } catch {
      tray.countDropped(waiting.count)
      guard !fails else { return }
      fails = true
      log.warning("queue.refused_not_kept", [LogField("count", waiting.count), LogField("reason", "\(error)")])
    }
  }

  private func isSomethingExpired(at now: Instant) throws(DatabaseError) -> Bool {
    findExpired.bind(1, now.milliseconds)
    defer { findExpired.reset() }
    return try findExpired.step()
  }

  private func keep(_ new: NewRefused, at now: Instant) throws(DatabaseError) {
    if let known = try findKnown(new) {
      count.bind(1, known)
      count.bind(2, new.receivedAt.milliseconds)
      count.bind(3, new.expiresAt.milliseconds)
      return try count.run()
    }
    while true {
      do {
        return try insert(new, id: ids.next(at: now))
      } catch {
        guard error.isTakenIdentifier else { throw error }
      }
    }
  }

  private func findKnown(_ new: NewRefused) throws(DatabaseError) -> Int64? {
    find.bind(1, new.source)
    find.bind(2, new.contentHash)
    defer { find.reset() }
    return try find.step() ? find.integer(0) : nil
  }

  private func insert(_ new: NewRefused, id: Identifier) throws(DatabaseError) {
    let headers = RawRecordColumns.text(new.raw.headers)
    let query = RawRecordColumns.text(new.raw.query)
    insert.bind(1, id.number)
    insert.bind(2, new.source)
    insert.bind(3, new.receivedAt.milliseconds)
    insert.bind(4, new.expiresAt.milliseconds)
    insert.bind(5, new.sender)
    insert.bind(6, new.credential)
    insert.bind(7, new.status)
    insert.bind(8, new.reason)
    insert.bind(9, new.contentHash)
    insert.bind(10, new.size.map(Int64.init))
    insert.bind(11, new.raw.contentType)
    insert.bind(12, textOf: headers)
    insert.bind(13, textOf: query)
    // NULL where there was one that nobody read.
    insert.bind(14, new.raw.body.isEmpty && new.size != 0 ? nil : new.raw.body)
    insert.bind(15, new.raw.body.count + headers.count + query.count)
    try insert.run()
  }

  /// Takes the oldest rows of a source out until both limits are kept.
  private func makeRoom(source: String, _ limits: NewRefused.Limits) throws(DatabaseError) {
    load.bind(1, source)
    var (rows, bytes) = try load.step() ? (load.integer(0), load.integer(1)) : (0, 0)
    load.reset()
    while rows > limits.count || bytes > limits.bytes {
      findOldest.bind(1, source)
      guard try findOldest.step() else { return findOldest.reset() }
      let (id, freed) = (findOldest.integer(0), findOldest.integer(1))
      findOldest.reset()
      deleteRow.bind(1, id)
      try deleteRow.run()
      rows -= 1
      bytes -= freed
    }
  }

  private static func newestLimits(in waiting: [NewRefused]) -> [(source: String, limits: NewRefused.Limits)] {
    Dictionary(waiting.map { ($0.source, $0.limits) }) { $1 }.map { ($0.key, $0.value) }
  }
}
