import Glibc
import HTTPTypes
import Synchronization

/// Carries out fetches on a few threads of its own, many at a time on each. It holds no content: what is not taken stays with
/// the other end (libcurl pauses the transfer, https://curl.se/libcurl/c/curl_easy_pause.html).
package final class Fetcher: Sendable {
  private struct State: Sendable {
    var loops: [FetchLoop] = []
    var threads: [pthread_t] = []
    var next = 0
    var isStopped = false
  }

  private let threadCount: Int
  private let state = Mutex(State())

  /// The threads begin with the first fetch.
  /// - Parameter threads: default 2.
  package init(threads: Int = 2) {
    threadCount = threads
  }

  package func begin(_ fetch: Fetch) {
    let loop = state.withLock { state -> FetchLoop? in
      if state.isStopped { return nil }
      if state.loops.isEmpty { start(&state) }
      guard !state.loops.isEmpty else { return nil }
      state.next = (state.next + 1) % state.loops.count
      return state.loops[state.next]
    }
    guard let loop else { return fetch.sink.ended(.interrupted) }
    loop.post(.begin(fetch))
  }

  /// Ends all that is under way as interrupted, and waits for the threads. Nothing can be fetched afterwards.
  package func stop() {
    let ending = state.withLock { state in
      defer { state = State(isStopped: true) }
      return state
    }
    for loop in ending.loops { loop.post(.stop) }
    for thread in ending.threads { pthread_join(thread, nil) }
  }

  private func start(_ state: inout State) {
    for _ in 0..<threadCount {
      guard let loop = FetchLoop() else { continue }
      var thread = pthread_t()
      let retained = Unmanaged.passRetained(loop)
      let code = pthread_create(
        &thread, nil,
        { argument in
          guard let argument else { return nil }
          Unmanaged<FetchLoop>.fromOpaque(argument).takeRetainedValue().run()
          return nil
        }, retained.toOpaque())
      guard code == 0 else {
        retained.release()
        continue
      }
      state.loops.append(loop)
      state.threads.append(thread)
    }
  }
}
