import RelayCore
import SQLite

/// Takes due deliveries of a destination into the forwarder's hands: `waiting` becomes `sending`.
///
/// Where answers are captured, no two deliveries of a call are under way at a time, also of those that a person sends again, which
/// have no place in its line: the other one is due again a second later, and knows by then what the one before it captured.
final class DeliveryClaiming {
  /// Destinations of whose answers a value is kept. See `CapturedValues`.
  var capturing: Set<String>

  /// Milliseconds.
  private static let pauseBehindItsCall: Int64 = 1000

  private let findDue: Statement
  private let markSending: Statement
  private let findNext: Statement
  private let findUnderWay: Statement
  private let putOff: Statement

  init(connection: Connection, capturing: Set<String>) throws(DatabaseError) {
    self.capturing = capturing
    findDue = try connection.prepare(
      """
      SELECT d.id, d.rule, d.record, d.attempts - d.attempts_before_replay, d.tries, d.replays, d.clock_started_at_ms,
        d.held_before_ms, r.source, r.provider, r.received_at_ms, r.revision, r.content_type, r.headers, r.query, r.body,
        (SELECT value FROM captured AS c WHERE c.destination = d.destination AND c.call = \(CallOrder.callOfRecord)),
        \(CallOrder.callOfRecord)
      FROM delivery AS d INDEXED BY delivery_due JOIN record AS r ON r.id = d.record
      WHERE d.destination = ? AND d.state = 'waiting' AND d.next_attempt_at_ms <= ?
      ORDER BY d.next_attempt_at_ms LIMIT ?
      """)
    markSending = try connection.prepare(
      "UPDATE delivery SET state = 'sending', next_attempt_at_ms = NULL WHERE id = ? AND state = 'waiting'")
    findNext = try connection.prepare(
      """
      SELECT next_attempt_at_ms FROM delivery INDEXED BY delivery_due
      WHERE destination = ? AND state = 'waiting' AND next_attempt_at_ms < \(CallOrder.never.milliseconds)
      ORDER BY next_attempt_at_ms LIMIT 1
      """)
    findUnderWay = try connection.prepare(
      """
      SELECT \(CallOrder.callOfRecord) FROM delivery AS d INDEXED BY delivery_sending JOIN record AS r ON r.id = d.record
      WHERE d.destination = ? AND d.state = 'sending'
      """)
    putOff = try connection.prepare("UPDATE delivery SET next_attempt_at_ms = ? WHERE id = ? AND state = 'waiting'")
  }

  /// The longest due first, as far as both limits go; a body above the byte limit comes alone.
  func claim(
    destination: String, limit: Int, byteLimit: Int, at now: Instant
  ) throws(DatabaseError) -> Claim {
    let due = try due(destination: destination, limit: limit, byteLimit: byteLimit, at: now)
    let deliveries = capturing.contains(destination) ? try oneOfEachCall(due, destination, now) : due.map(\.delivery)
    for delivery in deliveries {
      markSending.bind(1, delivery.id.number)
      try markSending.run()
    }
    findNext.bind(1, destination)
    let next = try findNext.step() ? Instant(milliseconds: findNext.integer(0)) : nil
    findNext.reset()
    return Claim(deliveries: deliveries, nextDueAt: next)
  }

  private func oneOfEachCall(
    _ due: [(delivery: DueDelivery, call: String?)], _ destination: String, _ now: Instant
  ) throws(DatabaseError) -> [DueDelivery] {
    var underWay: Set<String> = []
    findUnderWay.bind(1, destination)
    while try findUnderWay.step() { if let call = findUnderWay.optionalText(0) { underWay.insert(call) } }
    findUnderWay.reset()
    var taken: [DueDelivery] = []
    for (delivery, call) in due {
      if let call, !underWay.insert(call).inserted {
        putOff.bind(1, (now + Self.pauseBehindItsCall).milliseconds)
        putOff.bind(2, delivery.id.number)
        try putOff.run()
      } else {
        taken.append(delivery)
      }
    }
    return taken
  }

  private func due(
    destination: String, limit: Int, byteLimit: Int, at now: Instant
  ) throws(DatabaseError) -> [(delivery: DueDelivery, call: String?)] {
    findDue.bind(1, destination)
    findDue.bind(2, now.milliseconds)
    findDue.bind(3, max(0, limit))
    var deliveries: [(delivery: DueDelivery, call: String?)] = []
    var bytes = 0
    while try findDue.step() {
      bytes += findDue.byteCount(15)
      if bytes > byteLimit, !deliveries.isEmpty { break }
      deliveries.append((delivery(findDue, destination: destination), findDue.optionalText(17)))
    }
    findDue.reset()
    return deliveries
  }

  private func delivery(_ row: Statement, destination: String) -> DueDelivery {
    DueDelivery(
      id: Identifier(row.integer(0)),
      destination: destination,
      rule: row.text(1),
      record: Identifier(row.integer(2)),
      source: row.text(8),
      provider: Provider(rawValue: row.text(9)) ?? .generic,
      receivedAt: Instant(milliseconds: row.integer(10)),
      revision: Int(row.integer(11)),
      raw: RawRecordColumns.read(row, from: 12),
      attempts: Int(row.integer(3)),
      tries: Int(row.integer(4)),
      replays: Int(row.integer(5)),
      clockStartedAt: Instant(milliseconds: row.integer(6)),
      heldBefore: row.integer(7),
      captured: row.optionalText(16).flatMap(CapturedValues.read)
    )
  }
}
