import CSQLite

/// What SQLite refused, with its extended result code (sqlite.org/rescode.html), its message and the SQL. Never prints a
/// bound value.
package struct DatabaseError: Error, Sendable, Equatable, CustomStringConvertible {
  package let code: Int32
  package let message: String
  package let sql: String?

  package init(code: Int32, message: String, sql: String? = nil) {
    self.code = code
    self.message = message
    self.sql = sql
  }

  /// The low byte of the code, without the extension.
  package var primaryCode: Int32 { code & 0xFF }

  /// The disk, or the quota on it, is full.
  package var isFull: Bool { primaryCode == SQLITE_FULL || code == cdrelay_io_error_shm_size }
  /// Somebody else holds the lock for longer than the busy timeout.
  package var isBusy: Bool { primaryCode == SQLITE_BUSY }
  /// An identifier that another row has.
  package var isTakenIdentifier: Bool { code == cdrelay_constraint_primary_key || code == cdrelay_constraint_rowid }
  /// The file is something else, or encrypted.
  package var isNoDatabase: Bool { primaryCode == SQLITE_NOTADB }
  /// What fails one transaction fails the next one too until somebody mends the machine: the disk, memory, the file.
  package var isOfTheMachine: Bool {
    switch primaryCode {
    case SQLITE_FULL, SQLITE_IOERR, SQLITE_NOMEM, SQLITE_BUSY, SQLITE_LOCKED, SQLITE_READONLY, SQLITE_CANTOPEN,
      SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_PERM, SQLITE_PROTOCOL, SQLITE_INTERRUPT:
      true
    default: false
    }
  }
  package var isReadOnly: Bool { primaryCode == SQLITE_READONLY || primaryCode == SQLITE_CANTOPEN }

  package var description: String {
    let name = String(cString: sqlite3_errstr(code))
    return "SQLite error \(code) (\(name)): \(message)" + (sql.map { " in \"\($0)\"" } ?? "")
  }
}
