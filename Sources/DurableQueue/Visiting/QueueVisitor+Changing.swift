import RelayCore

extension QueueVisitor {
  /// Makes the change, in batches; calls `progress` with the count changed so far after each. A stop between two batches
  /// leaves the first ones changed; a second start does the rest, since what was changed no longer matches. `perSecond`:
  /// what is replayed becomes due so many a second to each destination; nil: at once.
  package func change(
    _ change: DeliveryChange, _ filter: DeliveryFilter, plan: DeliveryPlan, perSecond: Double? = nil, action: Action,
    progress: (Int) throws -> Void = { _ in }
  ) throws -> DeliveryChanges {
    var changing = Changing(change, action, perSecond)
    guard let filter = try resolved(filter).limited(to: change.from) else { return changing.result }
    var after: Int64 = 0
    while after < plan.newestID {
      let ids = try deliveryIDs(filter, "d.id > ?", after, order: "ASC", limit: Self.idChunk)
      guard let last = ids.last else { break }
      // A renewed delivery is two rows.
      let size = change == .renew ? Self.batchSize / 2 : Self.batchSize
      for start in stride(from: 0, to: ids.count, by: size) {
        let batch = ids[start..<min(start + size, ids.count)].filter { $0 <= plan.newestID }
        guard !batch.isEmpty else { break }
        try apply(&changing, to: batch)
        try progress(changing.result.changed)
      }
      after = last
    }
    return changing.result
  }

  /// Makes the change to these deliveries, counting those that are not there or not in a state for it.
  package func change(
    _ change: DeliveryChange, ids: [Identifier], perSecond: Double? = nil, action: Action
  ) throws -> DeliveryChanges {
    var changing = Changing(change, action, perSecond)
    changing.result.notFound = try missing(ids)
    let known = Set(ids).subtracting(changing.result.notFound).map(\.number).sorted()
    for start in stride(from: 0, to: known.count, by: Self.batchSize) {
      try apply(&changing, to: Array(known[start..<min(start + Self.batchSize, known.count)]))
    }
    return changing.result
  }

  /// Those of the ids that no delivery has.
  package func missing(_ ids: [Identifier]) throws -> [Identifier] {
    try ids.filter { try first(Query("SELECT 1 FROM delivery WHERE id = ?", [.id($0)]), { _ in true }) != true }
  }

  /// A change under way.
  private struct Changing {
    let change: DeliveryChange
    let now: Instant
    var action: RunningAction
    var due: DueTimes
    var result = DeliveryChanges()

    init(_ change: DeliveryChange, _ action: Action, _ perSecond: Double?) {
      self.change = change
      now = action.at
      self.action = RunningAction(action)
      due = DueTimes(now: action.at, perSecond: perSecond)
    }
  }

  /// One batch in one transaction; where that fails, nothing of it counts.
  private func apply(_ changing: inout Changing, to ids: [Int64]) throws {
    var next = changing
    try transaction {
      let holds = try self.holds()
      for id in ids { try apply(&next, to: id, holds) }
      let changed = next.result.changed - changing.result.changed
      try UnsettledCount(connection: connection).add(changed * next.change.unsettledChange)
      try next.action.add(changed, on: self)
    }
    changing = next
  }

  private func apply(_ changing: inout Changing, to id: Int64, _ holds: [String: HoldState]) throws {
    switch changing.change {
    case .replay, .renew:
      let ended: EndedDelivery
      switch try endedDelivery(id) {
      case .ended(let delivery): ended = delivery
      case .other: return changing.result.skipped += 1
      case .replaced: return changing.result.replaced += 1
      case .bodyGone: return changing.result.bodyGone += 1
      }
      let held = holds[ended.destination]?.held(at: changing.now) ?? 0
      let due = try changing.due.next(ended.destination) { try lastSpread(to: ended.destination) }
      if changing.change == .renew {
        changing.result.renewals.append(try renew(ended, due: due, held: held, at: changing.now))
      } else {
        try replay(ended, due: due, held: held, at: changing.now)
      }
      changing.result.changed += 1
    case .cancel(let reason): try end(id, from: "waiting", reason: reason, &changing)
    case .close(let reason): try end(id, from: "dead", reason: reason, &changing)
    }
  }

  private func end(_ id: Int64, from state: String, reason: String, _ changing: inout Changing) throws {
    let changed = try run(
      Query(
        """
        UPDATE delivery SET state = 'cancelled', next_attempt_at_ms = NULL, settled_at_ms = ?, reason = ?
        WHERE id = ? AND state = '\(state)'
        """, [.instant(changing.now), .text(reason), .integer(id)]))
    guard changed == 1 else { return changing.result.skipped += 1 }
    try CallOrder(connection: connection).leave(id, at: changing.now)
    if state == "dead" { try forgetDeadLetter(id) }
    changing.result.changed += 1
  }
}
