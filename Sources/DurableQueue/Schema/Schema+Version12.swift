extension Schema {
  /// See `KeptReconciliation`.
  static let version12 = """
    -- What the relay found when it compared a source with its provider the last time.
    CREATE TABLE reconciliation (
      source TEXT PRIMARY KEY,
      -- When the last comparison that came to its end began, and what it found: JSON without numbers of callers.
      compared_at_ms INTEGER,
      report TEXT CONSTRAINT reconciliation_report_has_its_time CHECK ((report IS NULL) = (compared_at_ms IS NULL)),
      -- Where the last one failed.
      failed_at_ms INTEGER,
      failure TEXT CONSTRAINT reconciliation_failure_has_its_time CHECK ((failure IS NULL) = (failed_at_ms IS NULL))
    ) STRICT, WITHOUT ROWID;
    """
}
