import RelayCore
import SQLite

/// What `deliveries summary --by` can group by.
package enum SummaryField: String, Sendable, CaseIterable {
  case destination, source, rule, state
  /// The HTTP status of the last try.
  case status
  case reason

  fileprivate var expression: String {
    switch self {
    case .destination: "d.destination"
    case .source: "r.source"
    case .rule: "d.rule"
    case .state: "d.state"
    case .status: DeliveryFilter.Status.lastStatus
    case .reason: "d.reason"
    }
  }
}

/// Deliveries that are alike in the fields asked for.
package struct SummaryRow: Sendable, Equatable {
  /// One for each field, nil where it is missing.
  package let values: [String?]
  package let count: Int
  package let oldest: Instant
  package let newest: Instant
}

extension QueueVisitor {
  /// Groups of deliveries, the largest first. `oldest` and `newest` are by arrival.
  package func summary(_ filter: DeliveryFilter, by fields: [SummaryField]) throws -> [SummaryRow] {
    let filter = try resolved(filter)
    let count = Int32(fields.count)
    let expressions = fields.map { $0.expression + ", " }.joined()
    let positions = (1...max(1, fields.count)).map(String.init).joined(separator: ", ")
    let query =
      Query(
        "SELECT \(expressions)count(*), min(d.created_at_ms), max(d.created_at_ms) "
          + filter.tables(withRecord: fields.contains(.source)))
      + filter.condition.clause
      + Query(fields.isEmpty ? "" : "GROUP BY \(positions) ORDER BY count(*) DESC, \(positions)")
    return try rows(query) { row in
      SummaryRow(
        values: (0..<count).map { row.optionalText($0) }, count: Int(row.integer(count)),
        oldest: Instant(milliseconds: row.integer(count + 1)), newest: Instant(milliseconds: row.integer(count + 2)))
    }.filter { $0.count > 0 }
  }
}
