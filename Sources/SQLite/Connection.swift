import CSQLite
import Glibc

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
  private var rowBuffers: [String: RowBuffer] = [:]
  private let pagesOfLog = UnsafeMutablePointer<Int32>.allocate(capacity: 1)

  /// `busyTimeout` in milliseconds: how long a statement waits for another connection's lock. Default 5,000. It asks again
  /// each half millisecond, since a busy relay leaves its lock free for two milliseconds at a time; SQLite's own handler
  /// sleeps up to 100.
  package init(path: String, mode: Mode, busyTimeout: Int32 = 5000) throws(DatabaseError) {
    let access =
      switch mode {
      case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
      case .readWrite: SQLITE_OPEN_READWRITE
      case .readOnly: SQLITE_OPEN_READONLY
      }
    _ = Self.isConfigured
    var opened: OpaquePointer?
    let code = sqlite3_open_v2(path, &opened, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
    guard code == SQLITE_OK, let opened else {
      let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      sqlite3_close_v2(opened)
      throw DatabaseError(code: code, message: "\(path): \(message)")
    }
    handle = opened
    pagesOfLog.initialize(to: 0)
    waitForLocks(milliseconds: busyTimeout)
  }

  /// From now on statements wait so long for another connection's lock.
  package func waitForLocks(milliseconds: Int32) {
    sqlite3_busy_handler(
      handle,
      { limit, asked in
        guard Int(asked) < Int(bitPattern: limit) else { return 0 }
        usleep(500)
        return 1
      },
      UnsafeMutableRawPointer(bitPattern: Int(milliseconds) * 2))
  }

  /// Refused without harm where something else in the process has used SQLite before.
  private static let isConfigured = cdrelay_disable_memory_statistics() == SQLITE_OK

  deinit {
    prepared = [:]
    sqlite3_close_v2(handle)
    pagesOfLog.deallocate()
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

  /// The buffer that statements of this connection read as a table of this name. Made at its first use and kept.
  package func rowBuffer(_ name: String, columns: [String]) throws(DatabaseError) -> RowBuffer {
    if let buffer = rowBuffers[name] { return buffer }
    let buffer = RowBuffer(columns: columns)
    let code = cdrelay_create_rows(handle, name, buffer.rows)
    guard code == SQLITE_OK else { throw error(code, name) }
    rowBuffers[name] = buffer
    return buffer
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

  /// The first column of the first row as a number; nil where there is no row, or NULL.
  package func integer(_ sql: String) throws(DatabaseError) -> Int64? {
    let statement = try prepare(sql)
    return try statement.step() ? statement.optionalInteger(0) : nil
  }

  /// The first column of the first row as text; nil where there is no row, or NULL.
  package func text(_ sql: String) throws(DatabaseError) -> String? {
    let statement = try prepare(sql)
    return try statement.step() ? statement.optionalText(0) : nil
  }

  fileprivate func error(_ code: Int32, _ sql: String) -> DatabaseError {
    DatabaseError(code: code, message: String(cString: sqlite3_errmsg(handle)), sql: sql)
  }
}

// MARK: - Write-ahead log (sqlite.org/wal.html)

extension Connection {
  /// Leaves checkpoints to `checkpoint()` and counts the pages of the log from now on.
  package func checkpointByHand() throws(DatabaseError) {
    try execute("PRAGMA wal_autocheckpoint = 0")
    _ = sqlite3_wal_hook(
      handle,
      { counter, _, _, pages in
        counter?.assumingMemoryBound(to: Int32.self).pointee = pages
        return SQLITE_OK
      },
      pagesOfLog)
  }

  /// Pages in the log behind this connection's last commit.
  package var logPages: Int { Int(pagesOfLog.pointee) }

  /// Moves pages of the log into the database without waiting for anybody (SQLITE_CHECKPOINT_PASSIVE). Returns those that
  /// a reader keeps from being moved: the log starts over only with 0.
  @discardableResult
  package func checkpoint() throws(DatabaseError) -> Int {
    try checkpoint(SQLITE_CHECKPOINT_PASSIVE)
  }

  /// Moves all pages and empties the log file; waits for readers up to the busy timeout.
  package func truncateLog() throws(DatabaseError) {
    _ = try checkpoint(SQLITE_CHECKPOINT_TRUNCATE)
  }

  private func checkpoint(_ mode: Int32) throws(DatabaseError) -> Int {
    var inLog: Int32 = 0
    var moved: Int32 = 0
    let code = sqlite3_wal_checkpoint_v2(handle, nil, mode, &inLog, &moved)
    guard code == SQLITE_OK else { throw error(code, "checkpoint") }
    pagesOfLog.pointee = inLog - moved
    return Int(inLog - moved)
  }
}
