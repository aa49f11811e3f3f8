extension Schema {
  /// What the relay told by `alerts` and has not told to be over: a start tells none of it a second time.
  static let version8 = """
    CREATE TABLE alert (
      condition TEXT PRIMARY KEY,
      kind TEXT NOT NULL,
      destination TEXT,
      source TEXT,
      text TEXT NOT NULL,
      -- Of what is counted: the count that was told.
      level INTEGER,
      began_at_ms INTEGER NOT NULL,
      told_at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    """
}
