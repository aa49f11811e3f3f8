import Glibc

/// How the descriptors that the process may open are divided, so that connections of strangers never take those with which
/// records are sent on.
enum DescriptorBudget {
  /// Connections of the admin listener.
  static let adminConnections = 64
  /// The database, its log and lock, threads' wake-ups, standard streams, name look-ups.
  private static let ownUse = 64
  /// What a destination's kept connections take beside those at work, at least.
  private static let leastSending = 16

  /// As many as the machine lets this process have: a service manager's soft limit is often 1,024. Returns the limit.
  static func raiseLimit() -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
    let before = limit.rlim_cur
    limit.rlim_cur = limit.rlim_max
    if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 { limit.rlim_cur = before }
    return Int(clamping: limit.rlim_cur)
  }

  /// Connections that the receiver may keep open: `wanted`, or what is left of the limit. Sending takes its own twice, at
  /// work and kept for the next; half of the limit stays the receiver's whatever the destinations ask for.
  static func receiverConnections(wanted: Int, limit: Int, inFlight: Int) -> Int {
    let sending = 2 * max(inFlight, leastSending)
    let left = max(limit - ownUse - adminConnections - sending, limit / 2 - ownUse - adminConnections)
    return max(1, min(wanted, left))
  }
}
