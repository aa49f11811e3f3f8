import Glibc

/// The open files that the process may have.
enum FileLimit {
  /// Raises the limit in force to the highest that the machine allows: each connection, in and out, is a file, and the
  /// usual 1,024 are fewer than the receiver may have. Where that is refused, the old limit stays in force.
  static func raise() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
