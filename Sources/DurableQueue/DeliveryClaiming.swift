import RelayCore
import SQLite

/// Takes due deliveries of a destination into the forwarder's hands: `waiting` becomes `sending`.
final class DeliveryClaiming {
  private let findDue: Statement
  private let markSending: Statement
  private let findNext: Statement

  init(connection: Connection) throws(DatabaseError) {
    findDue = try connection.prepare(
      """
      SELECT d.id, d.rule, d.record, d.attempts - d.attempts_before_replay, d.tries, d.replays, d.clock_started_at_ms,
        d.held_before_ms, r.source, r.provider, r.received_at_ms, r.revision, r.content_type, r.headers, r.query, r.body,
        (SELECT value FROM captured AS c WHERE c.destination = d.destination AND c.call = \(CallOrder.callOfRecord))
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
  }

  /// The longest due first, as far as both limits go; a body above the byte limit comes alone.
  func claim(
    destination: String, limit: Int, byteLimit: Int, at now: Instant
  ) throws(DatabaseError) -> Claim {
    let deliveries = try due(destination: destination, limit: limit, byteLimit: byteLimit, at: now)
    for delivery in deliveries {
      markSending.bind(1, delivery.id.number)
      try markSending.run()
    }
    findNext.bind(1, destination)
    let next = try findNext.step() ? Instant(milliseconds: findNext.integer(0)) : nil
    findNext.reset()
    return Claim(deliveries: deliveries, nextDueAt: next)
  }

  private func due(
    destination: String, limit: Int, byteLimit: Int, at now: Instant
  ) throws(DatabaseError) -> [DueDelivery] {
    findDue.bind(1, destination)
    findDue.bind(2, now.milliseconds)
    findDue.bind(3, max(0, limit))
    var deliveries: [DueDelivery] = []
    var bytes = 0
    while try findDue.step() {
      bytes += findDue.byteCount(15)
      if bytes > byteLimit, !deliveries.isEmpty { break }
      deliveries.append(delivery(findDue, destination: destination))
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
