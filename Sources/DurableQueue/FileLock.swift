import Glibc

/// The `flock` on `DB.lock` that makes a process the owner of the database. Released with the value, or with the process.
package final class FileLock: Sendable {
  private let descriptor: Int32

  /// The file stays where it is: removing it would let two processes lock two files of one name.
  package init(databasePath: String) throws(OpeningError) {
    let path = databasePath + ".lock"
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .unusable(file: path, reason: String(cString: strerror(errno))) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      // `deinit` closes it: all that it needs is there.
      throw .alreadyServed(path: databasePath, process: Self.process(in: descriptor))
    }
    // What stands in the file only serves the sentence that refuses a second instance.
    var text = "\(getpid())\n"
    ftruncate(descriptor, 0)
    _ = text.withUTF8 { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
  }

  deinit {
    Glibc.close(descriptor)
  }

  private static func process(in descriptor: Int32) -> Int32? {
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count > 0 else { return nil }
    return Int32(String(decoding: bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
  }
}
