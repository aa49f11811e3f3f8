extension Schema {
  /// A record's deliveries have the ids that follow its own (`deliverySpan`), so that the table finds them by its primary
  /// key. An index of all of them was a seventh of the pages that a commit writes. Only others stand in it: none, but for
  /// what somebody puts there later.
  static let version4 = """
    DROP INDEX delivery_of_record;
    CREATE INDEX delivery_of_record ON delivery (record) WHERE id - record NOT BETWEEN 1 AND 134217728;
    """
}
