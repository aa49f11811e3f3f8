import Glibc
import RelayCore
import SQLite
import Telemetry

/// The database as its owner opens it: locked against a second owner, in WAL mode, with today's schema.
package struct DatabaseFile {
  package let connection: Connection
  package let path: String
  /// Held as long as this value lives.
  let lock: FileLock

  /// Makes the file (mode 0600) where there is none. `cacheKiB`: of pages, in memory.
  package static func open(
    path: String, time: any TimeSource, cacheKiB: Int = 16384, migrations: [String] = Schema.migrations,
    log: Log? = nil
  ) throws(OpeningError) -> DatabaseFile {
    let path = absolute(path)
    try checkFolder(of: path)
    let lock = try FileLock(databasePath: path)
    try makeFile(path)
    do {
      let connection = try Connection(path: path, mode: .readWrite)
      try connection.execute("PRAGMA page_size = 4096")
      guard try connection.text("PRAGMA journal_mode = WAL") == "wal" else {
        throw OpeningError.failed(path: path, reason: "this file system can't keep a write-ahead log: use a local disk")
      }
      try connection.execute(
        """
        \(everyday);
        PRAGMA journal_size_limit = 67108864;
        PRAGMA cache_size = -\(cacheKiB);
        PRAGMA temp_store = MEMORY
        """)
      try connection.checkpointByHand()
      try Migrator(connection: connection, path: path, migrations: migrations, log: log).run(at: time.now())
      return DatabaseFile(connection: connection, path: path, lock: lock)
    } catch let error as DatabaseError where error.isNoDatabase {
      throw .foreign(path: path)
    } catch let error as DatabaseError where error.isReadOnly {
      throw .unusable(file: path, reason: "the file can't be written")
    } catch let error as DatabaseError where error.isFull {
      throw .full(path: path)
    } catch let error as OpeningError {
      throw error
    } catch {
      throw .failed(path: path, reason: "\(error)")
    }
  }

  /// Debian's SQLite zeroes what is deleted, which writes pages that nobody reads; FAST zeroes where it is free.
  static let everyday = "PRAGMA synchronous = FULL; PRAGMA secure_delete = FAST"

  /// With the current folder before a relative path.
  package static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/"), let buffer = getcwd(nil, 0) else { return path }
    defer { free(buffer) }
    return String(cString: buffer) + "/" + path
  }

  private static func checkFolder(of path: String) throws(OpeningError) {
    let end = path.lastIndex(of: "/") ?? path.startIndex
    let folder = end == path.startIndex ? "/" : String(path[..<end])
    var status = stat()
    guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { throw .noFolder(folder, path: path) }
    guard access(folder, W_OK | X_OK) == 0 else {
      throw .unusable(file: folder, reason: "the folder can't be written")
    }
  }

  /// SQLite gives `DB-wal` and `DB-shm` the mode of the database.
  private static func makeFile(_ path: String) throws(OpeningError) {
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .unusable(file: path, reason: String(cString: strerror(errno))) }
    close(descriptor)
  }
}
