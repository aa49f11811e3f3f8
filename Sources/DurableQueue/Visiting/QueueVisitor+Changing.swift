import RelayCore

extension QueueVisitor {
  /// Counts what a change of the deliveries that are meant would touch: those in a state from which it is possible.
  /// `limit`: at most so many, the oldest.
  package func plan(_ change: DeliveryChange, _ filter: DeliveryFilter, limit: Int? = nil) throws -> DeliveryPlan {
    var filter = filter
    filter.states = filter.states.isEmpty ? change.from : filter.states.filter(change.from.contains)
    guard !filter.states.isEmpty else { return DeliveryPlan(shares: [], oldest: nil, newest: nil, newestID: 0) }
    var condition = filter.condition
    if let limit, let last = try id(ofNumber: limit, condition) { condition.add("d.id <= ?", .integer(last)) }
    let query =
      Query(
        "SELECT d.destination, count(*), min(d.created_at_ms), max(d.created_at_ms), max(d.id) \(DeliveryFilter.from)")
      + condition.clause + Query("GROUP BY d.destination ORDER BY count(*) DESC, d.destination")
    let groups = try rows(query) { row in
      (
        share: DeliveryPlan.Share(destination: row.text(0), count: Int(row.integer(1))),
        oldest: row.instant(2), newest: row.instant(3), newestID: row.integer(4)
      )
    }
    return DeliveryPlan(
      shares: groups.map(\.share), oldest: groups.compactMap(\.oldest).min(), newest: groups.compactMap(\.newest).max(),
      newestID: groups.map(\.newestID).max() ?? 0)
  }

  /// Of the delivery with this number, counted from 1 and from the oldest; nil where there are fewer.
  private func id(ofNumber number: Int, _ condition: Condition) throws -> Int64? {
    let query =
      Query("SELECT d.id \(DeliveryFilter.from)") + condition.clause
      + Query("ORDER BY d.id LIMIT 1 OFFSET ?", [.integer(Int64(number - 1))])
    return try first(query) { $0.integer(0) }
  }

  /// Makes the change, in batches; calls `progress` with the count changed so far after each. A stop between two batches
  /// leaves the first ones changed; a second start does the rest, since what was changed no longer matches.
  package func change(
    _ change: DeliveryChange, _ filter: DeliveryFilter, plan: DeliveryPlan, action: Action,
    progress: (Int) throws -> Void = { _ in }
  ) throws -> DeliveryChanges {
    var filter = filter
    filter.states = filter.states.isEmpty ? change.from : filter.states.filter(change.from.contains)
    var result = DeliveryChanges()
    var running = RunningAction(action)
    var after: Int64 = 0
    while after < plan.newestID, !filter.states.isEmpty {
      let ids = try deliveryIDs(filter, "d.id > ?", after, order: "ASC", limit: Self.idChunk)
      guard let last = ids.last else { break }
      for start in stride(from: 0, to: ids.count, by: Self.batchSize) {
        let batch = ids[start..<min(start + Self.batchSize, ids.count)].filter { $0 <= plan.newestID }
        guard !batch.isEmpty else { break }
        try apply(change, to: batch, at: action.at, &running, &result)
        try progress(result.changed)
      }
      after = last
    }
    return result
  }

  /// Makes the change to these deliveries, counting those that are not there or not in a state for it.
  package func change(_ change: DeliveryChange, ids: [Identifier], action: Action) throws -> DeliveryChanges {
    var result = DeliveryChanges()
    var running = RunningAction(action)
    var known: [Int64] = []
    for id in ids {
      if try first(Query("SELECT 1 FROM delivery WHERE id = ?", [.id(id)]), { _ in true }) == true {
        known.append(id.number)
      } else {
        result.notFound.append(id)
      }
    }
    for start in stride(from: 0, to: known.count, by: Self.batchSize) {
      let batch = Array(known[start..<min(start + Self.batchSize, known.count)])
      try apply(change, to: batch, at: action.at, &running, &result)
    }
    return result
  }

  private func apply(
    _ change: DeliveryChange, to ids: [Int64], at now: Instant, _ action: inout RunningAction,
    _ result: inout DeliveryChanges
  ) throws {
    let before = (result, action)
    do {
      try transaction {
        let holds = try self.holds()
        for id in ids {
          switch try apply(change, to: id, holds, at: now) {
          case .changed: result.changed += 1
          case .skipped: result.skipped += 1
          case .bodyGone: result.bodyGone += 1
          }
        }
        let changed = result.changed - before.0.changed
        try UnsettledCount(connection: connection).add(changed * change.unsettledChange)
        try action.add(changed, on: self)
      }
    } catch {
      (result, action) = before
      throw error
    }
  }

  private enum Outcome {
    case changed, skipped, bodyGone
  }

  private func apply(
    _ change: DeliveryChange, to id: Int64, _ holds: [String: HoldState], at now: Instant
  ) throws -> Outcome {
    switch change {
    case .replay: return try replay(id, holds, at: now)
    case .cancel(let reason): return try end(id, from: "waiting", reason: reason, at: now)
    case .close(let reason):
      let outcome = try end(id, from: "dead", reason: reason, at: now)
      if outcome == .changed { try forgetDeadLetter(id) }
      return outcome
    }
  }

  private func replay(_ id: Int64, _ holds: [String: HoldState], at now: Instant) throws -> Outcome {
    let query = Query(
      """
      SELECT d.destination, r.body IS NULL, d.state IN ('delivered', 'dead', 'cancelled') \(DeliveryFilter.from)
      WHERE d.id = ?
      """, [.integer(id)])
    guard
      let (destination, bodyGone, isEnded) = try first(
        query, { ($0.text(0), $0.integer(1) == 1, $0.integer(2) == 1) }), isEnded
    else { return .skipped }
    if bodyGone { return .bodyGone }
    let held = holds[destination]?.held(at: now) ?? 0
    try run(
      Query(
        """
        UPDATE delivery SET state = 'waiting', next_attempt_at_ms = ?, settled_at_ms = NULL,
          attempts_before_replay = attempts, replays = replays + 1, clock_started_at_ms = ?, held_before_ms = ?
        WHERE id = ?
        """, [.instant(now), .instant(now), .integer(held), .integer(id)]))
    try forgetDeadLetter(id)
    return .changed
  }

  private func end(_ id: Int64, from state: String, reason: String, at now: Instant) throws -> Outcome {
    let changed = try run(
      Query(
        """
        UPDATE delivery SET state = 'cancelled', next_attempt_at_ms = NULL, settled_at_ms = ?, reason = ?
        WHERE id = ? AND state = '\(state)'
        """, [.instant(now), .text(reason), .integer(id)]))
    return changed == 1 ? .changed : .skipped
  }

  private func forgetDeadLetter(_ id: Int64) throws {
    try run(Query("DELETE FROM dead_letter WHERE delivery = ?", [.integer(id)]))
  }
}
