import Glibc
import RelayCore
import SQLite

extension QueueVisitor {
  /// Records changed in one transaction: some milliseconds.
  private static let erasureBatch = 100
  /// What stands in the place of a reason that spoke of the person.
  private static let erased = "erased"

  /// Removes the person from every row of the plan, in batches; what stays of a record is what a repetition is known by,
  /// and what proves that it was received and sent. `waiting` nil leaves records of which something waits, as `keep` does.
  /// A stop in the middle and a second start do nothing twice. `progress`: records done.
  package func erase(
    _ person: Person, _ plan: ErasurePlan, waiting: WaitingErasure?, action: Action,
    progress: (Int) throws -> Void = { _ in }
  ) throws -> ErasureReceipt {
    var receipt = ErasureReceipt()
    var running = RunningAction(action)
    try naming { try connection.execute("PRAGMA secure_delete = ON") }
    // First, so that no import comes between.
    try transaction { try ErasedPeople.add(person, on: connection, at: action.at) }
    for start in stride(from: 0, to: plan.records.count, by: Self.erasureBatch) {
      let batch = plan.records[start..<min(start + Self.erasureBatch, plan.records.count)]
      try inBatch(&running, &receipt) { receipt in
        for record in batch { try eraseRecord(record, person, waiting, at: action.at, &receipt) }
        return batch.count
      }
      try progress(start + batch.count)
    }
    try eraseNotes(plan, &running, &receipt)
    try eraseKeptRequests(plan, person, at: action.at, &running, &receipt)
    try eraseCalls(plan, person, &running, &receipt)
    receipt.isLogEmpty = (try? connection.truncateLog()) != nil
    receipt.traces = try traces(of: person)
    return receipt
  }

  /// Nothing of a batch that failed is counted.
  private func inBatch(
    _ running: inout RunningAction, _ receipt: inout ErasureReceipt, _ body: (inout ErasureReceipt) throws -> Int
  ) throws {
    let before = (running, receipt)
    do {
      try transaction { try running.add(try body(&receipt), on: self) }
    } catch {
      (running, receipt) = before
      throw error
    }
  }
}

// MARK: - Records

extension QueueVisitor {
  private func eraseRecord(
    _ record: Int64, _ person: Person, _ waiting: WaitingErasure?, at now: Instant, _ receipt: inout ErasureReceipt
  ) throws {
    let deliveries = try deliveries(ofRecord: Identifier(record))
    let waits = deliveries.filter { $0.state == .waiting }
    guard !deliveries.contains(where: { $0.state == .sending }), waits.isEmpty || waiting == .cancel else {
      receipt.left += 1
      return
    }
    let ended = try waits.reduce(0) { try $0 + cancel($1, at: now) }
    try UnsettledCount(connection: connection).add(-ended)
    receipt.cancelled += try deliveries.filter { $0.state == .dead }.reduce(ended) { try $0 + cancel($1, at: now) }
    for delivery in deliveries {
      try run(Query("UPDATE attempt SET response = NULL WHERE delivery = ?", [.id(delivery.id)]))
      // What a destination calls the call; also where another record of it was the first.
      try run(CapturedValues.forgetting(callOf: record, at: delivery.destination))
    }
    // Ids of the provider's stay, unless they are made of the number: they lead nowhere without the provider.
    let named = try rows(
      Query("SELECT call_id, conversation_id, request_id FROM record WHERE id = ?", [.integer(record)])
    ) { row in (0..<3).map { row.withBytes($0, person.isIn) } }.first
    let ids = zip(["call_id", "conversation_id", "request_id"], named ?? []).map { column, isNamed in
      isNamed ? ", \(column) = NULL" : ""
    }.joined()
    receipt.records += try run(
      Query(
        """
        UPDATE record SET body = NULL, headers = '[]', query = '[]', content_type = NULL, from_number = NULL,
          to_number = NULL, unrouted = 0\(ids)
        WHERE id = ?
        """, [.integer(record)]))
  }

  private func cancel(_ delivery: DeliveryRow, at now: Instant) throws -> Int {
    try run(Query("DELETE FROM dead_letter WHERE delivery = ?", [.id(delivery.id)]))
    let changed = try run(
      Query(
        """
        UPDATE delivery SET state = 'cancelled', next_attempt_at_ms = NULL, settled_at_ms = ?, reason = ?
        WHERE id = ? AND (state = 'waiting' OR state = 'dead')
        """, [.instant(now), .text(Self.erased), .id(delivery.id)]))
    try CallOrder(connection: connection).leave(delivery.id.number, at: now)
    return changed
  }
}

// MARK: - Everything else

extension QueueVisitor {
  private func eraseNotes(
    _ plan: ErasurePlan, _ running: inout RunningAction, _ receipt: inout ErasureReceipt
  ) throws {
    var changes = plan.attempts.map { attempt in
      Query(
        """
        UPDATE attempt SET response = NULL, reason = CASE WHEN reason IS NULL THEN NULL ELSE ? END
        WHERE delivery = ? AND number = ?
        """, [.text(Self.erased), .integer(attempt.delivery), .integer(attempt.number)])
    }
    changes += plan.deliveries.map {
      Query("UPDATE delivery SET reason = ? WHERE id = ?", [.text(Self.erased), .integer($0)])
    }
    changes += plan.deadLetters.map {
      Query("UPDATE dead_letter SET reason = ? WHERE delivery = ?", [.text(Self.erased), .integer($0)])
    }
    changes += plan.actions.map {
      Query("UPDATE action SET command = ?1, reason = ?1 WHERE id = ?2", [.text(Self.erased), .integer($0)])
    }
    for start in stride(from: 0, to: changes.count, by: Self.batchSize) {
      try inBatch(&running, &receipt) { _ in
        let batch = changes[start..<min(start + Self.batchSize, changes.count)]
        return try batch.reduce(0) { try $0 + run($1) }
      }
    }
  }

  /// What is quarantined keeps its row, so that the same request is known when it comes again; what was refused goes.
  private func eraseKeptRequests(
    _ plan: ErasurePlan, _ person: Person, at now: Instant, _ running: inout RunningAction,
    _ receipt: inout ErasureReceipt
  ) throws {
    for start in stride(from: 0, to: plan.quarantine.count, by: Self.erasureBatch) {
      try inBatch(&running, &receipt) { receipt in
        var changed = 0
        for id in plan.quarantine[start..<min(start + Self.erasureBatch, plan.quarantine.count)] {
          changed += try run(
            Query(
              """
              UPDATE quarantine SET body = NULL, headers = '[]', query = '[]', content_type = NULL, reason = ?,
                state = CASE state WHEN 'kept' THEN 'discarded' ELSE state END, settled_at_ms = coalesce(settled_at_ms, ?)
              WHERE id = ?
              """, [.text(Self.erased), .instant(now), .integer(id)]))
        }
        receipt.quarantine += changed
        return changed
      }
    }
    for start in stride(from: 0, to: plan.refused.count, by: Self.erasureBatch) {
      try inBatch(&running, &receipt) { receipt in
        let batch = plan.refused[start..<min(start + Self.erasureBatch, plan.refused.count)]
        let removed = try batch.reduce(0) { try $0 + run(Query("DELETE FROM refused WHERE id = ?", [.integer($1)])) }
        receipt.refused += removed
        return removed
      }
    }
  }

  /// That a call was placed, when, by whom and what came of it stays. One under way is left: its end would write the person
  /// again. The hash could be tried with all numbers, so it goes; the same key is then refused as one of another request.
  private func eraseCalls(
    _ plan: ErasurePlan, _ person: Person, _ running: inout RunningAction, _ receipt: inout ErasureReceipt
  ) throws {
    for start in stride(from: 0, to: plan.calls.count, by: Self.erasureBatch) {
      try inBatch(&running, &receipt) { receipt in
        var changed = 0
        for id in plan.calls[start..<min(start + Self.erasureBatch, plan.calls.count)] {
          let named = try rows(
            Query("SELECT idempotency_key, request_id FROM call_request WHERE id = ?", [.integer(id)])
          ) { row in (0..<2).map { row.withBytes($0, person.isIn) } }.first
          let ids = zip(["idempotency_key", "request_id"], named ?? []).map { $1 ? ", \($0) = NULL" : "" }.joined()
          changed += try run(
            Query(
              """
              UPDATE call_request SET from_number = NULL, to_number = NULL, request = NULL, response = NULL,
                reason = CASE WHEN reason IS NULL THEN NULL ELSE ? END, request_sha256 = zeroblob(32)\(ids)
              WHERE id = ? AND settled_at_ms IS NOT NULL
              """, [.text(Self.erased), .integer(id)]))
        }
        receipt.calls += changed
        receipt.left += min(start + Self.erasureBatch, plan.calls.count) - start - changed
        return changed
      }
    }
  }

  /// Places in the bytes of the database and its log that speak of the person, whatever SQLite makes of them.
  private func traces(of person: Person) throws -> Int {
    var traces = 0
    for file in [path, path + "-wal"] {
      let descriptor = open(file, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      defer { close(descriptor) }
      // Page by page: no page has more than 64 KiB, and what is cut by its end was no whole row.
      let pageSize = Int(try naming { try connection.integer("PRAGMA page_size") ?? 8192 })
      var block = [UInt8](repeating: 0, count: pageSize * 64)
      while true {
        let count = block.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { break }
        traces += block.withUnsafeBytes { bytes in
          stride(from: 0, to: count, by: pageSize).count {
            person.isIn(UnsafeRawBufferPointer(rebasing: bytes[$0..<min($0 + pageSize, count)]))
          }
        }
      }
    }
    return traces
  }
}
