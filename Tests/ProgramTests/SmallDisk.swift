import Foundation
import Glibc
import TestSupport

/// A file system of a few MiB in memory, mounted in a mount namespace of its own, which a process keeps alive: nothing is
/// left behind, however the test ends. The relay is started inside; its files are seen from here at `outside`.
final class SmallDisk {
  struct Unavailable: Error, CustomStringConvertible {
    let description: String
  }

  /// Where it is mounted, inside.
  let folder: TemporaryFolder
  private let holder = Process()
  private let entering: [String]

  init(mebibytes: Int) throws {
    folder = try TemporaryFolder()
    let isRoot = geteuid() == 0
    let output = Pipe()
    holder.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let mount = "mount -t tmpfs -o size=\(mebibytes)m,mode=700 cdrelay-test \"$0\""
    holder.arguments =
      ["unshare", isRoot ? "-m" : "-Urm", "sh", "-c", "\(mount) && echo mounted && exec sleep 600", folder.path]
    holder.standardOutput = output
    holder.standardError = output
    try holder.run()
    let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard said.hasPrefix("mounted") else {
      holder.terminate()
      throw Unavailable(description: "no small file system can be mounted here: \(said)")
    }
    entering =
      ["nsenter", "-t", String(holder.processIdentifier), "-m"] + (isRoot ? [] : ["-U", "--preserve-credentials"])
  }

  deinit {
    kill(holder.processIdentifier, SIGKILL)
    holder.waitUntilExit()
  }

  /// What stands before a command that is to see it.
  var wrapper: [String] { entering + ["--"] }

  /// As the relay names it.
  func inside(_ name: String) -> String { folder.file(name) }

  /// As this process reaches it.
  func outside(_ name: String) -> String { "/proc/\(holder.processIdentifier)/root\(folder.file(name))" }

  /// Writes until nothing more fits; the bytes that did.
  @discardableResult
  func fill() -> Int {
    let descriptor = open(outside("fill"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
    guard descriptor >= 0 else { return 0 }
    defer { close(descriptor) }
    var total = 0
    for size in [1 << 20, 4096] {
      let bytes = [UInt8](repeating: 0x78, count: size)
      while true {
        let count = write(descriptor, bytes, size)
        if count <= 0 { break }
        total += count
      }
    }
    return total
  }

  func free() {
    unlink(outside("fill"))
  }

  func freeBytes() -> Int {
    var status = statvfs()
    return statvfs(outside("."), &status) == 0 ? Int(status.f_bavail) * Int(status.f_frsize) : 0
  }

  /// Copies the database and its log out, since SQLite can't open a path through another process's root.
  func copyDatabase(to folder: TemporaryFolder) throws -> String {
    for suffix in ["", "-wal"] {
      let source = outside("cdrelay.db\(suffix)")
      guard access(source, F_OK) == 0 else { continue }
      let target = URL(fileURLWithPath: folder.file("copy.db\(suffix)"))
      try Data(contentsOf: URL(fileURLWithPath: source)).write(to: target)
    }
    return folder.file("copy.db")
  }
}
