import RelayCore
import SQLite

/// What came in, by source and hour of UTC: counted in memory, written once per transaction.
package struct SourceCounts {
  fileprivate struct Row {
    let source: String
    let hour: Int64
    var accepted = 0
    var duplicate = 0
    var refused = 0
    var quarantined = 0
    var lastRecordAt: Int64?
  }

  fileprivate private(set) var rows: [Row] = []

  package init() {}

  package mutating func count(_ outcome: CommitReceipt.Outcome, source: String, at instant: Instant) {
    update(source, instant) { row in
      if outcome == .duplicate { row.duplicate += 1 } else { row.accepted += 1 }
      row.lastRecordAt = max(row.lastRecordAt ?? .min, instant.milliseconds)
    }
  }

  /// Fetched, not sent: it is no sign that the sender is alive.
  mutating func countFetched(_ times: Int = 1, source: String, at instant: Instant) {
    update(source, instant) { $0.accepted += times }
  }

  mutating func countQuarantined(source: String, at instant: Instant) {
    update(source, instant) { $0.quarantined += 1 }
  }

  mutating func countRefused(_ times: Int = 1, source: String, at instant: Instant) {
    update(source, instant) { $0.refused += times }
  }

  /// A relay has a handful of sources: a search from the end is faster than hashing their names.
  private mutating func update(_ source: String, _ instant: Instant, _ change: (inout Row) -> Void) {
    let hour = instant.milliseconds - instant.milliseconds % 3_600_000
    for index in rows.indices.reversed() where rows[index].hour == hour && rows[index].source == source {
      return change(&rows[index])
    }
    var row = Row(source: source, hour: hour)
    change(&row)
    rows.append(row)
  }
}

/// Adds counts to `source_hour`, inside a transaction of the caller's.
package final class SourceHours {
  private let add: Statement

  package init(connection: Connection) throws(DatabaseError) {
    add = try connection.prepare(
      """
      INSERT INTO source_hour (source, hour_at_ms, accepted, duplicate, refused, quarantined, last_record_at_ms)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (source, hour_at_ms) DO UPDATE SET
        accepted = accepted + excluded.accepted,
        duplicate = duplicate + excluded.duplicate,
        refused = refused + excluded.refused,
        quarantined = quarantined + excluded.quarantined,
        last_record_at_ms = CASE WHEN excluded.last_record_at_ms IS NULL THEN last_record_at_ms
          ELSE max(coalesce(last_record_at_ms, 0), excluded.last_record_at_ms) END
      """)
  }

  package func add(_ counts: SourceCounts) throws(DatabaseError) {
    for row in counts.rows {
      add.bind(1, row.source)
      add.bind(2, row.hour)
      add.bind(3, row.accepted)
      add.bind(4, row.duplicate)
      add.bind(5, row.refused)
      add.bind(6, row.quarantined)
      add.bind(7, row.lastRecordAt)
      try add.run()
    }
  }
}
