import RelayCore

extension QueueVisitor {
  /// Every destination that is held or ever was.
  package func holds() throws -> [String: HoldState] {
    try naming { try HoldBook(connection: connection).read() }
  }

  package func holdState(of destination: String) throws -> HoldState {
    try holds()[destination] ?? HoldState()
  }

  /// Holds a destination for a person; false where a person holds it already.
  package func pause(_ destination: String, reason: String, action: Action) throws -> Bool {
    try transaction {
      let book = HoldBook(connection: connection)
      guard try book.read()[destination]?.holds.contains(where: { $0.kind == .person }) != true else { return false }
      try book.hold(destination, .person, reason: reason, at: action.at)
      var running = RunningAction(action)
      try running.add(1, on: self)
      return true
    }
  }

  /// Takes away the holds that a person can: their own, and refused credentials, which they say are mended. Gives those
  /// taken away; what the rule file says stays.
  package func resume(_ destination: String, action: Action) throws -> [Hold] {
    try transaction {
      let book = HoldBook(connection: connection)
      let removable = (try book.read()[destination]?.holds ?? []).filter { !Hold.ofRules.contains($0.kind) }
      guard !removable.isEmpty else { return [] }
      for hold in removable {
        try book.release(destination, hold.kind, at: action.at)
        if let until = hold.until { try letGo(destination, until: until, at: action.at) }
      }
      var running = RunningAction(action)
      try running.add(1, on: self)
      return removable
    }
  }

  /// What was told to wait with the destination waits no longer.
  private func letGo(_ destination: String, until: Instant, at now: Instant) throws {
    _ = try run(
      Query(
        """
        UPDATE delivery AS d INDEXED BY delivery_due SET next_attempt_at_ms = ?1
        WHERE d.destination = ?2 AND d.state = 'waiting' AND d.next_attempt_at_ms > ?1 AND d.next_attempt_at_ms <= ?3
          AND (SELECT a.outcome FROM attempt AS a WHERE a.delivery = d.id AND a.number = d.tries) = 'postponed'
        """, [.instant(now), .text(destination), .instant(until)]))
  }
}
