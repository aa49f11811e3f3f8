import CSQLite

/// A copy of one database made page by page into another (sqlite.org/backup.html). Belongs to the thread of its connections.
package final class Backup {
  private let handle: OpaquePointer
  private let target: Connection

  /// Both stay open until `finish`. With a read transaction open on the source the copy is of that moment; without one a
  /// change by another process makes it begin anew.
  package init(of source: Connection, into target: Connection) throws(DatabaseError) {
    guard let handle = sqlite3_backup_init(target.handle, "main", source.handle, "main") else {
      throw DatabaseError(code: sqlite3_errcode(target.handle), message: String(cString: sqlite3_errmsg(target.handle)))
    }
    self.handle = handle
    self.target = target
  }

  deinit {
    sqlite3_backup_finish(handle)
  }

  /// Copies so many pages more; true when all are there.
  package func step(pages: Int32) throws(DatabaseError) -> Bool {
    let code = sqlite3_backup_step(handle, pages)
    switch code {
    case SQLITE_DONE: return true
    // A lock is asked for again with the next step.
    case SQLITE_OK, SQLITE_BUSY, SQLITE_LOCKED: return false
    default: throw DatabaseError(code: code, message: String(cString: sqlite3_errstr(code)), sql: "backup")
    }
  }

  /// As of the last step.
  package var pagesLeft: Int { Int(sqlite3_backup_remaining(handle)) }
  package var pages: Int { Int(sqlite3_backup_pagecount(handle)) }
}
