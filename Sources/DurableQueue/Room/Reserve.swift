import Glibc

/// `DB.reserve`: blocks of the disk that are kept for the day it is full. Given up, they let the relay, and a command
/// that visits, settle, delete and move the log into the database.
struct Reserve: Sendable {
  let path: String

  init(databasePath: String) {
    path = databasePath + ".reserve"
  }

  /// 0 where there is none.
  var bytes: Int64 {
    var status = stat()
    return stat(path, &status) == 0 ? Int64(status.st_size) : 0
  }

  /// False where there is no room; then nothing of it is left. `posix_fallocate` gives it real blocks, also where the file
  /// system must be written to for that.
  func make(bytes: Int64) -> Bool {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    if posix_fallocate(descriptor, 0, Int(bytes)) == 0, ftruncate(descriptor, Int(bytes)) == 0 { return true }
    giveUp()
    return false
  }

  /// False where there was none. Truncated first: a process that has it open would keep the blocks of a removed file.
  @discardableResult
  func giveUp() -> Bool {
    let hadBytes = bytes > 0
    truncate(path, 0)
    unlink(path)
    return hadBytes
  }
}
