extension Schema {
  /// See `CapturedValues`.
  static let version9 = """
    -- What destinations with "capture" answered to the first delivery of a call, which those behind it update.
    CREATE TABLE captured (
      destination TEXT NOT NULL,
      -- As in call_order.
      call TEXT NOT NULL,
      -- JSON: a text or a number.
      value TEXT NOT NULL CONSTRAINT captured_value_is_short CHECK (length(value) BETWEEN 1 AND 1024),
      captured_at_ms INTEGER NOT NULL,
      -- Whose answer it was. It goes with it.
      delivery INTEGER NOT NULL REFERENCES delivery (id),
      PRIMARY KEY (destination, call)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX captured_delivery ON captured (delivery);
    """
}
