import RelayCore
import SQLite

extension QueueVisitor {
  /// Ids of the requests that are meant, newest first, at most `limit` (nil: all). Quarantine is bounded per source, so the
  /// ids fit in memory.
  package func quarantineIDs(_ filter: QuarantineFilter, limit: Int? = nil) throws -> [Identifier] {
    let query =
      Query("SELECT id FROM quarantine") + filter.condition.clause
      + Query("ORDER BY id DESC LIMIT ?", [.integer(limit.map(Int64.init) ?? -1)])
    return try rows(query) { Identifier($0.integer(0)) }
  }

  package func quarantined(_ id: Identifier) throws -> QuarantineRow? {
    try first(Query("SELECT \(QuarantineRow.columns) FROM quarantine WHERE id = ?", [.id(id)]), QuarantineRow.init)
  }

  /// What was received; its body is empty where it was too large to read. nil where there is no such row.
  package func raw(ofQuarantined id: Identifier) throws -> RawRecord? {
    let query = Query("SELECT content_type, headers, query, body FROM quarantine WHERE id = ?", [.id(id)])
    return try first(query) { row in
      RawRecordColumns.read(row, from: 0)
    }
  }

  /// Kept → discarded, in batches; gives the count of rows changed.
  package func discard(_ ids: [Identifier], action: Action) throws -> Int {
    var discarded = 0
    var running = RunningAction(action)
    for start in stride(from: 0, to: ids.count, by: Self.batchSize) {
      let batch = ids[start..<min(start + Self.batchSize, ids.count)]
      try transaction {
        var changed = 0
        for id in batch {
          changed += try run(
            Query(
              "UPDATE quarantine SET state = 'discarded', settled_at_ms = ? WHERE id = ? AND state = 'kept'",
              [.instant(action.at), .id(id)]))
        }
        try running.add(changed, on: self)
        discarded += changed
      }
    }
    return discarded
  }
}
