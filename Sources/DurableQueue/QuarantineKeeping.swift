import RelayCore
import SQLite

/// Keeps what an authenticated sender sent and we could not accept: each content of a source once, counted, and not more
/// rows of a source than its limit.
final class QuarantineKeeping {
  private let find: Statement
  private let count: Statement
  private let countKept: Statement
  private let insert: Statement

  init(connection: Connection) throws(DatabaseError) {
    find = try connection.prepare("SELECT id, times FROM quarantine WHERE source = ? AND content_hash = ?")
    count = try connection.prepare(
      "UPDATE quarantine SET times = times + 1, last_received_at_ms = max(last_received_at_ms, ?) WHERE id = ?")
    countKept = try connection.prepare("SELECT count(*) FROM quarantine WHERE source = ? AND state = 'kept'")
    insert = try connection.prepare(
      """
      INSERT INTO quarantine (id, source, state, received_at_ms, last_received_at_ms, times, sender, credential, status,
        reason, content_hash, size, content_type, headers, query, body)
      VALUES (?, ?, 'kept', ?3, ?3, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
  }

  /// nil where the source has as many rows as it may.
  func keep(
    _ new: NewQuarantine, limit: Int, at now: Instant, ids: inout IdentifierGenerator
  ) throws(DatabaseError) -> QuarantineReceipt? {
    if let known = try findKnown(new) {
      count.bind(1, new.receivedAt.milliseconds)
      count.bind(2, known.id.number)
      try count.run()
      return QuarantineReceipt(id: known.id, times: known.times + 1)
    }
    guard try kept(of: new.source) < limit else { return nil }
    while true {
      let id = ids.next(at: now)
      do {
        try insert(new, id: id)
        return QuarantineReceipt(id: id, times: 1)
      } catch {
        guard error.isTakenIdentifier else { throw error }
      }
    }
  }

  private func findKnown(_ new: NewQuarantine) throws(DatabaseError) -> (id: Identifier, times: Int)? {
    find.bind(1, new.source)
    find.bind(2, new.contentHash)
    defer { find.reset() }
    return try find.step() ? (Identifier(find.integer(0)), Int(find.integer(1))) : nil
  }

  private func kept(of source: String) throws(DatabaseError) -> Int {
    countKept.bind(1, source)
    defer { countKept.reset() }
    return try countKept.step() ? Int(countKept.integer(0)) : 0
  }

  private func insert(_ new: NewQuarantine, id: Identifier) throws(DatabaseError) {
    insert.bind(1, id.number)
    insert.bind(2, new.source)
    insert.bind(3, new.receivedAt.milliseconds)
    insert.bind(4, new.sender)
    insert.bind(5, new.credential)
    insert.bind(6, new.status)
    insert.bind(7, new.reason)
    insert.bind(8, new.contentHash)
    insert.bind(9, new.size.map(Int64.init))
    insert.bind(10, new.raw.contentType)
    insert.bind(11, textOf: RawRecordColumns.text(new.raw.headers))
    insert.bind(12, textOf: RawRecordColumns.text(new.raw.query))
    // NULL where there was one that nobody read.
    insert.bind(13, new.raw.body.isEmpty && new.size != 0 ? nil : new.raw.body)
    try insert.run()
  }
}
