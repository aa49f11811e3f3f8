extension Schema {
  /// More kinds of hold, and quotas.
  static let version6 = """
    CREATE TABLE new_hold (
      destination TEXT NOT NULL REFERENCES destination (name),
      kind TEXT NOT NULL CONSTRAINT hold_kind_is_known
        CHECK (kind IN ('rules', 'person', 'credentials', 'refusals', 'breaker', 'limit', 'copy')),
      since_at_ms INTEGER NOT NULL,
      -- When a limit ends, or a breaker's next probe comes.
      until_at_ms INTEGER,
      reason TEXT NOT NULL,
      PRIMARY KEY (destination, kind)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO new_hold SELECT destination, kind, since_at_ms, NULL, reason FROM hold;
    DROP TABLE hold;
    ALTER TABLE new_hold RENAME TO hold;
    -- What was sent of the quota of a day (rate_per_day), and when the next one begins.
    ALTER TABLE destination ADD COLUMN quota_used INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE destination ADD COLUMN quota_ends_at_ms INTEGER;
    """
}
