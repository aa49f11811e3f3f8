import RelayCore

/// What the tries of late say of a destination.
struct DestinationStanding: Sendable, Equatable {
  /// In a row.
  var failures = 0
  /// How often its breaker opened since it last worked.
  var openings = 0
  /// Different records that it refused in a row with the same status.
  private(set) var refusals = 0
  private(set) var refusedStatus = 0
  private var refusedRecord: Identifier?

  /// Counts a refusal, where it is of another record than the last.
  mutating func refused(_ record: Identifier, status: Int) {
    if status != refusedStatus { refusals = 0 }
    if refusals == 0 || record != refusedRecord { refusals += 1 }
    refusedStatus = status
    refusedRecord = record
  }
}
