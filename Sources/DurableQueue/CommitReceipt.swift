import RelayCore

/// Proof that a record is on disk: made only behind a COMMIT that returned. A 2xx can't be built without one.
package struct CommitReceipt: Sendable {
  package enum Outcome: Sendable, Equatable {
    /// `revision` is 0 for the first version of a record.
    case accepted(revision: Int)
    /// The same key and content stand there already.
    case duplicate
  }

  package let outcome: Outcome
  /// Of the row: for a duplicate that of the first one.
  package let record: Identifier

  init(outcome: Outcome, record: Identifier) {
    self.outcome = outcome
    self.record = record
  }
}

/// Proof that a refused request stands in quarantine.
package struct QuarantineReceipt: Sendable {
  package let id: Identifier
  /// How often this content has come, this time included.
  package let times: Int

  init(id: Identifier, times: Int) {
    self.id = id
    self.times = times
  }
}

/// Nothing was stored.
package enum CommitFailure: Error, Sendable, Equatable {
  /// The disk is full.
  case diskFull
  /// Another disk or database error; the text is for the log.
  case failed(String)
  /// As many requests wait for the writer as may.
  case busy
  /// Another process kept the database's write lock for too long.
  case locked
  /// The queue or its disk is past a limit.
  case pressure(Pressure)
  /// The source has as many kept rows in quarantine as it may.
  case quarantineFull(limit: Int)
  /// The relay is shutting down.
  case closed
}
