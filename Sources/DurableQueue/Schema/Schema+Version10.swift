extension Schema {
  /// Rules that change while the relay runs.
  static let version10 = """
    -- From where, and with apply and rollback by whom, a version came.
    ALTER TABLE rules_version ADD COLUMN path TEXT;
    ALTER TABLE rules_version ADD COLUMN changed_by TEXT;

    -- What became of the rule file when the relay looked at it last.
    CREATE TABLE rules_load (
      one INTEGER PRIMARY KEY CONSTRAINT rules_load_has_one_row CHECK (one = 1),
      -- Counts the loads, so that who waits for the next one knows it.
      number INTEGER NOT NULL,
      loaded_at_ms INTEGER NOT NULL,
      origin TEXT NOT NULL CONSTRAINT rules_load_origin_is_known CHECK (origin IN ('start', 'signal', 'watch')),
      path TEXT NOT NULL,
      -- Of the file's bytes; NULL where it could not be read.
      file_sha256 BLOB CONSTRAINT rules_load_sha256_is_32_bytes
        CHECK (file_sha256 IS NULL OR length(file_sha256) = 32),
      -- In force since.
      version INTEGER NOT NULL,
      -- A line each; none where the file was taken.
      problems TEXT NOT NULL,
      missing_secrets TEXT NOT NULL,
      -- Settings that act from the next start on.
      needs_restart TEXT NOT NULL
    ) STRICT;

    CREATE TABLE new_hold (
      destination TEXT NOT NULL REFERENCES destination (name),
      kind TEXT NOT NULL CONSTRAINT hold_kind_is_known
        CHECK (kind IN ('rules', 'person', 'credentials', 'refusals', 'breaker', 'limit', 'copy', 'secrets')),
      since_at_ms INTEGER NOT NULL,
      until_at_ms INTEGER,
      reason TEXT NOT NULL,
      PRIMARY KEY (destination, kind)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO new_hold SELECT destination, kind, since_at_ms, until_at_ms, reason FROM hold;
    DROP TABLE hold;
    ALTER TABLE new_hold RENAME TO hold;
    """
}
