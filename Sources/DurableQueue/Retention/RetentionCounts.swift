/// What retention removed, in rows.
package struct RetentionCounts: Sendable, Equatable {
  package var records = 0
  /// Of records that stay, and of those that went.
  package var bodies = 0
  package var deliveries = 0
  package var attempts = 0
  /// Of attempts that stay.
  package var answers = 0
  package var deadLetters = 0
  package var quarantine = 0
  package var calls = 0

  package init() {}

  /// By what `cdrelay_retention_removed_total` and the log call it.
  static let names: [(name: String, path: KeyPath<RetentionCounts, Int> & Sendable)] = [
    ("record", \.records), ("body", \.bodies), ("delivery", \.deliveries), ("attempt", \.attempts),
    ("answer", \.answers), ("dead_letter", \.deadLetters), ("quarantine", \.quarantine), ("call_request", \.calls),
  ]

  static func += (left: inout RetentionCounts, right: RetentionCounts) {
    left.records += right.records
    left.bodies += right.bodies
    left.deliveries += right.deliveries
    left.attempts += right.attempts
    left.answers += right.answers
    left.deadLetters += right.deadLetters
    left.quarantine += right.quarantine
    left.calls += right.calls
  }
}
