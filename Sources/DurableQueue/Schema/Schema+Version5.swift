extension Schema {
  /// What retention, `erase` and `backup` remember.
  static let version5 = """
    -- How far retention has walked: every record up to this id, older than the span in milliseconds, was looked at under
    -- this policy.
    CREATE TABLE retention_cursor (
      span INTEGER PRIMARY KEY,
      record INTEGER NOT NULL,
      policy TEXT NOT NULL
    ) STRICT;
    -- Records that the walk has passed and that are to be looked at again: something of them was not settled, or not for
    -- long enough.
    CREATE TABLE retention_later (
      record INTEGER PRIMARY KEY,
      look_at_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX retention_later_due ON retention_later (look_at_ms);

    -- Whom `erase` removed, as keyed hashes (see ErasedPeople): nothing here names anybody without the key.
    CREATE TABLE erased (
      hash BLOB PRIMARY KEY CONSTRAINT erased_hash_is_32_bytes CHECK (length(hash) = 32),
      -- 1: of the whole number or name; 0: of the end of a number.
      whole INTEGER NOT NULL CONSTRAINT erased_whole_is_0_or_1 CHECK (whole IN (0, 1)),
      erased_at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE erasure_key (
      one INTEGER PRIMARY KEY CONSTRAINT erasure_key_has_one_row CHECK (one = 1),
      key BLOB NOT NULL CONSTRAINT erasure_key_is_32_bytes CHECK (length(key) = 32)
    ) STRICT;

    -- Copies that `backup` made of this database.
    CREATE TABLE backup (
      id INTEGER PRIMARY KEY,
      made_at_ms INTEGER NOT NULL,
      path TEXT NOT NULL
    ) STRICT;
    -- A row stands here in a copy on which no relay was started yet.
    CREATE TABLE copied (
      one INTEGER PRIMARY KEY CONSTRAINT copied_has_one_row CHECK (one = 1),
      copied_at_ms INTEGER NOT NULL
    ) STRICT;
    """
}
