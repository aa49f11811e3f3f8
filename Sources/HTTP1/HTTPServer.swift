import Glibc
import HTTPTypes
import Synchronization
import Telemetry

/// An HTTP/1.1 server (RFC 9110, RFC 9112): sockets in, `HTTPHandler` out. It begins with the first `listen` and lives
/// until `drain` or `stop`, one of which must be called before it is let go.
package final class HTTPServer: Sendable {
  private struct Running: Sendable {
    var loops: [EventLoop] = []
    var threads: [pthread_t] = []
    var shared: SharedByLoops?
  }

  private let handler: any HTTPHandler
  private let limits: HTTPLimits
  private let gate: Gate
  private let log: Log
  private let running = Mutex(Running())
  let counts = ConnectionCounts()

  /// `handler` is called on the threads of the event loops, once for each complete request. Of a connection at most one
  /// request is with the handler. Its answer may be given on any thread; a second one for the same request is ignored,
  /// and so is one whose connection is gone.
  package init(handler: any HTTPHandler, limits: HTTPLimits = HTTPLimits(), gate: Gate = Gate(), log: Log) {
    self.handler = handler
    self.limits = limits
    self.gate = gate
    self.log = log
  }

  /// Begins to accept connections at `127.0.0.1:8080`, `[::1]:8080`, `0.0.0.0:8080` or `localhost:8080`, and may be
  /// called for several addresses. Port 0 lets the kernel choose. Returns the bound port. The error's description
  /// begins with the address.
  @discardableResult
  package func listen(_ address: String) throws -> Int {
    try listen(Listener(address: address))
  }

  /// Throws as `listen` would where the text is no address with a port; asks no resolver and opens nothing.
  package static func check(address: String) throws {
    _ = try ListenAddress(address)
  }

  /// Begins to listen and to accept; where the socket listens already, its first connections may be waiting.
  @discardableResult
  package func listen(_ listener: Listener) throws -> Int {
    try listener.open()
    try running.withLock { running in
      if running.loops.isEmpty { try start(&running) }
      for loop in running.loops { loop.mailbox.post(.listen(listener)) }
    }
    log.debug("http.listening", [LogField("address", listener.address), LogField("port", listener.port)])
    return listener.port
  }

  /// Stops accepting, closes idle connections at once, answers what was read with `Connection: close`, then ends.
  /// Blocks until that is done, or until the deadline, when what is left is cut off. True where nothing was.
  @discardableResult
  package func drain(deadlineMilliseconds: Int64) -> Bool {
    end(within: deadlineMilliseconds)
  }

  /// Closes everything at once; what is still in the handler goes unanswered. Blocks until the threads have ended.
  package func stop() {
    _ = end(within: 0)
  }

  // MARK: Threads

  private func start(_ running: inout Running) throws {
    let shared = try SharedByLoops(handler: handler, limits: limits, gate: gate, counts: counts, log: log)
    let loops = try (0..<max(1, limits.eventLoops)).map { _ in try EventLoop(shared) }
    var threads: [pthread_t] = []
    do {
      for loop in loops { threads.append(try Self.startThread(loop)) }
    } catch {
      for loop in loops { loop.mailbox.post(.stop) }
      for thread in threads { pthread_join(thread, nil) }
      throw error
    }
    running = Running(loops: loops, threads: threads, shared: shared)
  }

  private static func startThread(_ loop: EventLoop) throws -> pthread_t {
    var thread = pthread_t()
    let retained = Unmanaged.passRetained(loop)
    let code = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<EventLoop>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, retained.toOpaque())
    if code != 0 {
      retained.release()
      throw ListenError("the thread of an event loop can't be started", code)
    }
    return thread
  }

  private func end(within milliseconds: Int64) -> Bool {
    let ending = running.withLock { running in
      defer { running = Running() }
      return running
    }
    guard let shared = ending.shared else { return true }
    for loop in ending.loops { loop.mailbox.post(milliseconds > 0 ? .drain : .stop) }
    let deadline = Self.monotonicMilliseconds + milliseconds
    var left = ending.loops.count
    while left > 0, Self.monotonicMilliseconds < deadline {
      left -= shared.waitForLoops(milliseconds: deadline - Self.monotonicMilliseconds)
    }
    for loop in ending.loops { loop.mailbox.post(.stop) }
    for thread in ending.threads { pthread_join(thread, nil) }
    log.info("http.ended", [LogField("loops_cut_off", left)])
    return left == 0
  }

  private static var monotonicMilliseconds: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
