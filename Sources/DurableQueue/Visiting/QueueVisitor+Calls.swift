import RelayCore

extension QueueVisitor {
  /// The filter with the deliveries of its calls looked up: one pass over all records, since nothing is indexed by call or
  /// number (an index over random ids would halve the rate of inserts). Unchanged where it asks for no call, or was
  /// resolved already.
  package func resolved(_ filter: DeliveryFilter) throws -> DeliveryFilter {
    guard !filter.calls.isEmpty, filter.meant == nil else { return filter }
    var filter = filter
    filter.meant = Self.list(try deliveryIDs(ofRecords: try recordIDs(of: filter.calls)))
    return filter
  }

  /// The records of these calls, the oldest first.
  func recordIDs(of calls: CallFilter) throws -> [Int64] {
    let query =
      Query("SELECT \(RecordRow.columns) FROM record r") + calls.condition.clause + Query("ORDER BY r.id")
    return try rows(query) { row -> Int64? in
      let record = RecordRow(row)
      return calls.matches(record) ? record.id.number : nil
    }.compactMap { $0 }
  }

  /// Every delivery of these records.
  func deliveryIDs(ofRecords records: [Int64]) throws -> [Int64] {
    // Those made with a record follow it in the table; only for the others is there an index.
    let query = Query(
      """
      SELECT d.id FROM json_each(?1) j CROSS JOIN delivery d
        ON d.id BETWEEN j.value + 1 AND j.value + \(Schema.deliverySpan) AND d.record = j.value
      UNION ALL SELECT d.id FROM json_each(?1) j CROSS JOIN delivery d INDEXED BY delivery_of_record
        ON d.record = j.value AND d.id - d.record NOT BETWEEN 1 AND \(Schema.deliverySpan)
      """, [.text(Self.list(records))])
    return try rows(query) { $0.integer(0) }
  }

  /// As `json_each` reads it.
  static func list(_ numbers: [Int64]) -> String {
    "[" + numbers.map(String.init).joined(separator: ",") + "]"
  }
}
