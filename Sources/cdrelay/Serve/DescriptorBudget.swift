import Glibc

/// How the descriptors that the process may open are divided, so that connections of strangers never take those with which
/// records are sent on.
enum DescriptorBudget {
  /// The database, its log and lock, threads' wake-ups, standard streams, name look-ups: about 20.
  private static let ownUse = 32
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

  /// Connections of the admin listener: 64, or an eighth of a small limit.
  static func adminConnections(limit: Int) -> Int {
    max(1, min(64, limit / 8))
  }

  /// Connections that the receiver may keep open: `wanted`, or what is left of the limit. Sending takes its own twice, at
  /// work and kept for the next; half of what is left stays the receiver's whatever the destinations ask for.
  static func receiverConnections(wanted: Int, limit: Int, inFlight: Int) -> Int {
    let left = limit - ownUse - adminConnections(limit: limit)
    return max(1, min(wanted, max(left - 2 * max(inFlight, leastSending), left / 2)))
  }
}
