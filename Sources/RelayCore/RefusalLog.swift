import Synchronization

/// Says when a refused request is worth a line: strangers must not fill the log.
package final class RefusalLog: Sendable {
  /// Milliseconds between two lines of one source.
  package static let interval: Int64 = 10_000

  private struct Entry {
    var loggedAt: Instant
    var suppressed: Int
  }

  private let entries = Mutex<[String: Entry]>([:])

  package init() {}

  /// How many were passed over since the last line, or nil where this one is passed over too. `source` is always a
  /// configured name, or empty for all unknown ones together, so the table stays small.
  package func shouldLog(source: String, at now: Instant) -> Int? {
    entries.withLock { entries in
      // A clock that was set back must not silence a source until it has caught up.
      if let entry = entries[source], (0..<Self.interval).contains(now - entry.loggedAt) {
        entries[source]?.suppressed += 1
        return nil
      }
      let suppressed = entries[source]?.suppressed ?? 0
      entries[source] = Entry(loggedAt: now, suppressed: 0)
      return suppressed
    }
  }
}
