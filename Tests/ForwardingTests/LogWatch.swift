import Foundation
import Synchronization
import Telemetry

/// Keeps the lines of a log, and lets a test wait for one.
final class LogWatch: Sendable {
  private let lines = Mutex<[String]>([])
  private let changed = NSCondition()

  var log: Log {
    Log(level: .debug, timestamp: { "" }) { [self] line in
      lines.withLock { $0.append(line) }
      changed.lock()
      changed.broadcast()
      changed.unlock()
    }
  }

  func all(_ parts: String...) -> [String] {
    matching(parts)
  }

  /// Waits until so many lines hold all of these parts; false after the limit.
  func wait(_ count: Int, _ parts: String..., seconds: Double = 60) -> Bool {
    let end = Date().addingTimeInterval(seconds)
    changed.lock()
    defer { changed.unlock() }
    while matching(parts).count < count {
      if !changed.wait(until: end) { return matching(parts).count >= count }
    }
    return true
  }

  private func matching(_ parts: [String]) -> [String] {
    lines.withLock { $0.filter { line in parts.allSatisfy { line.contains($0) } } }
  }
}
