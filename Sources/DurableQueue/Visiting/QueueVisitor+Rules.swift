import RelayCore
import SQLite

/// A rule file as `rules_version` keeps it.
package struct StoredRules: Sendable, Equatable {
  package let version: Int64
  package let loadedAt: Instant
  /// Secrets unresolved, those written out masked.
  package let text: String
}

extension QueueVisitor {
  /// The rules that the relay loaded last; nil where it never loaded any.
  package func newestRules() throws -> StoredRules? {
    try first(Query("SELECT version, loaded_at_ms, text FROM rules_version ORDER BY version DESC LIMIT 1")) { row in
      StoredRules(version: row.integer(0), loadedAt: Instant(milliseconds: row.integer(1)), text: row.text(2))
    }
  }
}
