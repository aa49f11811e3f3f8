import RelayCore
import SQLite

extension QueueVisitor {
  package func holdState(of destination: String) throws -> HoldState {
    var state = HoldState()
    let accounts = Query("SELECT held_total_ms, held_since_ms FROM destination WHERE name = ?", [.text(destination)])
    if let (total, since) = try first(accounts, { ($0.integer(0), $0.instant(1)) }) {
      state.heldTotal = total
      state.heldSince = since
    }
    state.holds = try rows(
      Query(
        "SELECT kind, since_ms, reason FROM hold WHERE destination = ? ORDER BY since_ms, kind", [.text(destination)])
    ) { row in
      // The schema allows no other kind.
      Hold(
        kind: Hold.Kind(rawValue: row.text(0)) ?? .person, since: Instant(milliseconds: row.integer(1)),
        reason: row.text(2))
    }
    return state
  }

  /// Holds a destination for a person; false where a person holds it already.
  package func pause(_ destination: String, reason: String, action: Action) throws -> Bool {
    try transaction {
      try run(Query("INSERT OR IGNORE INTO destination (name) VALUES (?)", [.text(destination)]))
      let added = try run(
        Query(
          "INSERT OR IGNORE INTO hold (destination, kind, since_ms, reason) VALUES (?, 'person', ?, ?)",
          [.text(destination), .instant(action.at), .text(reason)]))
      guard added == 1 else { return false }
      try run(
        Query(
          "UPDATE destination SET held_since_ms = ? WHERE name = ? AND held_since_ms IS NULL",
          [.instant(action.at), .text(destination)]))
      try add(1, to: try begin(action))
      return true
    }
  }

  /// Takes away the holds that a person can: their own, and refused credentials, which they say are mended. Gives those
  /// taken away; what the rule file says stays.
  package func resume(_ destination: String, action: Action) throws -> [Hold] {
    try transaction {
      let removable = try holdState(of: destination).holds.filter { $0.kind != .rules }
      guard !removable.isEmpty else { return [] }
      try run(
        Query("DELETE FROM hold WHERE destination = ? AND kind IN ('person', 'credentials')", [.text(destination)]))
      try run(
        Query(
          """
          UPDATE destination SET held_total_ms = held_total_ms + max(0, ? - held_since_ms), held_since_ms = NULL
          WHERE name = ? AND held_since_ms IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM hold WHERE hold.destination = destination.name)
          """, [.instant(action.at), .text(destination)]))
      try add(1, to: try begin(action))
      return removable
    }
  }
}
