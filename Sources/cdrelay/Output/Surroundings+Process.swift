import Foundation
import Glibc
import RelayCore

extension Surroundings {
  /// Those of this process.
  static func process() -> Surroundings {
    let environment = ProcessInfo.processInfo.environment
    return Surroundings(
      output: Output(fileDescriptor: 1), errors: Output(fileDescriptor: 2),
      readLine: { Swift.readLine() }, readAll: readStandardInput,
      isTerminal: isatty(0) == 1 && isatty(2) == 1, environment: environment, user: user(environment),
      time: SystemTime(), isInterrupted: Interruption.wasRequested, isOutputClosed: isOutputClosed)
  }

  /// Who stands behind `sudo`, else whom the process runs as.
  private static func user(_ environment: [String: String]) -> String {
    if let user = environment["SUDO_USER"], !user.isEmpty { return user }
    guard let entry = getpwuid(getuid()), let name = entry.pointee.pw_name else { return "uid \(getuid())" }
    return String(cString: name)
  }

  /// poll(2) tells of a pipe without a reader, and of a closed terminal, also where nothing is written.
  private static func isOutputClosed() -> Bool {
    var output = pollfd(fd: 1, events: 0, revents: 0)
    return poll(&output, 1, 0) > 0 && output.revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0
  }

  private static func readStandardInput() throws -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(0, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw CommandError("can't read standard input: \(String(cString: strerror(errno)))") }
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
    }
  }
}
