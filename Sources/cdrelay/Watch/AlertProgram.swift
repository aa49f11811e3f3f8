import Glibc
import Rules

/// `"run"`: a program with the event on its standard input. What it prints on standard error goes where the relay's own
/// goes; it must end with 0 within the time, and is killed with all that it started in its process group otherwise.
struct AlertProgram: AlertChannel {
  let command: [String]
  let environment: [String]
  /// Milliseconds.
  let timeout: Int64

  /// What a program needs to run at all, and what the rule file gives: no secret of the relay's environment.
  static func environment(
    from inherited: [String: String], adding variables: [AlertSettings.NamedSecret]
  ) -> [String] {
    let written = Set(variables.map(\.name))
    let kept = ["PATH", "HOME", "LANG", "TZ"].filter { !written.contains($0) }
    return kept.compactMap { name in inherited[name].map { "\(name)=\($0)" } }
      + variables.map { "\($0.name)=\($0.value.revealed)" }
  }

  func tell(_ event: [UInt8], isWanted: () -> Bool) -> String? {
    guard let input = Self.pipe(holding: event) else { return "no pipe: \(Self.words(errno))" }
    defer { close(input) }
    var process: pid_t = 0
    let code = spawn(&process, input: input)
    guard code == 0 else { return "\(command[0]): \(Self.words(code))" }
    return wait(for: process, isWanted)
  }

  private static func words(_ code: Int32) -> String {
    String(cString: strerror(code)).lowercased()
  }

  /// The end to read from. The whole event is in it before anybody reads: a program that does not read can't block us.
  private static func pipe(holding bytes: [UInt8]) -> Int32? {
    var ends: [Int32] = [-1, -1]
    guard Glibc.pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    // A pipe holds 64 KiB (pipe(7)); an event has one or two.
    _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
    let isWritten = write(ends[1], bytes, bytes.count) == bytes.count
    close(ends[1])
    if isWritten { return ends[0] }
    close(ends[0])
    return nil
  }

  // MARK: - Starting

  private func spawn(_ process: inout pid_t, input: Int32) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    for descriptor in Self.inheritable() { posix_spawn_file_actions_addclose(&actions, descriptor) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // SIGTERM is blocked in all threads of the relay; the program hears it.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    posix_spawnattr_setflags(&attributes, Int16(flags))
    let arguments = command.map { strdup($0) }
    let variables = environment.map { strdup($0) }
    defer { for text in arguments + variables { free(text) } }
    return posix_spawn(&process, command[0], &actions, &attributes, arguments + [nil], variables + [nil])
  }

  /// Descriptors that would stay open in the program: sockets of the service manager, and those of an old libcurl.
  private static func inheritable() -> [Int32] {
    guard let folder = opendir("/proc/self/fd") else { return [] }
    defer { closedir(folder) }
    var descriptors: [Int32] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if let descriptor = Int32(name), descriptor > 2, fcntl(descriptor, F_GETFD) & FD_CLOEXEC == 0 {
        descriptors.append(descriptor)
      }
    }
    return descriptors
  }

  // MARK: - Waiting

  private func wait(for process: pid_t, _ isWanted: () -> Bool) -> String? {
    let end = ContinuousClock.now + .milliseconds(timeout)
    var status: Int32 = 0
    while true {
      let ended = waitpid(process, &status, WNOHANG)
      if ended == process { return Self.reason(status) }
      if ended < 0, errno != EINTR { return "its end was not seen: \(Self.words(errno))" }
      let isLate = ContinuousClock.now >= end
      if isLate || !isWanted() {
        kill(-process, SIGKILL)
        waitpid(process, &status, 0)
        return isLate ? "it ran for longer than \(timeout / 1000) s and was killed" : "the relay stopped"
      }
      usleep(20_000)
    }
  }

  /// wait(2): the low seven bits are the signal, the next byte the exit code.
  private static func reason(_ status: Int32) -> String? {
    if status & 0x7F != 0 { return "it was killed by signal \(status & 0x7F)" }
    let code = status >> 8 & 0xFF
    return code == 0 ? nil : "it ended with exit code \(code)"
  }
}
