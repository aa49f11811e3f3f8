import RelayCore
import SQLite

/// `capture` of a destination: a value of the answer to the first delivery of a call, such as the CRM's id of it, kept with the
/// call, so that the deliveries behind it update what the first one made. Written in the transaction that settles the first;
/// read where one behind it is claimed, which its order lets happen only later.
struct CapturedValues {
  private let connection: Connection

  init(connection: Connection) {
    self.connection = connection
  }

  /// Where the delivery's record says of no call, nothing is kept.
  func keep(_ value: JSON, of delivery: Int64, at now: Instant) throws(DatabaseError) {
    let insert = try connection.statement(
      """
      INSERT OR REPLACE INTO captured (destination, call, value, captured_at_ms, delivery)
      SELECT d.destination, \(CallOrder.callOfRecord), ?1, ?2, d.id
      FROM delivery AS d JOIN record AS r ON r.id = d.record
      WHERE d.id = ?3 AND \(CallOrder.callOfRecord) IS NOT NULL
      """)
    insert.bind(1, value.text)
    insert.bind(2, now.milliseconds)
    insert.bind(3, delivery)
    try insert.run()
  }

  /// The next delivery of this record's call there makes another one.
  static func forgetting(callOf record: Int64, at destination: String) -> Query {
    Query(
      """
      DELETE FROM captured WHERE destination = ? AND call =
        (SELECT \(CallOrder.callOfRecord) FROM record AS r WHERE r.id = ?)
      """, [.text(destination), .integer(record)])
  }

  static func read(_ text: String) -> JSON? {
    try? JSONParser.parse(text)
  }
}
