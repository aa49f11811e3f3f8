import RelayCore

/// Which rules route what a replay of a kept request admits.
package enum RoutingRules: Sendable, Equatable {
  /// Of `rules_version`.
  case stored(version: Int64)
  /// A file's text, which becomes a version where it is none yet.
  case file(text: String)
}

extension QueueVisitor {
  /// Admits a record made of a kept request and marks the request as replayed, in one transaction. `make` gets the version
  /// of the rules. nil where the request is not kept any more: then nothing happens.
  package func replay(
    _ id: Identifier, in table: KeptRequestTable, rules: RoutingRules, action: Action, _ running: inout RunningAction,
    _ make: (Int64) -> NewRecord
  ) throws -> CommitReceipt? {
    let before = running
    do {
      return try transaction {
        guard try request(id, in: table)?.state == .kept else { return nil }
        let receipt = try admit(make(try version(of: rules, at: action.at)), at: action.at)
        try run(
          Query(
            "UPDATE \(table.rawValue) SET state = 'replayed', record = ?, settled_at_ms = ? WHERE id = ?",
            [.id(receipt.record), .instant(action.at), .id(id)]))
        try running.add(1, on: self)
        return receipt
      }
    } catch {
      running = before
      throw error
    }
  }

  private func admit(_ new: NewRecord, at now: Instant) throws -> CommitReceipt {
    var desk = HandoverDesk(holds: try holds())
    let receipt = try Admission(connection: connection).admit(new, at: now, ids: &identifiers, desk: &desk)
    try UnsettledCount(connection: connection).add(desk.placed)
    var counts = SourceCounts()
    counts.count(receipt.outcome, source: new.source, at: now)
    try SourceHours(connection: connection).add(counts)
    return receipt
  }

  func version(of rules: RoutingRules, at now: Instant) throws -> Int64 {
    switch rules {
    case .stored(let version): version
    case .file(let text): try RulesVersions.register(text, on: connection, at: now)
    }
  }
}
