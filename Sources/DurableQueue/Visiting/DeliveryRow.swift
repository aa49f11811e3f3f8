import RelayCore
import SQLite

/// A row of `delivery`, with its record's source.
package struct DeliveryRow: Sendable, Equatable {
  package let id: Identifier
  package let record: Identifier
  package let destination: String
  package let source: String
  package let rule: String
  package let state: DeliveryState
  /// Attempts that count, all of them.
  package let attempts: Int
  /// Those made before the last replay.
  package let attemptsBeforeReplay: Int
  package let tries: Int
  package let replays: Int
  package let createdAt: Instant
  package let clockStartedAt: Instant
  /// nil for one that waits behind another of its call, too.
  package let nextAttemptAt: Instant?
  /// It waits until an earlier delivery of its call is settled: see `QueueVisitor.delivery(ahead:)`.
  package let isBehind: Bool
  package let settledAt: Instant?
  package let reason: String?

  /// The beginning of the reason of one whose place another delivery took; that one's id follows.
  static let replacement = "replaced by delivery "

  /// The delivery that took its place; retention may have removed it since.
  package var replacedBy: Identifier? {
    guard state == .cancelled, let reason, reason.hasPrefix(Self.replacement) else { return nil }
    return Identifier(reason.dropFirst(Self.replacement.count))
  }

  /// Made by a command for a record that stood there already.
  package var isAddedLater: Bool { !(1...Schema.deliverySpan).contains(id.number - record.number) }

  static let columns = """
    d.id, d.record, d.destination, r.source, d.rule, d.state, d.attempts, d.attempts_before_replay, d.tries, d.replays,
    d.created_at_ms, d.clock_started_at_ms, d.next_attempt_at_ms, d.settled_at_ms, d.reason
    """

  /// Reads `columns`.
  init(_ row: Statement) {
    id = Identifier(row.integer(0))
    record = Identifier(row.integer(1))
    destination = row.text(2)
    source = row.text(3)
    rule = row.text(4)
    // The schema allows no other word; a newer schema is refused on opening.
    state = DeliveryState(rawValue: row.text(5)) ?? .waiting
    attempts = Int(row.integer(6))
    attemptsBeforeReplay = Int(row.integer(7))
    tries = Int(row.integer(8))
    replays = Int(row.integer(9))
    createdAt = Instant(milliseconds: row.integer(10))
    clockStartedAt = Instant(milliseconds: row.integer(11))
    let next = row.instant(12)
    isBehind = next == CallOrder.never
    nextAttemptAt = isBehind ? nil : next
    settledAt = row.instant(13)
    reason = row.optionalText(14)
  }
}

/// A row of `attempt`.
package struct AttemptRow: Sendable, Equatable {
  package let number: Int
  package let startedAt: Instant
  /// Milliseconds.
  package let took: Int64
  package let requestHash: [UInt8]?
  package let status: Int?
  /// `delivered`, `retry`, `dead`, `postponed` or `interrupted`.
  package let outcome: String
  package let reason: String?
  /// The first kilobytes of the answer.
  package let response: [UInt8]?
}

extension Statement {
  func instant(_ column: Int32) -> Instant? {
    optionalInteger(column).map(Instant.init(milliseconds:))
  }
}
