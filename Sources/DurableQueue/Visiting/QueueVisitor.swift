import Glibc
import RelayCore
import SQLite

/// What the commands see and change of a database, beside a running relay or without one: a connection of its own, no
/// read transaction held between two pages, at most `batchSize` rows a write transaction, so that the relay never waits
/// long for the write lock. The relay notices within a second what was changed. Belongs to one thread.
package final class QueueVisitor {
  /// Rows that one write transaction changes at most.
  package static let batchSize = 500
  /// Ids read in one statement.
  static let idChunk = 50_000

  package let path: String
  let connection: Connection
  let freeBytes: @Sendable (String) -> Int64?
  /// Numbers of rows that a command makes do not meet those of the relay: the process part is drawn at random.
  var identifiers = IdentifierGenerator(process: .random(in: 0...0x1FFF))

  /// Opens a database that is there; never makes or migrates one. `busyTimeout`: milliseconds that a change waits for the
  /// relay's write lock; default 5,000. `freeBytes`: how many are free at a path.
  package init(
    path: String, busyTimeout: Int32 = 5000, freeBytes: @escaping @Sendable (String) -> Int64? = DiskSpace.free
  ) throws(VisitError) {
    guard access(path, F_OK) == 0 else { throw .missing(path: path) }
    self.path = path
    self.freeBytes = freeBytes
    let found: Int?
    do throws(DatabaseError) {
      connection = try Connection(path: path, mode: .readWrite, busyTimeout: busyTimeout)
      // Beside a relay, checkpoints are the relay's: this limit is beyond what it lets the WAL grow to. Without one, the
      // limit keeps a long replay from filling the disk with WAL.
      try connection.execute("PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 20000")
      found = try Self.schemaVersion(of: connection)
    } catch {
      throw error.isNoDatabase ? .notOurs(path: path) : .failed(path: path, error)
    }
    guard let found else { throw .notOurs(path: path) }
    if found > Schema.newestVersion { throw .newer(path: path, found: found, newest: Schema.newestVersion) }
    if found < Schema.newestVersion { throw .older(path: path, found: found, newest: Schema.newestVersion) }
  }

  /// nil where the file has no such table, or nothing in it.
  private static func schemaVersion(of connection: Connection) throws(DatabaseError) -> Int? {
    guard try connection.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'schema_version'").step() else { return nil }
    let version = try connection.prepare("SELECT max(version) FROM schema_version")
    return try version.step() ? version.optionalInteger(0).map(Int.init) : nil
  }
}

// MARK: - Reading and writing

extension QueueVisitor {
  /// All rows of a query; the read transaction ends with it. `isKept`: its statement is kept, for one that is asked of each
  /// of many rows.
  func rows<T>(_ query: Query, isKept: Bool = false, _ read: (Statement) throws -> T) throws -> [T] {
    try naming {
      let statement = try isKept ? connection.statement(query.sql) : connection.prepare(query.sql)
      defer { statement.reset() }
      query.bind(to: statement)
      var rows: [T] = []
      while try statement.step() { rows.append(try read(statement)) }
      return rows
    }
  }

  func first<T>(_ query: Query, isKept: Bool = false, _ read: (Statement) throws -> T) throws -> T? {
    try rows(query, isKept: isKept, read).first
  }

  /// Runs one statement and gives the count of rows it changed.
  @discardableResult
  func run(_ query: Query) throws -> Int {
    try naming {
      let statement = try connection.statement(query.sql)
      query.bind(to: statement)
      try statement.run()
      return connection.changes
    }
  }

  /// Where less is free than the relay's reserve holds, the reserve is given up first: the relay sees that, refuses
  /// records, and makes it again when there is room.
  func transaction<T>(_ body: () throws -> T) throws -> T {
    let reserve = Reserve(databasePath: path)
    let bytes = reserve.bytes
    if bytes > 0, let free = freeBytes(path), free < bytes { reserve.giveUp() }
    return try naming { try connection.transaction(body) }
  }

  /// Says of which file an error of SQLite is.
  func naming<T>(_ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch let error as DatabaseError {
      throw VisitError.failed(path: path, error)
    }
  }
}
