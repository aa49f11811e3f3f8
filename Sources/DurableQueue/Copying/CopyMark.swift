import RelayCore
import SQLite

/// The mark of a copy that `backup` made. What waits in it may have been sent since by the relay it was copied from, so the
/// first relay that starts on it holds every destination, each until a person lets it go on.
enum CopyMark {
  /// On the copy, before anybody has it.
  static func put(on connection: Connection, at now: Instant) throws(DatabaseError) {
    let statement = try connection.statement("INSERT OR REPLACE INTO copied (one, copied_at_ms) VALUES (1, ?)")
    statement.bind(1, now.milliseconds)
    try statement.run()
  }

  /// nil where there is no mark.
  static func read(_ connection: Connection) throws(DatabaseError) -> Instant? {
    try connection.integer("SELECT copied_at_ms FROM copied").map(Instant.init(milliseconds:))
  }

  /// Turns the mark into holds, in one transaction: of these destinations and of all for which something waits. Gives when
  /// the copy was made; nil where this is none.
  static func takeOff(_ connection: Connection, holding destinations: [String], at now: Instant) throws -> Instant? {
    guard let made = try read(connection) else { return nil }
    try connection.transaction {
      let book = HoldBook(connection: connection)
      let reason = "restored from a backup of \(made.rfc3339): what waits here may have been sent since"
      for name in try Set(destinations).union(waiting(connection)).sorted() {
        try book.hold(name, .copy, reason: reason, at: now)
      }
      try connection.execute("DELETE FROM copied")
    }
    return made
  }

  private static func waiting(_ connection: Connection) throws(DatabaseError) -> [String] {
    let statement = try connection.prepare(
      """
      \(DeliverySettling.waitingDestinations)
      SELECT destination FROM waiting WHERE destination IS NOT NULL
      """)
    var names: [String] = []
    while try statement.step() { names.append(statement.text(0)) }
    return names
  }
}
