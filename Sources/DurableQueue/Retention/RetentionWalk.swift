import RelayCore
import SQLite

/// Walks over what has aged and removes what the policy lets go, a batch a transaction, on the owner's connection. It finds
/// records by their ids, which rise with time: no index is there for it, which every insert would pay for. What it has
/// passed it does not read again, but for the few records put down in `retention_later`.
package final class RetentionWalk {
  /// What a batch did.
  package struct Batch: Equatable {
    package var removed = RetentionCounts()
    /// Rows looked at; 0 where the run is over.
    package var looked = 0
  }

  private enum Stage {
    case spans(ArraySlice<Int64>)
    case later
    case quarantine(after: Int64)
    case calls(after: Int64)
    case over
  }

  /// Milliseconds between two walks over quarantine and calls, which have no place to go on from.
  private static let sweepInterval: Int64 = 86_400_000

  private let connection: Connection
  private let policy: RetentionPolicy
  private let rows: RetentionRows
  private var stage: Stage
  private var nextSweep = Instant(milliseconds: .min)

  package init(connection: Connection, policy: RetentionPolicy) throws(DatabaseError) {
    self.connection = connection
    self.policy = policy
    rows = try RetentionRows(connection: connection)
    stage = .spans(policy.spans[...])
    try rows.forgetCursors(but: policy.name)
  }

  /// The next batch of a run, of at most `limit` rows. Where it looked at nothing, the run is over and the next call begins
  /// another.
  package func step(limit: Int, at now: Instant) throws -> Batch {
    while true {
      switch stage {
      case .spans(let spans):
        guard let span = spans.first else {
          stage = .later
          continue
        }
        let batch = try walk(span, limit: limit, at: now)
        if batch.looked > 0 { return batch }
        stage = .spans(spans.dropFirst())
      case .later:
        let batch = try lookAgain(limit: limit, at: now)
        if batch.looked > 0 { return batch }
        stage = now >= nextSweep ? .quarantine(after: 0) : .over
      case .quarantine(let last):
        let batch = try sweepQuarantine(after: last, limit: limit, at: now)
        if batch.looked > 0 { return batch }
        stage = .calls(after: 0)
      case .calls(let last):
        let batch = try sweepCalls(after: last, limit: limit, at: now)
        if batch.looked > 0 { return batch }
        nextSweep = now + Self.sweepInterval
        stage = .over
      case .over:
        stage = .spans(policy.spans[...])
        return Batch()
      }
    }
  }

  /// After a batch failed: the next call begins a run.
  package func startOver() {
    stage = .spans(policy.spans[...])
  }
}

// MARK: - Batches

extension RetentionWalk {
  private func walk(_ span: Int64, limit: Int, at now: Instant) throws -> Batch {
    let bound = RetentionPolicy.bound(span, at: now)
    // The clock may have been set back, and records come behind the cursor since.
    let cursor = min(try rows.cursor(of: span), bound)
    guard try rows.isRecord(after: cursor, before: bound) else { return Batch() }
    return try transaction { work in
      let records = try rows.records(after: cursor, before: bound, limit: limit)
      guard let last = records.last else { return }
      for record in records { try apply(to: record, at: now, &work) }
      try rows.setCursor(of: span, to: last.id, under: policy.name)
    }
  }

  private func lookAgain(limit: Int, at now: Instant) throws -> Batch {
    let ids = try rows.later(until: now, limit: limit)
    guard !ids.isEmpty else { return Batch() }
    return try transaction { work in
      for id in ids {
        try rows.forgetLater(id)
        let record = try rows.records(after: id - 1, before: id + 1, limit: 1).first
        if let record { try apply(to: record, at: now, &work) } else { work.batch.looked += 1 }
      }
    }
  }

  private func sweepQuarantine(after last: Int64, limit: Int, at now: Instant) throws -> Batch {
    guard policy.quarantine != RetentionPolicy.forever else { return Batch() }
    let found = try rows.quarantined(after: last, limit: limit)
    guard let end = found.last?.id else { return Batch() }
    let ended = found.filter { row in row.settledAt.map { $0 + policy.quarantine <= now } ?? false }
    stage = .quarantine(after: end)
    guard !ended.isEmpty else { return Batch(looked: found.count) }
    return try transaction { work in
      for row in ended { work.batch.removed.quarantine += try rows.removeQuarantined(row.id) }
      work.batch.looked = found.count
    }
  }
}

extension RetentionWalk {
  /// The oldest first: what is not over yet ends the sweep.
  private func sweepCalls(after last: Int64, limit: Int, at now: Instant) throws -> Batch {
    guard policy.calls != RetentionPolicy.forever else { return Batch() }
    let found = try rows.calls(after: last, before: now + -policy.calls, limit: limit)
    guard let end = found.last else { return Batch() }
    stage = .calls(after: end)
    return try transaction { work in
      for id in found { work.batch.removed.calls += try rows.removeCall(id) }
      work.batch.looked = found.count
    }
  }
}

// MARK: - Carrying out

extension RetentionWalk {
  private struct Work {
    var batch = Batch()
    var lookAgain: [(record: Int64, at: Instant)] = []
  }

  private func transaction(_ body: (inout Work) throws -> Void) throws -> Batch {
    var work = Work()
    try connection.transaction {
      try body(&work)
      for entry in work.lookAgain { try rows.lookLater(at: entry.record, entry.at) }
    }
    return work.batch
  }

  private func apply(to record: AgingRecord, at now: Instant, _ work: inout Work) throws {
    let decision = policy.decide(record, at: now)
    work.batch.looked += 1
    for delivery in decision.deliveries {
      work.batch.removed.attempts += try rows.removeAttempts(of: delivery)
      work.batch.removed.deadLetters += try rows.removeDeadLetter(delivery)
      work.batch.removed.deliveries += try rows.removeDelivery(delivery)
    }
    if decision.removesRecord {
      work.batch.removed.records += try rows.removeRecord(record.id)
      if record.hasBody { work.batch.removed.bodies += 1 }
    } else if decision.removesBody {
      work.batch.removed.bodies += try rows.removeBody(record.id)
      for delivery in record.deliveries where !decision.deliveries.contains(delivery.id) {
        work.batch.removed.answers += try rows.removeAnswers(of: delivery.id)
      }
    }
    if let at = decision.lookAgainAt { work.lookAgain.append((record.id, at)) }
  }
}
