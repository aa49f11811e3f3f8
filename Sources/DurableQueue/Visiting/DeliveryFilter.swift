import RelayCore

/// Which deliveries a person means. An empty list asks nothing; several values of one field are alternatives.
package struct DeliveryFilter: Sendable, Equatable {
  /// The HTTP status of the last try.
  package enum Status: Sendable, Equatable {
    case exactly(Int)
    /// 5 for 500 to 599.
    case hundred(Int)
    /// Tried, and no answer came.
    case none
  }

  package var ids: [Identifier] = []
  package var states: [DeliveryState] = []
  package var destinations: [String] = []
  package var sources: [String] = []
  package var rules: [String] = []
  package var statuses: [Status] = []
  /// Created (with its record's arrival) at or after.
  package var since: Instant?
  /// Created before.
  package var until: Instant?
  /// Part of the reason, in any case of ASCII letters.
  package var reason: String?

  package init() {}

  /// Asks nothing: every delivery is meant.
  package var isEmpty: Bool { self == DeliveryFilter() }
}

extension DeliveryFilter {
  /// Over `delivery d` and `record r`.
  var condition: Condition {
    var condition = Condition()
    if !ids.isEmpty { condition.add("d.id IN (\(ids.map(\.description).joined(separator: ", ")))") }
    if let states = statesInSQL { condition.add(states) }
    condition.add("d.destination", isIn: destinations)
    condition.add("r.source", isIn: sources)
    condition.add("d.rule", isIn: rules)
    condition.add(anyOf: statuses.map(\.term))
    if let since { condition.add("d.created_at_ms >= ?", .instant(since)) }
    if let until { condition.add("d.created_at_ms < ?", .instant(until)) }
    if let reason { condition.add("instr(lower(d.reason), lower(?)) > 0", .text(reason)) }
    return condition
  }

  /// Words of the program, written out, since a partial index serves only a state that the SQL itself names.
  private var statesInSQL: String? {
    switch states.count {
    case 0: nil
    case 1: "d.state = '\(states[0].rawValue)'"
    default: "d.state IN (\(states.map { "'\($0.rawValue)'" }.joined(separator: ", ")))"
    }
  }

  static let from = "FROM delivery d JOIN record r ON r.id = d.record"
}

extension DeliveryFilter.Status {
  static let lastStatus = "(SELECT a.status FROM attempt a WHERE a.delivery = d.id AND a.number = d.tries)"

  fileprivate var term: Query {
    switch self {
    case .exactly(let status): Query("\(Self.lastStatus) = ?", [.integer(Int64(status))])
    case .hundred(let hundred):
      Query(
        "\(Self.lastStatus) BETWEEN ? AND ?", [.integer(Int64(hundred) * 100), .integer(Int64(hundred) * 100 + 99)])
    case .none: Query("d.tries > 0 AND \(Self.lastStatus) IS NULL")
    }
  }
}
