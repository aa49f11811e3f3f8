import RelayCore
import SQLite

/// Where requests are kept that made no record.
package enum KeptRequestTable: String, Sendable {
  /// Authenticated, and not acceptable.
  case quarantine
  /// Without a valid credential, of sources that keep such.
  case refused
}

/// A row of `quarantine` or `refused`, without its body.
package struct KeptRequestRow: Sendable, Equatable {
  package enum State: String, Sendable, CaseIterable {
    /// Waits for a person.
    case kept
    /// A replay made a record of it.
    case replayed
    case discarded
  }

  package let id: Identifier
  package let source: String
  package let state: State
  package let receivedAt: Instant
  package let lastReceivedAt: Instant
  package let times: Int
  package let sender: String
  /// Which one authenticated it; in `refused` what was presented, by kind and fingerprint.
  package let credential: String
  /// What the sender was answered.
  package let status: Int
  package let reason: String
  /// Bytes; nil where unknown.
  package let size: Int?
  package let record: Identifier?
  package let settledAt: Instant?

  static let columns = """
    id, source, state, received_at_ms, last_received_at_ms, times, sender, credential, status, reason, size, record,
    settled_at_ms
    """

  /// Reads `columns`.
  init(_ row: Statement) {
    id = Identifier(row.integer(0))
    source = row.text(1)
    // The schema allows no other word.
    state = State(rawValue: row.text(2)) ?? .kept
    receivedAt = Instant(milliseconds: row.integer(3))
    lastReceivedAt = Instant(milliseconds: row.integer(4))
    times = Int(row.integer(5))
    sender = row.text(6)
    credential = row.text(7)
    status = Int(row.integer(8))
    reason = row.text(9)
    size = row.optionalInteger(10).map(Int.init)
    record = row.optionalInteger(11).map(Identifier.init)
    settledAt = row.instant(12)
  }
}

/// Which kept requests a person means. Empty lists ask nothing.
package struct KeptRequestFilter: Sendable, Equatable {
  package var ids: [Identifier] = []
  package var sources: [String] = []
  package var states: [KeptRequestRow.State] = [.kept]
  /// Addresses, as the rows have them.
  package var senders: [String] = []
  package var credentials: [String] = []
  /// First received at or after.
  package var since: Instant?
  /// First received before.
  package var until: Instant?

  package init() {}

  var condition: Condition {
    var condition = Condition()
    if !ids.isEmpty { condition.add("id IN (\(ids.map(\.description).joined(separator: ", ")))") }
    condition.add("source", isIn: sources)
    condition.add("state", isIn: states.map(\.rawValue))
    condition.add("sender", isIn: senders)
    condition.add("credential", isIn: credentials)
    if let since { condition.add("received_at_ms >= ?", .instant(since)) }
    if let until { condition.add("received_at_ms < ?", .instant(until)) }
    return condition
  }
}
