import Glibc

/// Listening sockets that the service manager holds and passes on to each process it starts (sd_listen_fds(3)): nobody is
/// refused while one relay ends and the next begins, since connections wait in the socket's backlog meanwhile.
struct ServiceSockets: Equatable {
  /// Descriptors; several where the manager listens at several addresses.
  var hooks: [Int32] = []
  var admin: [Int32] = []
  var calls: [Int32] = []
  /// `LISTEN_PID` where it names another process.
  var meantFor: String?

  struct Malformed: Error, Equatable, CustomStringConvertible {
    let description: String
  }

  /// The first descriptor passed on: SD_LISTEN_FDS_START.
  private static let first: Int32 = 3
  private static let variables = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"]

  init() {}

  /// None where `LISTEN_PID` is not this process: then they were meant for another. A socket is for what it is named
  /// after, `hooks`, `admin` or `calls`; where none is given a name, the first is for hooks and the second for admin.
  init(environment: [String: String], process: Int32) throws(Malformed) {
    guard let pid = environment["LISTEN_PID"], !pid.isEmpty else { return }
    guard pid == String(process) else {
      meantFor = pid
      return
    }
    guard let count = environment["LISTEN_FDS"].flatMap({ Int32($0) }), (1...64).contains(count) else {
      throw Malformed(
        description:
          "LISTEN_FDS: expected a number of sockets from 1 to 64, found \(environment["LISTEN_FDS"] ?? "none")")
    }
    let names = try Self.names(environment["LISTEN_FDNAMES"] ?? "", count)
    if names.isEmpty, count > 2 {
      throw Malformed(
        description: "LISTEN_FDS: expected one socket for hooks and one for admin, found \(count) without these names; "
          + Self.remedy)
    }
    for (index, name) in (names.isEmpty ? ["hooks", "admin"] : names).prefix(Int(count)).enumerated() {
      let descriptor = Self.first + Int32(index)
      switch name {
      case "admin": admin.append(descriptor)
      case "calls": calls.append(descriptor)
      default: hooks.append(descriptor)
      }
    }
  }

  private static let remedy =
    "write FileDescriptorName=hooks, FileDescriptorName=admin or FileDescriptorName=calls into each socket unit"

  /// `hooks`, `admin` or `calls` for each socket; empty where nobody named them.
  private static func names(_ text: String, _ count: Int32) throws(Malformed) -> [String] {
    if text.isEmpty { return [] }
    let names = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard names.count == count else {
      throw Malformed(
        description: "LISTEN_FDNAMES: expected \(count) names, as many as LISTEN_FDS, found \(names.count)")
    }
    if names.allSatisfy(isGivenByManager) { return [] }
    if let other = names.first(where: { !["hooks", "admin", "calls"].contains($0) }) {
      throw Malformed(description: "LISTEN_FDNAMES: expected hooks, admin and calls, found \(other); \(remedy)")
    }
    return names
  }

  /// What a socket is called where its unit does not say: after the unit (systemd.socket(5), FileDescriptorName=), or
  /// `unknown` (sd_listen_fds(3)).
  private static func isGivenByManager(_ name: String) -> Bool {
    name.isEmpty || name == "unknown" || name.hasSuffix(".socket")
  }

  /// Of this process. The variables are taken away, so that no program started from here believes they are its own.
  /// Before other threads are started: they would read the environment meanwhile.
  static func take(_ environment: [String: String]) throws(Malformed) -> ServiceSockets {
    defer { for name in variables { unsetenv(name) } }
    let sockets = try ServiceSockets(environment: environment, process: getpid())
    for descriptor in sockets.hooks + sockets.admin + sockets.calls { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    return sockets
  }
}
