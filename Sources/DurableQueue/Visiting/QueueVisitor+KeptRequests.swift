import RelayCore
import SQLite

extension QueueVisitor {
  /// Ids of the requests that are meant, newest first, at most `limit` (nil: all). Both tables are bounded per source, so the
  /// ids fit in memory.
  package func requestIDs(
    in table: KeptRequestTable, _ filter: KeptRequestFilter, limit: Int? = nil
  ) throws -> [Identifier] {
    let query =
      Query("SELECT id FROM \(table.rawValue)") + filter.condition.clause
      + Query("ORDER BY id DESC LIMIT ?", [.integer(limit.map(Int64.init) ?? -1)])
    return try rows(query) { Identifier($0.integer(0)) }
  }

  package func request(_ id: Identifier, in table: KeptRequestTable) throws -> KeptRequestRow? {
    let query = Query("SELECT \(KeptRequestRow.columns) FROM \(table.rawValue) WHERE id = ?", [.id(id)])
    return try first(query, KeptRequestRow.init)
  }

  /// What was received; its body is empty where it was too large to read. nil where there is no such row.
  package func raw(ofRequest id: Identifier, in table: KeptRequestTable) throws -> RawRecord? {
    let query = Query("SELECT content_type, headers, query, body FROM \(table.rawValue) WHERE id = ?", [.id(id)])
    return try first(query) { row in
      RawRecordColumns.read(row, from: 0)
    }
  }

  /// Kept → discarded, in batches; gives the count of rows changed.
  package func discard(_ ids: [Identifier], in table: KeptRequestTable, action: Action) throws -> Int {
    var discarded = 0
    var running = RunningAction(action)
    for start in stride(from: 0, to: ids.count, by: Self.batchSize) {
      let batch = ids[start..<min(start + Self.batchSize, ids.count)]
      try transaction {
        var changed = 0
        for id in batch {
          changed += try run(
            Query(
              "UPDATE \(table.rawValue) SET state = 'discarded', settled_at_ms = ? WHERE id = ? AND state = 'kept'",
              [.instant(action.at), .id(id)]))
        }
        try running.add(changed, on: self)
        discarded += changed
      }
    }
    return discarded
  }
}
