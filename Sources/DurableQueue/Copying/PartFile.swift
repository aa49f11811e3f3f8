import Glibc

/// A copy in the making: written beside its target, then put in its place whole and synced, or not at all.
struct PartFile {
  struct Failure: Error {
    let path: String
    let reason: String

    /// Of the last call that failed.
    init(_ path: String) {
      self.path = path
      reason = String(cString: strerror(errno))
    }
  }

  let path: String
  private let target: String

  /// Empty, for its owner alone. What a process that was killed left goes first, its journals too: SQLite would roll the
  /// journal of an older copy back into this one (sqlite.org/howtocorrupt.html §1.4).
  init(of target: String) throws(Failure) {
    self.target = target
    path = target + ".part"
    remove()
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Failure(path) }
    close(descriptor)
  }

  func publish() throws(Failure) {
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    defer { if descriptor >= 0 { close(descriptor) } }
    guard descriptor >= 0, fsync(descriptor) == 0, rename(path, target) == 0 else { throw Failure(target) }
    let folder = open(String(target[..<(target.lastIndex(of: "/") ?? target.startIndex)]) + "/", O_RDONLY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }

  /// Nothing where it was published.
  func remove() {
    for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + suffix) }
  }
}
