import Glibc

/// Files that a command makes for a person.
enum NewFile {
  /// Writes a file that is not there yet and brings it to disk; only its owner may read it.
  static func write(_ bytes: [UInt8], to path: String) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      let reason = errno == EEXIST ? "is there already: name another file" : "can't be made: \(words(errno))"
      throw CommandError("\(path) \(reason)")
    }
    var failure = append(bytes, to: file)
    if failure == 0, fsync(file) != 0 { failure = errno }
    if close(file) != 0, failure == 0 { failure = errno }
    guard failure == 0 else {
      unlink(path)
      throw CommandError("\(path) can't be written: \(words(failure))")
    }
  }

  /// 0, or what went wrong.
  private static func append(_ bytes: [UInt8], to file: Int32) -> Int32 {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { return errno }
      rest = rest.dropFirst(written)
    }
    return 0
  }

  private static func words(_ code: Int32) -> String {
    String(cString: strerror(code))
  }
}
