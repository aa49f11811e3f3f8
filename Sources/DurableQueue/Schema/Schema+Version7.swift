extension Schema {
  /// See `CallOrder`.
  static let version7 = """
    -- Deliveries to destinations with "order": "per_call" that are not settled, in the order of their receipt. Of one call
    -- only the first may be sent; the others wait behind it.
    CREATE TABLE call_order (
      place INTEGER PRIMARY KEY,
      destination TEXT NOT NULL,
      call TEXT NOT NULL,
      delivery INTEGER NOT NULL REFERENCES delivery (id) DEFERRABLE INITIALLY DEFERRED
    ) STRICT;
    CREATE UNIQUE INDEX call_order_delivery ON call_order (delivery);
    -- With the place behind them, as every index has.
    CREATE INDEX call_order_line ON call_order (destination, call);
    """
}
