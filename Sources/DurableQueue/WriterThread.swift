import Glibc
import Synchronization

/// The thread on which a writer lives. Ends when the writer's mailbox is closed.
final class WriterThread: Sendable {
  /// `@unchecked Sendable`: carries the writer from the thread that made it to its own, and nobody else keeps it.
  private final class Start: @unchecked Sendable {
    let writer: Writer
    init(_ writer: Writer) { self.writer = writer }
  }

  /// nil once it has ended.
  private let thread: Mutex<pthread_t?>

  /// Takes the writer over: the caller must not touch it again.
  init(_ writer: consuming Writer) throws(OpeningError) {
    let start = Unmanaged.passRetained(Start(writer))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().writer.run()
        return nil
      }, start.toOpaque())
    guard code == 0 else {
      start.release()
      throw .failed(path: "the writer's thread", reason: String(cString: strerror(code)))
    }
    self.thread = Mutex(thread)
  }

  /// Returns once the thread has ended; on the thread itself, at once.
  func join() {
    thread.withLock { thread in
      guard let running = thread else { return }
      if pthread_join(running, nil) == EDEADLK { pthread_detach(running) }
      thread = nil
    }
  }
}
