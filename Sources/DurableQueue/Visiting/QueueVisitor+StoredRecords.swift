import RelayCore
import SQLite

/// A record with what was received.
package struct StoredRecord: Sendable {
  package let row: RecordRow
  /// nil once the body is gone.
  package let raw: RawRecord?
}

extension QueueVisitor {
  /// Rows of one statement, and bytes of bodies behind which it ends early: what is in memory at a time.
  private static let pageRows = 500
  private static let pageBytes = 16 << 20

  /// Calls `body` with each record that was received at or after `since` (nil: with all), the newest first. Ids rise with the
  /// time of receipt, so that older records are not read: it ends behind the first page that holds none of that time.
  package func forEachStoredRecord(
    since: Instant?, limit: Int = .max, _ body: (StoredRecord) throws -> Void
  ) throws {
    var before = Int64.max
    var left = limit
    while left > 0 {
      let page = try storedRecords(before: before, limit: min(left, Self.pageRows))
      let meant = page.filter { record in since.map { record.row.receivedAt >= $0 } ?? true }
      for record in meant { try body(record) }
      guard let last = page.last, !meant.isEmpty else { return }
      before = last.row.id.number
      left -= meant.count
    }
  }

  private func storedRecords(before: Int64, limit: Int) throws -> [StoredRecord] {
    try naming {
      let statement = try connection.statement(
        """
        SELECT \(RecordRow.columns), r.content_type, r.headers, r.query, r.body FROM record r WHERE r.id < ?
        ORDER BY r.id DESC LIMIT ?
        """)
      defer { statement.reset() }
      statement.bind(1, before)
      statement.bind(2, limit)
      let received: Int32 = 16
      var page: [StoredRecord] = []
      var bytes = 0
      while bytes < Self.pageBytes, try statement.step() {
        bytes += statement.byteCount(received + 3)
        let raw = statement.isNull(received + 3) ? nil : RawRecordColumns.read(statement, from: received)
        page.append(StoredRecord(row: RecordRow(statement), raw: raw))
      }
      return page
    }
  }
}
