import Glibc

/// Finds the relay that owns a database, without touching its lock: a lock tried for, however shortly, would refuse a relay
/// that starts in that moment.
package enum DatabaseOwner {
  /// The process id; nil where no process holds the lock, or where the machine does not say (`/proc/locks`, proc(5)).
  package static func process(ofDatabase path: String) -> Int32? {
    var status = stat()
    guard stat(path + ".lock", &status) == 0, let locks = read("/proc/locks") else { return nil }
    let written = read(path + ".lock").flatMap { Int32($0.prefix { $0 != "\n" }) }
    for line in locks.split(separator: "\n") {
      // `1: FLOCK  ADVISORY  WRITE 4711 fd:01:1234 0 EOF`; of waiting ones an arrow follows the number.
      let words = line.split(separator: " ")
      guard words.count >= 6, words[1] == "FLOCK", words[3] == "WRITE", let process = Int32(words[4]) else { continue }
      let place = words[5].split(separator: ":")
      guard place.count == 3, UInt64(place[2]) == UInt64(status.st_ino) else { continue }
      // Some file systems tell another device here than stat does: then the file itself says whose it is.
      if device(place) == UInt64(status.st_dev) || process == written { return process }
    }
    return nil
  }

  /// As the C library makes it of its two parts (gnu_dev_makedev(3)).
  private static func device(_ place: [Substring]) -> UInt64? {
    guard let major = UInt64(place[0], radix: 16), let minor = UInt64(place[1], radix: 16) else { return nil }
    return (major & 0xFFF) << 8 | (major & ~0xFFF) << 32 | (minor & 0xFF) | (minor & ~0xFF) << 12
  }

  /// A file of the system has no size that could be asked: read to its end.
  private static func read(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(contentsOf: chunk[..<count])
    }
  }
}
