import RelayCore
import SQLite

/// `"order": "per_call"` of a destination: deliveries of one call go in the order of their receipt, those of other calls
/// past them. Each has a row in `call_order` from its record's commit until it is settled. The first of a call is due as any
/// other delivery is; one behind it is due at a time that never comes, which keeps it out of the way of what is due, and
/// gets a real one in the transaction that settles the last before it.
///
/// Nothing is written for other destinations. What a person sends again has no place: it neither waits nor is waited for, but
/// where answers are captured (`DeliveryClaiming`).
package struct CallOrder {
  /// `next_attempt_at_ms` of what waits behind another: the last millisecond of the year 9999.
  package static let never = Instant(milliseconds: 253_402_300_799_999)

  private let connection: Connection

  init(connection: Connection) {
    self.connection = connection
  }

  /// What the records of one call share; nil where they do not say.
  static func call(_ columns: CallColumns) -> String? {
    [columns.conversationID, columns.id].compactMap { $0 }.first { !$0.isEmpty }
  }

  /// The same, in SQL.
  static let callOfRecord = "coalesce(nullif(r.conversation_id, ''), nullif(r.call_id, ''))"

  /// Puts a delivery behind the others of its call. True where there are any.
  func join(_ delivery: Identifier, of call: String, to destination: String) throws(DatabaseError) -> Bool {
    let look = try connection.statement("SELECT 1 FROM call_order WHERE destination = ? AND call = ? LIMIT 1")
    look.bind(1, destination)
    look.bind(2, call)
    let isBehind = try look.step()
    look.reset()
    let insert = try connection.statement("INSERT INTO call_order (destination, call, delivery) VALUES (?, ?, ?)")
    insert.bind(1, destination)
    insert.bind(2, call)
    insert.bind(3, delivery.number)
    try insert.run()
    return isBehind
  }

  /// Gives up the place of a delivery that is settled. True where another one became due by that.
  @discardableResult
  func leave(_ delivery: Int64, at now: Instant) throws(DatabaseError) -> Bool {
    let find = try connection.statement("SELECT destination, call FROM call_order WHERE delivery = ?")
    find.bind(1, delivery)
    guard try find.step() else {
      find.reset()
      return false
    }
    let (destination, call) = (find.text(0), find.text(1))
    find.reset()
    let remove = try connection.statement("DELETE FROM call_order WHERE delivery = ?")
    remove.bind(1, delivery)
    try remove.run()
    let next = try connection.statement(
      """
      UPDATE delivery SET next_attempt_at_ms = ?
      WHERE id = (SELECT delivery FROM call_order WHERE destination = ? AND call = ? ORDER BY place LIMIT 1)
        AND state = 'waiting' AND next_attempt_at_ms = \(Self.never.milliseconds)
      """)
    next.bind(1, now.milliseconds)
    next.bind(2, destination)
    next.bind(3, call)
    try next.run()
    return connection.changes == 1
  }

  /// The rule file asks for no order there any more: all that wait behind others are due. Gives how many.
  func end(at destination: String, _ now: Instant) throws(DatabaseError) -> Int {
    let free = try connection.statement(
      """
      UPDATE delivery INDEXED BY delivery_due SET next_attempt_at_ms = ?
      WHERE destination = ? AND state = 'waiting' AND next_attempt_at_ms = \(Self.never.milliseconds)
      """)
    free.bind(1, now.milliseconds)
    free.bind(2, destination)
    try free.run()
    let count = connection.changes
    let remove = try connection.statement("DELETE FROM call_order WHERE destination = ?")
    remove.bind(1, destination)
    try remove.run()
    return count
  }

  /// A start: destinations of the rule file without an order have none. Reads nothing more of the others.
  static func keep(
    _ ordered: Set<String>, among destinations: [String], on connection: Connection, at now: Instant
  ) throws -> Int {
    try connection.transaction {
      let order = CallOrder(connection: connection)
      return try destinations.filter { !ordered.contains($0) }.reduce(0) { try $0 + order.end(at: $1, now) }
    }
  }
}
