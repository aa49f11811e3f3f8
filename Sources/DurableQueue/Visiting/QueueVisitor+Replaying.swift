import RelayCore

/// A delivery that may be sent again.
struct EndedDelivery {
  let id: Int64
  let record: Int64
  let destination: String
  let rule: String
  let replays: Int64
}

/// Whether a delivery may be sent again.
enum Replayable {
  case ended(EndedDelivery)
  /// It waits or is being sent, or is not there.
  case other
  /// Another delivery took its place: both together would send the record twice.
  case replaced
  case bodyGone
}

extension QueueVisitor {
  func endedDelivery(_ id: Int64) throws -> Replayable {
    let query = Query(
      """
      SELECT d.record, d.destination, d.rule, d.replays, r.body IS NULL, \(DeliveryFilter.isReplaced)
      \(DeliveryFilter.from) WHERE d.id = ? AND d.state IN ('delivered', 'dead', 'cancelled')
      """, [.integer(id)])
    return try first(query, isKept: true) { row -> Replayable in
      if row.integer(5) == 1 { return .replaced }
      if row.integer(4) == 1 { return .bodyGone }
      return .ended(
        EndedDelivery(
          id: id, record: row.integer(0), destination: row.text(1), rule: row.text(2), replays: row.integer(3)))
    } ?? .other
  }

  /// Waiting again, with a fresh clock.
  func replay(_ delivery: EndedDelivery, due: Instant, held: Int64, at now: Instant) throws {
    try run(
      Query(
        """
        UPDATE delivery SET state = 'waiting', next_attempt_at_ms = ?, settled_at_ms = NULL,
          attempts_before_replay = attempts, replays = replays + 1, clock_started_at_ms = ?, held_before_ms = ?
        WHERE id = ?
        """, [.instant(due), .instant(now), .integer(held), .integer(delivery.id)]))
    try forgetDeadLetter(delivery.id)
  }

  /// Puts another delivery in its place, whose id its destination has not seen; what was tried stays with the old one. What the
  /// destination knows the call by is forgotten: it makes another one.
  func renew(_ old: EndedDelivery, due: Instant, held: Int64, at now: Instant) throws -> DeliveryChanges.Renewal {
    let new = try addDelivery(
      of: old.record, to: old.destination, rule: old.rule, replays: old.replays + 1, due: due, held: held, at: now)
    try run(
      Query(
        "UPDATE delivery SET state = 'cancelled', settled_at_ms = ?, reason = ? WHERE id = ?",
        [.instant(now), .text(DeliveryRow.replacement + new.description), .integer(old.id)]))
    try forgetDeadLetter(old.id)
    try run(CapturedValues.forgetting(callOf: old.record, at: old.destination))
    return DeliveryChanges.Renewal(old: Identifier(old.id), new: new)
  }

  /// A delivery of a record that stands there already, inside a transaction of the caller's. Its id lies beyond those that
  /// follow the record's, so that the index of such deliveries finds it.
  func addDelivery(
    of record: Int64, to destination: String, rule: String, replays: Int64, due: Instant, held: Int64, at now: Instant
  ) throws -> Identifier {
    let isTaken = { (id: Identifier) in
      try self.first(Query("SELECT 1 FROM delivery WHERE id = ?", [.id(id)]), isKept: true, { _ in true }) == true
    }
    var id = identifiers.next(at: now)
    // Another process may have drawn it, where a clock stepped back.
    while try isTaken(id) { id = identifiers.next(at: now) }
    try run(
      Query(
        """
        INSERT INTO delivery (id, record, destination, rule, state, created_at_ms, replays, clock_started_at_ms,
          held_before_ms, next_attempt_at_ms)
        VALUES (?, ?, ?, ?, 'waiting', ?, ?, ?, ?, ?)
        """,
        [
          .id(id), .integer(record), .text(destination), .text(rule), .instant(now), .integer(replays), .instant(now),
          .integer(held), .instant(due),
        ]))
    return id
  }

  func forgetDeadLetter(_ id: Int64) throws {
    try run(Query("DELETE FROM dead_letter WHERE delivery = ?", [.integer(id)]))
  }

  /// When the last delivery to this destination becomes due that a command put there and nobody tried since; nil where there
  /// is none. Those of a replay that `--rate` spreads come behind it.
  package func lastSpread(to destination: String) throws -> Instant? {
    let query = Query(
      """
      SELECT next_attempt_at_ms FROM delivery INDEXED BY delivery_due
      WHERE destination = ? AND state = 'waiting' AND attempts = attempts_before_replay
        AND next_attempt_at_ms < \(CallOrder.never.milliseconds)
      ORDER BY next_attempt_at_ms DESC LIMIT 1
      """, [.text(destination)])
    return try first(query) { $0.instant(0) } ?? nil
  }
}
