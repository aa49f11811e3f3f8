import Glibc
import RelayCore
import SQLite

/// A copy that `backup` made.
package struct BackupReceipt: Sendable, Equatable {
  package let path: String
  package let bytes: Int64
  /// Of this moment: what was committed later is not in it.
  package let copiedAt: Instant
}

/// Why no copy was made.
package enum BackupError: Error, Sendable, Equatable, CustomStringConvertible {
  case exists(path: String)
  case unusable(path: String, reason: String)
  case noRoom(path: String, needed: Int64, free: Int64)
  /// The relay writes while its log can't start over for the copy's sake.
  case logGrows(path: String, free: Int64)
  case damaged(path: String, finding: String)

  package var description: String {
    switch self {
    case .exists(let path):
      "\(path) is there already: give another name, or remove it"
    case .unusable(let path, let reason):
      "\(path): \(reason): give a file in a folder that this user can write"
    case .noRoom(let path, let needed, let free):
      "\(path): the copy takes \(DiskSpace.words(needed)), \(DiskSpace.words(free)) are free there: make room, or give "
        + "a file on another disk"
    case .logGrows(let path, let free):
      "\(path): stopped, and no copy was made: the database's log grew while it was copied, and only "
        + "\(DiskSpace.words(free)) are free beside it: make room, or try again when less comes in"
    case .damaged(let path, let finding):
      "\(path): the database is damaged (\(finding)), and so is any copy: stop the relay and keep the file; "
        + "`sqlite3 FILE .recover` reads what can be read"
    }
  }
}

extension QueueVisitor {
  /// Pages copied in one go (4 MiB), and microseconds of rest behind it, so that the relay's reads and writes come between.
  private static let backupStep: Int32 = 512
  private static let backupRest: UInt32 = 2000
  /// Free bytes beside the database below which copying stops: the relay's log can't start over meanwhile.
  private static let leastFree: Int64 = 128 << 20

  /// Copies the database as it is now to a file that is not there yet, beside a running relay: reading alone, so that nobody
  /// waits for it. The copy is synced, checked, and marked as one. `progress`: bytes copied and bytes in all.
  package func backup(
    to target: String, action: Action, progress: (Int64, Int64) throws -> Void = { _, _ in }
  ) throws -> BackupReceipt {
    let target = DatabaseFile.absolute(target)
    guard access(target, F_OK) != 0 else { throw BackupError.exists(path: target) }
    let needed = DiskSpace.size(of: path) + DiskSpace.size(of: path + "-wal")
    let folder = String(target[..<(target.lastIndex(of: "/") ?? target.startIndex)]) + "/"
    if let free = freeBytes(folder), free < needed {
      throw BackupError.noRoom(path: target, needed: needed, free: free)
    }
    do {
      let part = try PartFile(of: target)
      defer { part.remove() }
      try copyPages(to: part.path, progress)
      try finishCopy(part.path, at: action.at)
      try part.publish()
    } catch let failure as PartFile.Failure {
      throw BackupError.unusable(path: failure.path, reason: failure.reason)
    }
    try remember(target, action)
    return BackupReceipt(path: target, bytes: DiskSpace.size(of: target), copiedAt: action.at)
  }

  private func copyPages(to part: String, _ progress: (Int64, Int64) throws -> Void) throws {
    let pageSize = try naming { try connection.integer("PRAGMA page_size") ?? 4096 }
    let copy = try Connection(path: part, mode: .readWrite)
    // Synced as a whole at the end.
    try copy.execute("PRAGMA page_size = \(pageSize); PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
    try connection.execute("BEGIN")
    defer { try? connection.execute("ROLLBACK") }
    // The transaction begins with the first thing read.
    _ = try connection.integer("SELECT max(version) FROM schema_version")
    let backup = try Backup(of: connection, into: copy)
    while try !backup.step(pages: Self.backupStep) {
      let done = backup.pages - backup.pagesLeft
      try progress(Int64(done) * pageSize, Int64(backup.pages) * pageSize)
      if let free = freeBytes(path), free < Self.leastFree { throw BackupError.logGrows(path: path, free: free) }
      usleep(Self.backupRest)
    }
    try progress(Int64(backup.pages) * pageSize, Int64(backup.pages) * pageSize)
  }

  /// Marks and checks it, in one file, on disk.
  private func finishCopy(_ part: String, at now: Instant) throws {
    let copy = try Connection(path: part, mode: .readWrite)
    if let finding = try copy.text("PRAGMA quick_check(1)"), finding != "ok" {
      throw BackupError.damaged(path: path, finding: finding)
    }
    try CopyMark.put(on: copy, at: now)
    try copy.truncateLog()
  }

  private func remember(_ target: String, _ action: Action) throws {
    try transaction {
      try run(Query("INSERT INTO backup (made_at_ms, path) VALUES (?, ?)", [.instant(action.at), .text(target)]))
      var running = RunningAction(action)
      try running.add(1, on: self)
    }
  }
}
