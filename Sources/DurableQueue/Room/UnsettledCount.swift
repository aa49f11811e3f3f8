import SQLite

/// How many deliveries are not settled, kept in the database by whoever changes one from settled to not or back, in the
/// same transaction: counting millions of rows takes seconds, this is exact and one page.
final class UnsettledCount {
  private let add: Statement
  private let read: Statement

  init(connection: Connection) throws(DatabaseError) {
    add = try connection.prepare("UPDATE queue_count SET unsettled = max(0, unsettled + ?)")
    read = try connection.prepare("SELECT unsettled FROM queue_count")
  }

  /// Inside a transaction of the caller's. Writes nothing for 0.
  func add(_ change: Int) throws(DatabaseError) {
    guard change != 0 else { return }
    add.bind(1, change)
    try add.run()
  }

  func value() throws(DatabaseError) -> Int64 {
    defer { read.reset() }
    return try read.step() ? read.integer(0) : 0
  }
}
