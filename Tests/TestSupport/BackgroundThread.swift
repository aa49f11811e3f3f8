import Glibc
import Synchronization

/// A thread that a test starts and waits for: what blocks may do so there.
package struct BackgroundThread {
  private final class Box {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
      self.body = body
    }
  }

  private var thread = pthread_t()

  package init(_ body: @escaping @Sendable () -> Void) {
    pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, Unmanaged.passRetained(Box(body)).toOpaque())
  }

  package func join() {
    pthread_join(thread, nil)
  }
}

/// Does the same again and again on a thread of its own until it is stopped.
package struct BackgroundLoad {
  private final class Progress: Sendable {
    let isStopped = Atomic(false)
    let done = Atomic(0)
  }

  private let progress = Progress()
  private let thread: BackgroundThread

  /// The body is given how often it ran before.
  package init(_ body: @escaping @Sendable (Int) -> Void) {
    thread = BackgroundThread { [progress] in
      while !progress.isStopped.load(ordering: .relaxed) {
        body(progress.done.load(ordering: .relaxed))
        progress.done.add(1, ordering: .relaxed)
      }
    }
  }

  /// How often the body ran.
  package func stop() -> Int {
    progress.isStopped.store(true, ordering: .relaxed)
    thread.join()
    return progress.done.load(ordering: .relaxed)
  }
}
