import RelayCore
import SQLite

extension QueueVisitor {
  /// Calls `body` with each delivery that is meant, newest first, at most `limit` of them (nil: all).
  package func forEachDelivery(
    _ filter: DeliveryFilter, limit: Int? = nil, _ body: (DeliveryRow) throws -> Void
  ) throws {
    let filter = try resolved(filter)
    var left = limit ?? .max
    var before: Int64 = .max
    while left > 0 {
      let ids = try deliveryIDs(filter, "d.id < ?", before, order: "DESC", limit: min(left, Self.idChunk))
      for id in ids {
        if let row = try delivery(Identifier(id)) { try body(row) }
      }
      guard let last = ids.last, ids.count == min(left, Self.idChunk) else { return }
      left -= ids.count
      before = last
    }
  }

  package func delivery(_ id: Identifier) throws -> DeliveryRow? {
    try deliveries("d.id = ?", [.id(id)]).first
  }

  package func deliveries(ofRecord record: Identifier) throws -> [DeliveryRow] {
    // Those made with the record follow it in the table; only for the others is there an index.
    let span = Schema.deliverySpan
    return try deliveries(
      """
      d.id IN (SELECT id FROM delivery WHERE id BETWEEN ?1 + 1 AND ?1 + \(span) AND record = ?1
        UNION ALL SELECT id FROM delivery INDEXED BY delivery_of_record
        WHERE record = ?1 AND id - record NOT BETWEEN 1 AND \(span))
      """, [.id(record)])
  }

  private func deliveries(_ condition: String, _ values: [Query.Value]) throws -> [DeliveryRow] {
    let query = Query("SELECT \(DeliveryRow.columns) \(DeliveryFilter.from) WHERE \(condition) ORDER BY d.id", values)
    return try rows(query, isKept: true, DeliveryRow.init)
  }

  /// The delivery of the same call to the same destination that must be settled before this one and those between them go;
  /// nil where there is none.
  package func delivery(ahead id: Identifier) throws -> Identifier? {
    let query = Query(
      """
      SELECT first.delivery FROM call_order own JOIN call_order first
        ON first.destination = own.destination AND first.call = own.call AND first.place < own.place
      WHERE own.delivery = ? ORDER BY first.place LIMIT 1
      """, [.id(id)])
    return try first(query) { Identifier($0.integer(0)) }
  }

  /// Every try at a delivery, the first one first.
  package func attempts(of delivery: Identifier) throws -> [AttemptRow] {
    let query = Query(
      """
      SELECT number, started_at_ms, took_ms, request_sha256, status, outcome, reason, response FROM attempt
      WHERE delivery = ? ORDER BY number
      """, [.id(delivery)])
    return try rows(query) { row in
      AttemptRow(
        number: Int(row.integer(0)), startedAt: Instant(milliseconds: row.integer(1)), took: row.integer(2),
        requestHash: row.optionalBlob(3), status: row.optionalInteger(4).map(Int.init), outcome: row.text(5),
        reason: row.optionalText(6), response: row.optionalBlob(7))
    }
  }

  /// Ids of deliveries that are meant, on one side of `bound`. Ids alone, so that rows are read and changed page by page
  /// while no statement is open, whichever index the planner takes.
  func deliveryIDs(
    _ filter: DeliveryFilter, _ side: String, _ bound: Int64, order: String, limit: Int
  ) throws -> [Int64] {
    var condition = filter.condition
    condition.add(side, .integer(bound))
    let query =
      Query("SELECT d.id \(filter.tables())") + condition.clause
      + Query("ORDER BY d.id \(order) LIMIT ?", [.integer(Int64(limit))])
    return try rows(query) { $0.integer(0) }
  }
}
