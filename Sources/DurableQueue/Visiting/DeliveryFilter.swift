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
  /// Of these calls. Looked up once: see `QueueVisitor.resolved`.
  package var calls = CallFilter()
  /// The deliveries of `calls`, as a JSON list of ids; nil where they were not looked up.
  var meant: String?

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
    if let meant { condition.add("d.id IN (SELECT value FROM json_each(?))", .text(meant)) }
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

  /// Where to look; records only where they are asked about, since each is a page of its own to read.
  func tables(withRecord: Bool = false) -> String {
    sources.isEmpty && !withRecord ? "FROM delivery d" : Self.from
  }

  /// Only deliveries in one of these states; nil where the filter asks for others.
  func limited(to possible: [DeliveryState]) -> DeliveryFilter? {
    var limited = self
    limited.states = states.isEmpty ? possible : states.filter(possible.contains)
    return limited.states.isEmpty ? nil : limited
  }

  /// Another delivery of the same record to the same destination took its place: see `DeliveryChange.renew`. Also where
  /// retention has removed that one since: it was settled, mostly delivered. A person may have written the same words of a
  /// delivery that is another one's.
  static let isReplaced = """
    (d.state = 'cancelled' AND substr(d.reason, 1, \(DeliveryRow.replacement.count)) = '\(DeliveryRow.replacement)'
      AND \(successor) > 0 AND substr(d.reason, \(DeliveryRow.replacement.count + 1)) = CAST(\(successor) AS TEXT)
      AND NOT EXISTS (
        SELECT 1 FROM delivery n WHERE n.id = \(successor)
          AND (n.record <> d.record OR n.destination <> d.destination)))
    """

  private static let successor = "CAST(substr(d.reason, \(DeliveryRow.replacement.count + 1)) AS INTEGER)"
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
