import SQLite
import Telemetry

/// Moves the write-ahead log into the database (sqlite.org/wal.html#ckpt), on the writer's thread between its commits.
final class Checkpointer {
  private let file: DatabaseFile
  private let room: RoomKeeper
  /// In the log, from which it is due.
  private let pages: Int
  private let log: Log
  /// The last one failed, and was told of.
  private var fails = false

  init(file: DatabaseFile, room: RoomKeeper, pages: Int, log: Log) {
    self.file = file
    self.room = room
    self.pages = pages
    self.log = log
  }

  /// True where it was due.
  func runIfDue() -> Bool {
    guard file.connection.logPages >= pages else { return false }
    run()
    return true
  }

  func run() {
    do {
      try file.connection.checkpoint()
      fails = false
    } catch {
      if error.isFull, room.diskIsFull() { return run() }
      // Once, not behind every commit. The log only grows meanwhile; a disk that is full says so at the next commit.
      guard !fails else { return }
      fails = true
      tell(error)
    }
  }

  /// At the end: leaves an empty log behind. Where that fails, the next start reads the log instead.
  func empty() {
    do {
      try file.connection.truncateLog()
    } catch {
      tell(error)
    }
  }

  private func tell(_ error: DatabaseError) {
    log.warning("queue.checkpoint_failed", [LogField("path", file.path), LogField("reason", "\(error)")])
  }
}
