import Synchronization
import Telemetry

/// Where refused requests wait for the writer, who empties it once a second: what does not find room is dropped and
/// counted, so that a flood of strangers costs memory, disk and writer no more than these limits, whatever it sends.
package final class RefusedTray: Sendable {
  /// Requests of one source that wait at most: so many are kept in a second.
  package static let countLimit = 100
  /// Bytes of their bodies, 1 MiB; a longer one waits alone.
  package static let byteLimit = 1 << 20

  private struct Load {
    var count = 0
    var bytes = 0
  }

  private struct State {
    var waiting: [NewRefused] = []
    var loads: [String: Load] = [:]
    var isClosed = false
  }

  private let state = Mutex(State())
  private let kept = Counter()
  private let dropped = Counter()

  /// Asks for the request only where there is room for it, and where its body is not alone above the source's limit.
  func offer(source: String, bytes: Int, limit: Int, _ make: () -> NewRefused) {
    guard bytes <= limit, reserve(source, bytes) else {
      dropped.add()
      return
    }
    let new = make()
    state.withLock { $0.waiting.append(new) }
  }

  func take() -> [NewRefused] {
    state.withLock { state in
      let waiting = state.waiting
      state.waiting = []
      state.loads = [:]
      return waiting
    }
  }

  /// What is offered from now on is dropped.
  func close() {
    state.withLock { $0.isClosed = true }
  }

  func countKept(_ count: Int) {
    kept.add(Int64(count))
  }

  func countDropped(_ count: Int) {
    dropped.add(Int64(count))
  }

  private func reserve(_ source: String, _ bytes: Int) -> Bool {
    state.withLock { state in
      var load = state.loads[source] ?? Load()
      let hasRoom = load.count == 0 || (load.count < Self.countLimit && load.bytes + bytes <= Self.byteLimit)
      guard !state.isClosed, hasRoom else { return false }
      load.count += 1
      load.bytes += bytes
      state.loads[source] = load
      return true
    }
  }
}

extension RefusedTray: MetricsSource {
  package func write(to page: inout MetricsPage) {
    page.add(
      "cdrelay_refused_kept_total", .counter, "Requests refused with 401 that were kept, re-sends included.", kept.value
    )
    page.add(
      "cdrelay_refused_dropped_total", .counter,
      "Requests refused with 401 of sources with keep_refused that were not kept: too many at once, or no disk.",
      dropped.value)
  }
}
