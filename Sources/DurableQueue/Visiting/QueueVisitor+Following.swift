import RelayCore
import SQLite

/// How far somebody has read who follows what comes in.
package struct FollowedPlace: Sendable, Equatable {
  package var record: Identifier
  package var quarantine: Identifier
  package var refused: Identifier

  /// Rows made from this moment on.
  package init(since: Instant) {
    let first = Identifier.first(at: since).number - 1
    (record, quarantine, refused) = (Identifier(first), Identifier(first), Identifier(first))
  }
}

/// What is only counted, by source: since the beginning of an hour of UTC.
package struct SourceTally: Sendable, Equatable {
  package var duplicate = 0
  package var refused = 0

  package init(duplicate: Int = 0, refused: Int = 0) {
    self.duplicate = duplicate
    self.refused = refused
  }
}

extension QueueVisitor {
  /// Behind all that is there.
  package func newestPlace(now: Instant) throws -> FollowedPlace {
    var place = FollowedPlace(since: now)
    place.record = try newest("record") ?? place.record
    place.quarantine = try newest("quarantine") ?? place.quarantine
    place.refused = try newest("refused") ?? place.refused
    return place
  }

  private func newest(_ table: String) throws -> Identifier? {
    try first(Query("SELECT max(id) FROM \(table)")) { $0.optionalInteger(0).map(Identifier.init) } ?? nil
  }

  /// Records behind this one, the oldest first. Rows of one database get rising ids: whoever writes draws them under the
  /// write lock.
  package func records(after id: Identifier, limit: Int) throws -> [RecordRow] {
    try rows(
      Query(
        "SELECT \(RecordRow.columns) FROM record r WHERE r.id > ? ORDER BY r.id LIMIT ?",
        [.id(id), .integer(Int64(limit))]), isKept: true, RecordRow.init)
  }

  /// The same for requests that made no record.
  package func requests(in table: KeptRequestTable, after id: Identifier, limit: Int) throws -> [KeptRequestRow] {
    try rows(
      Query(
        "SELECT \(KeptRequestRow.columns) FROM \(table.rawValue) WHERE id > ? ORDER BY id LIMIT ?",
        [.id(id), .integer(Int64(limit))]), isKept: true, KeptRequestRow.init)
  }

  /// By source.
  package func tallies(since: Instant) throws -> [String: SourceTally] {
    let hour = since.milliseconds - since.milliseconds % 3_600_000
    let query = Query(
      "SELECT source, sum(duplicate), sum(refused) FROM source_hour WHERE hour_at_ms >= ? GROUP BY source",
      [.integer(hour)])
    let pairs = try rows(query, isKept: true) { row in
      (row.text(0), SourceTally(duplicate: Int(row.integer(1)), refused: Int(row.integer(2))))
    }
    return Dictionary(pairs) { first, _ in first }
  }
}
