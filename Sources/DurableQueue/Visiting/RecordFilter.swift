import RelayCore

/// Which records a person means. What is nil asks nothing.
package struct RecordFilter: Sendable, Equatable {
  /// The record's id, any id of the provider's, or a phone number in any spelling.
  package var what: String?
  package var calls = CallFilter()
  package var sources: [String] = []
  package var kind: RecordKind?
  package var isUnrouted: Bool = false
  /// Received at or after.
  package var since: Instant?
  /// Received before.
  package var until: Instant?

  package init() {}
}

extension RecordFilter {
  /// Over `record r`. Phone numbers are met by their last digits only: `matches` decides.
  var condition: Condition {
    var condition = calls.condition
    if let what { condition.add(anyOf: CallFilter.terms(id: what) + CallFilter.terms(number: what)) }
    condition.add("r.source", isIn: sources)
    if let kind { condition.add("r.kind = ?", .text(kind.rawValue)) }
    if isUnrouted { condition.add("r.unrouted = 1") }
    if let since { condition.add("r.received_at_ms >= ?", .instant(since)) }
    if let until { condition.add("r.received_at_ms < ?", .instant(until)) }
    return condition
  }

  /// True where `what` is one of the record's ids or numbers.
  func matches(_ row: RecordRow) -> Bool {
    (what.map { row.has(id: $0) || row.has(number: $0) } ?? true) && (calls.isEmpty || calls.matches(row))
  }
}
