import SQLite

/// Why a command can't work on a database file, with what to do.
package enum VisitError: Error, Sendable, Equatable, CustomStringConvertible {
  case missing(path: String)
  /// The file is there and holds something else.
  case notOurs(path: String)
  case newer(path: String, found: Int, newest: Int)
  case older(path: String, found: Int, newest: Int)
  /// SQLite refused something; where it has a plain cause, `description` says what to do.
  case failed(path: String, DatabaseError)

  package var description: String {
    switch self {
    case .missing(let path):
      "\(path): no such database; name it with --database FILE, $CDRELAY_DATABASE or relay.database of the rule file "
        + "(--rules FILE), or make it by starting `cdrelay serve`"
    case .notOurs(let path):
      "\(path): not a database of cdrelay; name another with --database FILE"
    case .newer(let path, let found, let newest):
      "\(path): its schema is version \(found), this program knows versions up to \(newest); "
        + "use the cdrelay that wrote it, or a newer one"
    case .older(let path, let found, let newest):
      "\(path): its schema is version \(found), this program needs version \(newest); "
        + "start `cdrelay serve` of this program once, which copies and migrates it"
    case .failed(let path, let error): "\(path): \(Self.sentence(error))"
    }
  }

  private static func sentence(_ error: DatabaseError) -> String {
    if error.isBusy {
      return "another process keeps its write lock; nothing more was changed, try again"
    }
    if error.isFull { return "the disk is full; nothing more was changed, make room and try again" }
    if error.isReadOnly { return "this user may not write it; run the command as the relay's user" }
    return error.description
  }
}

extension DatabaseError {
  /// SQLITE_READONLY (sqlite.org/rescode.html#readonly).
  fileprivate var isReadOnly: Bool { primaryCode == 8 }
}
