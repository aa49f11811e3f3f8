import RelayCore
import SQLite

/// The rows of `call_request`: functions inside a transaction of the caller's.
struct CallRequests {
  let connection: Connection

  /// What stands at the start of a relay belongs to one that stopped or crashed. Gives the count of each.
  func settleInterrupted(at now: Instant) throws(DatabaseError) -> (refused: Int, unknown: Int) {
    let refused = try run(
      """
      UPDATE call_request SET state = 'refused', fault = 'stopped', settled_at_ms = ?1,
        reason = 'the relay stopped before it was sent; nothing was dialled'
      WHERE settled_at_ms IS NULL AND state = 'accepted'
      """, now)
    // A record of it may have come before the answer did.
    _ = try run(
      """
      UPDATE call_request SET state = 'placed', settled_at_ms = ?1, reason = '\(Self.provenByRecord)'
      WHERE settled_at_ms IS NULL AND state = 'sending' AND id IN (SELECT call FROM call_record)
      """, now)
    let unknown = try run(
      """
      UPDATE call_request SET state = 'unknown', fault = 'no_answer', settled_at_ms = ?1,
        reason = 'the relay stopped while it was being sent'
      WHERE settled_at_ms IS NULL AND state = 'sending'
      """, now)
    return (refused, unknown)
  }

  private func run(_ sql: String, _ now: Instant) throws(DatabaseError) -> Int {
    let statement = try connection.statement(sql)
    statement.bind(1, now.milliseconds)
    try statement.run()
    return connection.changes
  }
}

// MARK: - Accepting

extension CallRequests {
  func accept(
    _ new: NewCallRequest, at now: Instant, ids: inout IdentifierGenerator
  ) throws(DatabaseError) -> CallAdmission {
    let known = try new.key.map { key throws(DatabaseError) in try find(key, of: new.client) } ?? nil
    if let known {
      guard known.hash == new.hash else { return .otherRequest(known.row.id) }
      switch known.row.state {
      case .accepted, .sending: return .underWay(known.row.id)
      case .placed, .unknown: return .known(known.row)
      case .refused:
        guard known.row.fault?.isRetried == true else { return .known(known.row) }
      }
    }
    for (limit, span, words) in [(new.perMinute, minute, "a minute"), (new.perDay, day, "24 hours")] {
      if let oldest = try nthNewest(limit, of: new.client, since: now + -span) {
        let wait = max(0, oldest + span - now)
        return .overRate(limit: limit, span: words, seconds: Int(wait / 1000) + 1)
      }
    }
    if let known {
      try acceptAgain(known.row.id, at: now)
      return .accepted(AcceptedCall(id: known.row.id))
    }
    return .accepted(AcceptedCall(id: try insert(new, at: now, &ids)))
  }

  private var minute: Int64 { 60_000 }
  private var day: Int64 { 86_400_000 }

  private func find(_ key: String, of client: String) throws(DatabaseError) -> (row: CallRequestRow, hash: [UInt8])? {
    let statement = try connection.statement(
      """
      SELECT \(CallRequestRow.columns), c.request_sha256 FROM call_request c
      WHERE c.client = ? AND c.idempotency_key = ? AND c.idempotency_key IS NOT NULL
      """)
    statement.bind(1, client)
    statement.bind(2, key)
    defer { statement.reset() }
    return try statement.step() ? (CallRequestRow(statement), statement.blob(17)) : nil
  }

  /// When the call before the last `count - 1` ones was accepted, where that was since then: as many are there.
  private func nthNewest(_ count: Int, of client: String, since: Instant) throws(DatabaseError) -> Instant? {
    let statement = try connection.statement(
      """
      SELECT accepted_at_ms FROM call_request WHERE client = ? AND accepted_at_ms > ?
      ORDER BY accepted_at_ms DESC LIMIT 1 OFFSET ?
      """)
    statement.bind(1, client)
    statement.bind(2, since.milliseconds)
    statement.bind(3, count - 1)
    defer { statement.reset() }
    return try statement.step() ? Instant(milliseconds: statement.integer(0)) : nil
  }

  private func acceptAgain(_ id: Identifier, at now: Instant) throws(DatabaseError) {
    let statement = try connection.statement(
      """
      UPDATE call_request SET state = 'accepted', accepted_at_ms = ?, sending_at_ms = NULL, settled_at_ms = NULL,
        fault = NULL, reason = NULL
      WHERE id = ?
      """)
    statement.bind(1, now.milliseconds)
    statement.bind(2, id.number)
    try statement.run()
  }

  private func insert(
    _ new: NewCallRequest, at now: Instant, _ ids: inout IdentifierGenerator
  ) throws(DatabaseError) -> Identifier {
    let statement = try connection.statement(
      """
      INSERT INTO call_request (id, source, client, idempotency_key, request_sha256, from_number, to_number, request,
        state, accepted_at_ms)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'accepted', ?)
      """)
    while true {
      let id = ids.next(at: now)
      statement.bind(1, id.number)
      statement.bind(2, new.source)
      statement.bind(3, new.client)
      statement.bind(4, new.key)
      statement.bind(5, new.hash)
      statement.bind(6, new.from)
      statement.bind(7, new.to)
      statement.bind(8, new.request)
      statement.bind(9, now.milliseconds)
      do {
        try statement.run()
        return id
      } catch {
        // Of another process, or of a clock that stepped back.
        guard error.isTakenIdentifier else { throw error }
      }
    }
  }
}

// MARK: - Sending and settling

extension CallRequests {
  /// False where it is not `accepted`: it is not to be sent.
  func begin(_ call: Identifier, at now: Instant) throws(DatabaseError) -> Bool {
    let statement = try connection.statement(
      "UPDATE call_request SET state = 'sending', sending_at_ms = ? WHERE id = ? AND state = 'accepted'")
    statement.bind(1, now.milliseconds)
    statement.bind(2, call.number)
    try statement.run()
    return connection.changes == 1
  }

  /// Gives the row as it stands afterwards: one that is settled stays as it is, and one without an answer whose CDR has come
  /// was placed. nil where there is none.
  func settle(_ settlement: CallSettlement, at now: Instant) throws(DatabaseError) -> CallRequestRow? {
    var settlement = settlement
    if settlement.state == .unknown, try hasRecord(settlement.call) {
      settlement.state = .placed
      settlement.fault = nil
      settlement.reason = Self.provenByRecord
    }
    let statement = try connection.statement(
      """
      UPDATE call_request SET state = ?, settled_at_ms = ?, fault = ?, reason = ?, request_id = coalesce(?, request_id),
        status = ?, code = ?, response = ?
      WHERE id = ? AND settled_at_ms IS NULL
      """)
    statement.bind(1, settlement.state.rawValue)
    statement.bind(2, now.milliseconds)
    statement.bind(3, settlement.fault?.rawValue)
    statement.bind(4, settlement.reason)
    statement.bind(5, settlement.requestID)
    statement.bind(6, settlement.status.map(Int64.init))
    statement.bind(7, settlement.code.map(Int64.init))
    statement.bind(8, settlement.response.isEmpty ? nil : settlement.response)
    statement.bind(9, settlement.call.number)
    try statement.run()
    return try row(settlement.call)
  }

  func row(_ id: Identifier) throws(DatabaseError) -> CallRequestRow? {
    let statement = try connection.statement("SELECT \(CallRequestRow.columns) FROM call_request c WHERE c.id = ?")
    statement.bind(1, id.number)
    defer { statement.reset() }
    return try statement.step() ? CallRequestRow(statement) : nil
  }

  static let provenByRecord = "no answer came, and a record of the call did: it was dialled"
}

extension CallRequests {
  /// The newest calls with a provider's id, the oldest of them first.
  func readKnown(into known: KnownCalls) throws(DatabaseError) {
    let statement = try connection.prepare(
      """
      SELECT request_id, id, client FROM
        (SELECT request_id, id, client FROM call_request WHERE request_id IS NOT NULL ORDER BY id DESC LIMIT ?)
      ORDER BY id
      """)
    statement.bind(1, KnownCalls.limit)
    while try statement.step() {
      known.add(statement.text(0), CallMark(id: Identifier(statement.integer(1)), client: statement.text(2)))
    }
  }
}

// MARK: - Records

extension CallRequests {
  /// Puts a record down as one of a call, in the transaction that stores it. Without effect where no such call of this client
  /// was ever placed.
  func add(_ record: Identifier, to mark: CallMark, requestID: String?) throws(DatabaseError) {
    let insert = try connection.statement(
      "INSERT OR IGNORE INTO call_record (call, record) SELECT id, ? FROM call_request WHERE id = ? AND client = ?")
    insert.bind(1, record.number)
    insert.bind(2, mark.id.number)
    insert.bind(3, mark.client)
    try insert.run()
    guard connection.changes == 1 else { return }
    let settle = try connection.statement(
      """
      UPDATE call_request SET state = 'placed', fault = NULL, reason = ?, request_id = coalesce(request_id, ?)
      WHERE id = ? AND state = 'unknown'
      """)
    settle.bind(1, Self.provenByRecord)
    settle.bind(2, requestID)
    settle.bind(3, mark.id.number)
    try settle.run()
  }

  private func hasRecord(_ call: Identifier) throws(DatabaseError) -> Bool {
    let statement = try connection.statement("SELECT 1 FROM call_record WHERE call = ? LIMIT 1")
    statement.bind(1, call.number)
    defer { statement.reset() }
    return try statement.step()
  }
}
