import Glibc

/// A thread that a test starts and waits for: what blocks may do so there.
struct BackgroundThread {
  private final class Box {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
      self.body = body
    }
  }

  private var thread = pthread_t()

  init(_ body: @escaping @Sendable () -> Void) {
    pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, Unmanaged.passRetained(Box(body)).toOpaque())
  }

  func join() {
    pthread_join(thread, nil)
  }
}
