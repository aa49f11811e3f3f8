import Glibc

/// What tells one state of a file from another, behind all symlinks: so writing it, moving another into its place and turning
/// a link all count.
struct FileStamp: Equatable {
  private let device: UInt64
  private let inode: UInt64
  private let size: Int
  /// Nanoseconds: of the content, and of the entry.
  private let times: [Int]

  /// nil where there is no such file now.
  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int(status.st_size)
    times = [status.st_mtim, status.st_ctim].map { Int($0.tv_sec) &* 1_000_000_000 &+ Int($0.tv_nsec) }
  }
}

/// When a file is to be loaded again. Pure.
struct FileWatch<Stamp: Equatable> {
  /// Milliseconds between two looks.
  static var pause: Int { 500 }

  private var loaded: Stamp?
  private var seen: Stamp?

  /// `stamp`: of the file as it was loaded.
  init(loaded stamp: Stamp?) {
    loaded = stamp
    seen = stamp
  }

  /// True where the file is another than the one that was loaded last, and did not change since the last look: an editor that
  /// is still writing is not read, and a file that is gone for a moment is waited for. One that is gone at two looks is told
  /// once.
  mutating func look(_ stamp: Stamp?) -> Bool {
    defer { seen = stamp }
    guard stamp != loaded, stamp == seen else { return false }
    loaded = stamp
    return true
  }

  /// It was loaded for another reason.
  mutating func wasLoaded(_ stamp: Stamp?) {
    loaded = stamp
    seen = stamp
  }
}
