import RelayCore

/// Where a person was found, before anything is changed.
package struct ErasurePlan: Sendable {
  /// A destination that was sent some of it.
  package struct Receiver: Sendable, Equatable {
    package let destination: String
    /// Deliveries that it answered, accepted or not.
    package internal(set) var count: Int
    package internal(set) var first: Instant
    package internal(set) var last: Instant
  }

  /// Ids of records that speak of the person.
  package internal(set) var records: [Int64] = []
  /// Their deliveries that wait or are being sent, by destination.
  package internal(set) var waiting: [String: Int] = [:]
  /// By name; as far as deliveries are kept.
  package internal(set) var receivers: [Receiver] = []
  package internal(set) var quarantine: [Int64] = []
  package internal(set) var refused: [Int64] = []
  /// Calls that clients placed.
  package internal(set) var calls: [Int64] = []
  /// Attempts whose answer or reason speaks of the person: of whichever record.
  var attempts: [(delivery: Int64, number: Int64)] = []
  /// Deliveries, dead letters and actions with a reason that does.
  var deliveries: [Int64] = []
  var deadLetters: [Int64] = []
  var actions: [Int64] = []
  /// Rule files that name the person: they stay, since they prove what routed.
  package internal(set) var rulesVersions: [Int64] = []
  /// Files that the person may still stand in, and that are not touched: copies before migrations, and backups.
  package internal(set) var copies: [String] = []

  package var answers: Int { attempts.count }
  package var waitingCount: Int { waiting.values.reduce(0, +) }
  /// Reasons that people and errors left.
  package var notes: Int { deliveries.count + deadLetters.count + actions.count }
  /// Rows to change.
  package var count: Int { records.count + quarantine.count + refused.count + calls.count + answers + notes }
}

/// What to do with deliveries of the person's records that wait.
package enum WaitingErasure: String, Sendable, CaseIterable {
  /// They are cancelled, and their records erased.
  case cancel
  /// They are sent first: their records are left as they are.
  case keep
}

/// What an erasure did.
package struct ErasureReceipt: Sendable, Equatable {
  package internal(set) var records = 0
  /// Deliveries that waited, or were dead.
  package internal(set) var cancelled = 0
  package internal(set) var quarantine = 0
  package internal(set) var refused = 0
  package internal(set) var calls = 0
  /// Records left as they are, since something of them waits or is being sent.
  package internal(set) var left = 0
  /// The database's log was emptied; without that the person still stands in it.
  package internal(set) var isLogEmpty = false
  /// Places in the file in which the person still stands: in rows that were left, that came meanwhile, or in free room.
  package internal(set) var traces = 0
}
