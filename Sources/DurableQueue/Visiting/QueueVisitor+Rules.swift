import RelayCore
import SQLite

/// A rule file as `rules_version` keeps it.
package struct StoredRules: Sendable, Equatable {
  package let version: Int64
  package let loadedAt: Instant
  /// Secrets unresolved, those written out masked.
  package let text: String
  /// Of the text.
  package let hash: [UInt8]
  /// Of the file that it stood in; nil where nobody knows.
  package let path: String?
  /// Who put it there by `rules apply` or `rules rollback`; nil for others.
  package let changedBy: String?
  /// The oldest version with the same text; nil where this is it.
  package let sameAs: Int64?
}

extension QueueVisitor {
  /// The rules that the relay accepted last; nil where it never accepted any.
  package func newestRules() throws -> StoredRules? {
    try rules(Query("ORDER BY version DESC LIMIT 1")).first
  }

  package func rules(version: Int64) throws -> StoredRules? {
    try rules(Query("WHERE version = ?", [.integer(version)])).first
  }

  /// The newest that is older than the text of this one: where that is a copy (it was taken back), older than what it is a
  /// copy of.
  package func rules(before current: StoredRules) throws -> StoredRules? {
    try rules(Query("WHERE version < ? ORDER BY version DESC LIMIT 1", [.integer(current.sameAs ?? current.version)]))
      .first
  }

  /// The newest first.
  package func rulesHistory(limit: Int) throws -> [StoredRules] {
    try rules(Query("ORDER BY version DESC LIMIT ?", [.integer(Int64(limit))]))
  }

  /// What became of the rule file when a relay looked at it last; nil where none did.
  package func lastRulesLoad() throws -> RulesLoad? {
    try first(Query("SELECT \(RulesLoad.columns) FROM rules_load"), isKept: true) { RulesLoad($0) } ?? nil
  }

  /// Who brought a version into force.
  package func note(_ action: Action, ofRules version: Int64) throws {
    try transaction {
      try run(
        Query("UPDATE rules_version SET changed_by = ? WHERE version = ?", [.text(action.user), .integer(version)]))
      var running = RunningAction(action)
      try running.add(1, on: self)
    }
  }

  private func rules(_ which: Query) throws -> [StoredRules] {
    let columns = """
      SELECT version, loaded_at_ms, text, sha256, path, changed_by,
        (SELECT min(older.version) FROM rules_version AS older
          WHERE older.sha256 = rules_version.sha256 AND older.version < rules_version.version)
      FROM rules_version
      """
    return try rows(Query(columns) + which) { row in
      StoredRules(
        version: row.integer(0), loadedAt: Instant(milliseconds: row.integer(1)), text: row.text(2), hash: row.blob(3),
        path: row.text(4).isEmpty ? nil : row.text(4), changedBy: row.text(5).isEmpty ? nil : row.text(5),
        sameAs: row.integer(6) == 0 ? nil : row.integer(6))
    }
  }
}
