import RelayCore
import SQLite

/// What the rule file holds, with a reason by destination.
package struct RuleHolds: Sendable, Equatable {
  /// Paused or switched off in it.
  package var written: [String: String] = [:]
  /// A secret that it names is not there.
  package var missingSecrets: [String: String] = [:]

  package init(written: [String: String] = [:], missingSecrets: [String: String] = [:]) {
    self.written = written
    self.missingSecrets = missingSecrets
  }
}

/// Which destinations are held, why, and how long in all. Functions inside a transaction of the caller's, for the relay's
/// writer and for commands that visit (`destinations pause`).
package struct HoldBook {
  private let connection: Connection

  package init(connection: Connection) {
    self.connection = connection
  }

  /// A destination held for this kind of reason already stays held since then; its reason and end become these.
  package func hold(
    _ destination: String, _ kind: Hold.Kind, reason: String, until: Instant? = nil, at now: Instant
  ) throws(DatabaseError) {
    let known = try connection.statement("INSERT INTO destination (name) VALUES (?) ON CONFLICT DO NOTHING")
    known.bind(1, destination)
    try known.run()
    let hold = try connection.statement(
      """
      INSERT INTO hold (destination, kind, since_at_ms, until_at_ms, reason) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (destination, kind) DO UPDATE SET until_at_ms = excluded.until_at_ms, reason = excluded.reason
      """)
    hold.bind(1, destination)
    hold.bind(2, kind.rawValue)
    hold.bind(3, now.milliseconds)
    hold.bind(4, until?.milliseconds)
    hold.bind(5, reason)
    try hold.run()
    guard kind.stopsTheClock else { return }
    let begin = try connection.statement(
      "UPDATE destination SET held_since_at_ms = ? WHERE name = ? AND held_since_at_ms IS NULL")
    begin.bind(1, now.milliseconds)
    begin.bind(2, destination)
    try begin.run()
  }

  /// False where there was no such hold. The last one that stops the clock starts it again.
  @discardableResult
  package func release(_ destination: String, _ kind: Hold.Kind, at now: Instant) throws(DatabaseError) -> Bool {
    let delete = try connection.statement("DELETE FROM hold WHERE destination = ? AND kind = ?")
    delete.bind(1, destination)
    delete.bind(2, kind.rawValue)
    try delete.run()
    guard connection.changes == 1 else { return false }
    let end = try connection.statement(
      """
      UPDATE destination SET held_total_ms = held_total_ms + max(0, ?1 - held_since_at_ms), held_since_at_ms = NULL
      WHERE name = ?2 AND held_since_at_ms IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM hold WHERE destination = ?2 AND kind NOT IN (\(Self.clockRuns)))
      """)
    end.bind(1, now.milliseconds)
    end.bind(2, destination)
    try end.run()
    return true
  }

  /// The kinds under which time counts, as SQL writes a list.
  private static let clockRuns = Hold.Kind.allCases.filter { !$0.stopsTheClock }.map { "'\($0.rawValue)'" }
    .joined(separator: ", ")

  /// Afterwards exactly these destinations are held by the rule file, and by secrets that are missing, for these reasons.
  package func synchronizeRuleHolds(_ held: RuleHolds, at now: Instant) throws(DatabaseError) {
    let known = try read()
    for (kind, reasons) in [(Hold.Kind.rules, held.written), (.secrets, held.missingSecrets)] {
      for (destination, state) in known where reasons[destination] == nil && state.has(kind) {
        try release(destination, kind, at: now)
      }
      for (destination, reason) in reasons { try hold(destination, kind, reason: reason, at: now) }
    }
  }

  /// What was sent of a quota by now.
  package func use(_ quota: QuotaUse, of destination: String) throws(DatabaseError) {
    let update = try connection.statement(
      """
      INSERT INTO destination (name, quota_used, quota_ends_at_ms) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET quota_used = excluded.quota_used, quota_ends_at_ms = excluded.quota_ends_at_ms
      """)
    update.bind(1, destination)
    update.bind(2, quota.sent)
    update.bind(3, quota.ends.milliseconds)
    try update.run()
  }

  /// Every destination that is held or ever was.
  package func read() throws(DatabaseError) -> [String: HoldState] {
    var states: [String: HoldState] = [:]
    let rows = try connection.statement(
      """
      SELECT d.name, d.held_total_ms, d.held_since_at_ms, h.kind, h.since_at_ms, h.until_at_ms, h.reason,
        d.quota_used, d.quota_ends_at_ms
      FROM destination AS d LEFT JOIN hold AS h ON h.destination = d.name ORDER BY d.name, h.since_at_ms, h.kind
      """)
    while try rows.step() {
      var state =
        states[rows.text(0)]
        ?? HoldState(
          heldTotal: rows.integer(1), heldSince: rows.optionalInteger(2).map(Instant.init(milliseconds:)),
          quota: rows.optionalInteger(8).map {
            QuotaUse(sent: Int(rows.integer(7)), ends: Instant(milliseconds: $0))
          })
      if let kind = Hold.Kind(rawValue: rows.text(3)) {
        state.holds.append(
          Hold(
            kind: kind, since: Instant(milliseconds: rows.integer(4)),
            until: rows.optionalInteger(5).map(Instant.init(milliseconds:)), reason: rows.text(6)))
      }
      states[rows.text(0)] = state
    }
    rows.reset()
    return states
  }
}
