import Glibc

/// A copy in the making: written beside its target, then put in its place whole and synced, or not at all.
struct PartFile {
  enum Failure: Error, Equatable {
    /// A log or journal beside the target: SQLite would write what stands in it into the copy.
    case leftover(path: String)
    /// Another process makes a copy of that name.
    case taken(path: String)
    /// There is a file of that name, made meanwhile perhaps.
    case exists(path: String)
    case system(path: String, reason: String)

    /// Of the last call that failed.
    static func last(_ path: String) -> Failure {
      .system(path: path, reason: String(cString: strerror(errno)))
    }
  }

  let path: String
  private let target: String
  private let mayReplace: Bool
  /// Held on `.part.lock`, not on the part itself: on NFS a `flock` would shut SQLite out (flock(2), "NFS details").
  private let lock: Int32
  private let file: Int32

  /// Empty, for its owner alone, and this process's alone until `remove`. What a process that was killed left goes first, its
  /// journals too: SQLite would roll the journal of an older copy back into this one (sqlite.org/howtocorrupt.html §1.4).
  init(of target: String, mayReplace: Bool = false) throws(Failure) {
    self.target = target
    self.mayReplace = mayReplace
    path = target + ".part"
    try Self.refuseLeftovers(of: target)
    lock = try Self.takeLock(target)
    Self.unlinkAll(path)
    file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      let failure = Failure.last(path)
      Self.drop(lock, target)
      throw failure
    }
  }

  /// No connection may be open on it: closing a descriptor of a file lets go of all of SQLite's locks on it.
  func publish() throws(Failure) {
    try Self.refuseLeftovers(of: target)
    guard fsync(file) == 0 else { throw Failure.last(target) }
    guard mayReplace ? rename(path, target) == 0 : moveToFreeName() else {
      throw errno == EEXIST ? Failure.exists(path: target) : Failure.last(target)
    }
    let folder = open(String(target[..<(target.lastIndex(of: "/") ?? target.startIndex)]) + "/", O_RDONLY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }

  /// Nothing where it was published. Once, at the end.
  func remove() {
    Self.unlinkAll(path)
    close(file)
    Self.drop(lock, target)
  }

  /// `rename` alone would replace what was made meanwhile. Where the file system has no hard links (link(2), EPERM), the name is
  /// taken with an empty file first.
  private func moveToFreeName() -> Bool {
    if link(path, target) == 0 { return unlink(path) == 0 }
    guard errno == EPERM || errno == ENOSYS || errno == EOPNOTSUPP else { return false }
    let name = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard name >= 0 else { return false }
    close(name)
    return rename(path, target) == 0
  }

  private static func refuseLeftovers(of target: String) throws(Failure) {
    for suffix in ["-wal", "-shm", "-journal"] where access(target + suffix, F_OK) == 0 {
      throw .leftover(path: target + suffix)
    }
  }

  private static func unlinkAll(_ path: String) {
    for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + suffix) }
  }
}

// MARK: - The lock

extension PartFile {
  private static func lockPath(_ target: String) -> String { target + ".part.lock" }

  /// Whoever held it before may have removed the file between our opening and our locking: then there is another one.
  private static func takeLock(_ target: String) throws(Failure) -> Int32 {
    let path = lockPath(target)
    while true {
      let lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      guard lock >= 0 else { throw Failure.last(target) }
      guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
        let failure = errno == EWOULDBLOCK ? Failure.taken(path: target) : Failure.last(path)
        close(lock)
        throw failure
      }
      var (ours, named) = (stat(), stat())
      if fstat(lock, &ours) == 0, stat(path, &named) == 0, ours.st_ino == named.st_ino { return lock }
      close(lock)
    }
  }

  /// Removed while it is held: nobody else can hold a file of this name.
  private static func drop(_ lock: Int32, _ target: String) {
    unlink(lockPath(target))
    close(lock)
  }
}
