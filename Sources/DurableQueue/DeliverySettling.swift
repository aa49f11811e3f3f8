import RelayCore
import SQLite

/// Writes what became of a try: the delivery's next state, a row in `attempt`, and in `dead_letter` where it was the last.
final class DeliverySettling {
  struct Settled {
    /// For good.
    var hasEnded = false
    /// The next delivery of its call became due.
    var freesNext = false
  }

  private let connection: Connection
  private let settleSending: Statement
  private let insertAttempt: Statement
  private let insertDeadLetter: Statement
  private let order: CallOrder
  private let captured: CapturedValues
  var ordered: Set<String>

  /// `ordered`: destinations to which the deliveries of one call go in their order.
  init(connection: Connection, ordered: Set<String>) throws(DatabaseError) {
    self.connection = connection
    self.ordered = ordered
    order = CallOrder(connection: connection)
    captured = CapturedValues(connection: connection)
    settleSending = try connection.prepare(
      """
      UPDATE delivery SET state = ?, attempts = attempts + ?, tries = tries + ?, next_attempt_at_ms = ?,
        settled_at_ms = ?, reason = ?
      WHERE id = ? AND state = 'sending'
      """)
    insertAttempt = try connection.prepare(
      """
      INSERT INTO attempt (delivery, number, started_at_ms, took_ms, request_sha256, status, outcome, reason, response)
      VALUES (?1, (SELECT tries FROM delivery WHERE id = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8)
      """)
    insertDeadLetter = try connection.prepare(
      "INSERT OR REPLACE INTO dead_letter (delivery, died_at_ms, status, reason) VALUES (?, ?, ?, ?)")
  }

  /// Only a delivery that is `sending` settles; any other stays as it is.
  func settle(_ settlement: Settlement) throws(DatabaseError) -> Settled {
    let next = Self.next(settlement)
    let isTried = settlement.attempt != nil
    settleSending.bind(1, next.state.rawValue)
    settleSending.bind(2, isTried && next.counts ? 1 : 0)
    settleSending.bind(3, isTried ? 1 : 0)
    settleSending.bind(4, next.attemptAt?.milliseconds)
    settleSending.bind(5, next.attemptAt == nil ? settlement.settledAt.milliseconds : nil)
    settleSending.bind(6, next.state == .dead ? settlement.reason ?? "given up" : settlement.reason)
    settleSending.bind(7, settlement.delivery.number)
    try settleSending.run()
    guard connection.changes == 1 else { return Settled() }
    if let attempt = settlement.attempt { try insert(attempt, of: settlement, outcome: next.word) }
    if next.state == .dead { try insertDeadLetter(of: settlement) }
    if next.state == .delivered, let value = settlement.captured {
      try captured.keep(value, of: settlement.delivery.number, at: settlement.settledAt)
    }
    guard next.attemptAt == nil else { return Settled() }
    guard !ordered.isEmpty, ordered.contains(settlement.destination) else { return Settled(hasEnded: true) }
    return Settled(
      hasEnded: true, freesNext: try order.leave(settlement.delivery.number, at: settlement.settledAt))
  }

  /// Turns what an earlier process left in `sending` back to `waiting`, due now. Not counted as an attempt.
  static func returnInterrupted(on connection: Connection, at now: Instant) throws(DatabaseError) -> Int {
    let statement = try connection.prepare(
      """
      UPDATE delivery SET state = 'waiting', next_attempt_at_ms = ?,
        reason = 'interrupted: the relay stopped before an answer was kept'
      WHERE state = 'sending'
      """)
    statement.bind(1, now.milliseconds)
    try statement.run()
    return connection.changes
  }

  /// No delay between two attempts is longer: 24 hours.
  static let longestDelay: Int64 = 24 * 3_600_000

  /// `waiting (destination)`: those to which something waits, and a last row of NULL. One look into the index for each,
  /// however many deliveries wait.
  static let waitingDestinations = """
    WITH RECURSIVE waiting (destination) AS (
      SELECT min(destination) FROM delivery WHERE state = 'waiting'
      UNION ALL
      SELECT (SELECT min(destination) FROM delivery WHERE state = 'waiting' AND destination > waiting.destination)
      FROM waiting WHERE waiting.destination IS NOT NULL)
    """

  /// Makes due what waits for a time that no delay leads to: it was written while the clock was ahead, which has been put
  /// right since. Reads no more of the index than what it changes and one row a destination.
  static func returnFromTheFuture(on connection: Connection, at now: Instant) throws(DatabaseError) -> Int {
    let statement = try connection.prepare(
      """
      \(waitingDestinations)
      UPDATE delivery SET next_attempt_at_ms = ?1
      WHERE id IN (
        SELECT d.id FROM waiting CROSS JOIN delivery AS d INDEXED BY delivery_due
        WHERE d.destination = waiting.destination AND d.state = 'waiting' AND d.next_attempt_at_ms > ?1 + ?2
          AND d.next_attempt_at_ms < \(CallOrder.never.milliseconds))
      """)
    statement.bind(1, now.milliseconds)
    statement.bind(2, longestDelay)
    try statement.run()
    return connection.changes
  }

  private static func next(
    _ settlement: Settlement
  ) -> (state: DeliveryState, attemptAt: Instant?, counts: Bool, word: String) {
    switch settlement.outcome {
    case .delivered: (.delivered, nil, true, "delivered")
    case .retry(let at): (.waiting, at, true, "retry")
    case .dead: (.dead, nil, true, "dead")
    case .postponed(let until): (.waiting, until, false, "postponed")
    case .interrupted: (.waiting, settlement.settledAt, false, "interrupted")
    }
  }

  private func insert(_ attempt: Settlement.Attempt, of settlement: Settlement, outcome: String) throws(DatabaseError) {
    insertAttempt.bind(1, settlement.delivery.number)
    insertAttempt.bind(2, attempt.startedAt.milliseconds)
    insertAttempt.bind(3, attempt.took)
    insertAttempt.bind(4, attempt.requestHash)
    insertAttempt.bind(5, attempt.status.map(Int64.init))
    insertAttempt.bind(6, outcome)
    insertAttempt.bind(7, settlement.reason)
    insertAttempt.bind(8, attempt.response)
    try insertAttempt.run()
  }

  private func insertDeadLetter(of settlement: Settlement) throws(DatabaseError) {
    insertDeadLetter.bind(1, settlement.delivery.number)
    insertDeadLetter.bind(2, settlement.settledAt.milliseconds)
    insertDeadLetter.bind(3, settlement.attempt?.status.map(Int64.init))
    insertDeadLetter.bind(4, settlement.reason ?? "given up")
    try insertDeadLetter.run()
  }
}
