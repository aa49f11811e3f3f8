import Glibc

/// Puts another content into a file's place in one step: whoever opens it sees the old one or the new one, whole. A link stays
/// a link, and what it leads to is replaced; mode and owner stay.
struct FileSwap {
  /// Behind all links; the path itself where there is no such file.
  let target: String
  private let status: stat?

  init(path: String) throws {
    if let resolved = realpath(path, nil) {
      defer { free(resolved) }
      target = String(cString: resolved)
      var found = stat()
      guard stat(target, &found) == 0 else { throw Self.failed(target, "can't be read") }
      guard found.st_mode & S_IFMT == S_IFREG else { throw CommandError("\(target) is not a file") }
      status = found
    } else {
      guard errno == ENOENT else { throw Self.failed(path, "can't be found") }
      target = path
      status = nil
    }
  }

  /// On disk when it returns.
  func replace(with bytes: [UInt8]) throws {
    try put(bytes, at: target)
  }

  /// A copy beside it, with its mode and owner, in the place of an older one; returns its path.
  func keepCopy(of bytes: [UInt8]) throws -> String {
    let copy = "\(target).before-apply"
    try put(bytes, at: copy)
    return copy
  }

  static let draftSuffix = ".apply-draft"

  /// One change at a time to the files of a folder, from the last look at what is there until the relay's word. Waits for
  /// another one; throws where that takes longer than `patience` milliseconds. Held until the value goes.
  func lock(patience: Int = 90_000) throws -> FolderLock {
    let folder = open(folderPath, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw Self.failed(folderPath, "can't be opened") }
    let lock = FolderLock(descriptor: folder)
    for _ in 0...(patience / 50) {
      if flock(folder, LOCK_EX | LOCK_NB) == 0 { return lock }
      guard errno == EWOULDBLOCK || errno == EINTR else { throw Self.failed(folderPath, "can't be locked") }
      usleep(50_000)
    }
    throw CommandError("nothing was changed: another `cdrelay rules apply` or `rollback` is under way in \(folderPath)")
  }

  private var folderPath: String {
    let end = target.lastIndex(of: "/")
    return end.map { $0 == target.startIndex ? "/" : String(target[..<$0]) } ?? "."
  }

  private func put(_ bytes: [UInt8], at target: String) throws {
    let draft = target + Self.draftSuffix
    // What a killed one left: whoever holds the lock is the only one to make drafts.
    unlink(draft)
    let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw Self.failed(draft, "can't be made") }
    do {
      try write(bytes, to: file, draft)
      guard rename(draft, target) == 0 else { throw Self.failed(target, "can't be replaced") }
    } catch {
      close(file)
      unlink(draft)
      throw error
    }
    close(file)
    let folder = open(folderPath, O_RDONLY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }

  private func write(_ bytes: [UInt8], to file: Int32, _ draft: String) throws {
    if let status {
      if status.st_uid != geteuid() || status.st_gid != getegid(), fchown(file, status.st_uid, status.st_gid) != 0 {
        throw CommandError(
          "\(target) belongs to another user (\(status.st_uid)), who could not be kept: run this as that user or as root"
        )
      }
      guard fchmod(file, status.st_mode & 0o7777) == 0 else { throw Self.failed(draft, "can't be given its mode") }
    }
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw Self.failed(draft, "can't be written") }
      rest = rest.dropFirst(written)
    }
    guard fsync(file) == 0 else { throw Self.failed(draft, "can't be written") }
  }

  private static func failed(_ path: String, _ what: String) -> CommandError {
    CommandError("\(path) \(what): \(String(cString: strerror(errno)))")
  }
}

/// A `flock` on a folder. Ends with the value, or with the process.
final class FolderLock {
  private let descriptor: Int32

  fileprivate init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
  }
}
