import RelayCore
import SQLite

/// What the relay found when it compared a source with its provider the last time.
package struct KeptReconciliation: Sendable, Equatable {
  package let source: String
  /// When the last comparison that came to its end began; nil where none did.
  package var comparedAt: Instant?
  /// Of that one: JSON, without numbers of callers.
  package var report: String?
  /// When a comparison failed; nil where the last one did not.
  package var failedAt: Instant?
  /// Why.
  package var failure: String?

  package init(
    source: String, comparedAt: Instant? = nil, report: String? = nil, failedAt: Instant? = nil, failure: String? = nil
  ) {
    self.source = source
    self.comparedAt = comparedAt
    self.report = report
    self.failedAt = failedAt
    self.failure = failure
  }
}

extension QueueVisitor {
  /// By name of the source.
  package func reconciliations() throws -> [KeptReconciliation] {
    let query = Query(
      "SELECT source, compared_at_ms, report, failed_at_ms, failure FROM reconciliation ORDER BY source")
    return try rows(query, isKept: true) { row in
      KeptReconciliation(
        source: row.text(0), comparedAt: row.instant(1), report: row.optionalText(2), failedAt: row.instant(3),
        failure: row.optionalText(4))
    }
  }

  /// In the place of what was kept of the source.
  package func keep(_ reconciliation: KeptReconciliation) throws {
    _ = try transaction {
      try run(
        Query(
          "INSERT OR REPLACE INTO reconciliation (source, compared_at_ms, report, failed_at_ms, failure) "
            + "VALUES (?, ?, ?, ?, ?)",
          [
            .text(reconciliation.source), reconciliation.comparedAt.map { .instant($0) } ?? .null,
            .text(reconciliation.report),
            reconciliation.failedAt.map { .instant($0) } ?? .null, .text(reconciliation.failure),
          ]))
    }
  }
}
