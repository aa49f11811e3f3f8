extension Schema {
  static let version3 = """
    -- How many deliveries are waiting or sending: one row, changed in the transaction that changes them.
    CREATE TABLE queue_count (
      one INTEGER PRIMARY KEY CONSTRAINT queue_count_has_one_row CHECK (one = 1),
      unsettled INTEGER NOT NULL CONSTRAINT queue_count_counts_from_0 CHECK (unsettled >= 0)
    ) STRICT;
    INSERT INTO queue_count
      SELECT 1, (SELECT count(*) FROM delivery WHERE state = 'waiting')
        + (SELECT count(*) FROM delivery WHERE state = 'sending');
    """
}
