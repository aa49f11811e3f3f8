import RelayCore
import SQLite

extension QueueVisitor {
  /// Calls `body` with each record that is meant, newest first, at most `limit` of them (nil: all).
  package func forEachRecord(_ filter: RecordFilter, limit: Int? = nil, _ body: (RecordRow) throws -> Void) throws {
    var left = limit ?? .max
    var before: Int64 = .max
    while left > 0 {
      var condition = filter.condition
      condition.add("r.id < ?", .integer(before))
      let query =
        Query("SELECT r.id FROM record r") + condition.clause
        + Query("ORDER BY r.id DESC LIMIT ?", [.integer(Int64(Self.idChunk))])
      let ids = try rows(query) { $0.integer(0) }
      for id in ids {
        guard let row = try record(Identifier(id)), filter.matches(row) else { continue }
        try body(row)
        left -= 1
        if left == 0 { return }
      }
      guard let last = ids.last, ids.count == Self.idChunk else { return }
      before = last
    }
  }

  package func record(_ id: Identifier) throws -> RecordRow? {
    try first(Query("SELECT \(RecordRow.columns) FROM record r WHERE r.id = ?", [.id(id)]), RecordRow.init)
  }

  /// What was received; nil where there is no such record, or its body is gone.
  package func raw(ofRecord id: Identifier) throws -> RawRecord? {
    let query = Query(
      "SELECT content_type, headers, query, body FROM record WHERE id = ? AND body IS NOT NULL", [.id(id)])
    return try first(query) { row in
      RawRecordColumns.read(row, from: 0)
    }
  }
}
