import RelayCore
import Synchronization

/// A clock that stands still until a test moves it.
package final class ManualTime: TimeSource {
  private let instant: Mutex<Instant>

  /// Starts at 2025-10-01T09:00:00Z unless told otherwise.
  package init(_ start: Instant = Instant(milliseconds: 1_759_309_200_000)) {
    instant = Mutex(start)
  }

  package func now() -> Instant {
    instant.withLock { $0 }
  }

  package func advance(milliseconds: Int64) {
    instant.withLock { $0 = $0 + milliseconds }
  }

  package func advance(seconds: Int64) {
    advance(milliseconds: seconds * 1000)
  }
}
