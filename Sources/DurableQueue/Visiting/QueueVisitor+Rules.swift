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
}

extension QueueVisitor {
  /// The rules that the relay loaded last; nil where it never loaded any.
  package func newestRules() throws -> StoredRules? {
    try rules(Query("ORDER BY version DESC LIMIT 1"))
  }

  package func rules(version: Int64) throws -> StoredRules? {
    try rules(Query("WHERE version = ?", [.integer(version)]))
  }

  private func rules(_ which: Query) throws -> StoredRules? {
    try first(Query("SELECT version, loaded_at_ms, text, sha256 FROM rules_version") + which) { row in
      StoredRules(
        version: row.integer(0), loadedAt: Instant(milliseconds: row.integer(1)), text: row.text(2), hash: row.blob(3))
    }
  }
}
