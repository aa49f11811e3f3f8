import CSQLite

/// One connection to a database file. Belongs to one thread: it is not Sendable, and opened with SQLITE_OPEN_NOMUTEX.
package final class Connection {
  package enum Mode {
    /// Makes the file where there is none.
    case create
    /// Fails where there is none.
    case readWrite
    case readOnly
  }

  let handle: OpaquePointer
  private var prepared: [String: Statement] = [:]

  /// `busyTimeout` in milliseconds: how long a statement waits for another connection's lock. Default 5,000.
  package init(path: String, mode: Mode, busyTimeout: Int32 = 5000) throws(DatabaseError) {
    let access =
      switch mode {
      case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
      case .readWrite: SQLITE_OPEN_READWRITE
      case .readOnly: SQLITE_OPEN_READONLY
      }
    var opened: OpaquePointer?
    let code = sqlite3_open_v2(path, &opened, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
    guard code == SQLITE_OK, let opened else {
      let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      sqlite3_close_v2(opened)
      throw DatabaseError(code: code, message: "\(path): \(message)")
    }
    handle = opened
    sqlite3_busy_timeout(handle, busyTimeout)
  }

  deinit {
    prepared = [:]
    sqlite3_close_v2(handle)
  }

  /// Runs one or several statements without parameters.
  package func execute(_ sql: String) throws(DatabaseError) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw error(code, sql) }
  }

  /// The statement of this SQL, prepared at its first use and kept. Reset and without bindings.
  package func statement(_ sql: String) throws(DatabaseError) -> Statement {
    if let statement = prepared[sql] {
      statement.reset()
      return statement
    }
    let statement = try prepare(sql)
    prepared[sql] = statement
    return statement
  }

  /// A statement that is not kept: for SQL put together at run time.
  package func prepare(_ sql: String) throws(DatabaseError) -> Statement {
    var compiled: OpaquePointer?
    let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &compiled, nil)
    guard code == SQLITE_OK, let compiled else { throw error(code, sql) }
    return Statement(compiled, sql: sql, connection: handle)
  }

  /// Rows changed by the last INSERT, UPDATE or DELETE.
  package var changes: Int { Int(sqlite3_changes64(handle)) }

  /// False between BEGIN and the COMMIT or ROLLBACK that ends it; some errors roll back by themselves.
  package var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

  /// Runs `body` between BEGIN IMMEDIATE and COMMIT; rolls back when it throws.
  package func transaction<T>(_ body: () throws -> T) throws -> T {
    try execute("BEGIN IMMEDIATE")
    do {
      let result = try body()
      try execute("COMMIT")
      return result
    } catch {
      if isInTransaction { try? execute("ROLLBACK") }
      throw error
    }
  }

  private func error(_ code: Int32, _ sql: String) -> DatabaseError {
    DatabaseError(code: code, message: String(cString: sqlite3_errmsg(handle)), sql: sql)
  }
}
