import Dispatch
import Synchronization

/// What a caller who may block waits for until the writer gives it, once.
final class Answer<Value: Sendable>: Sendable {
  private let result: Mutex<Result<Value, CommitFailure>> = Mutex(.failure(.closed))
  private let given = DispatchSemaphore(value: 0)

  func give(_ result: Result<Value, CommitFailure>) {
    self.result.withLock { $0 = result }
    given.signal()
  }

  func wait() throws(CommitFailure) -> Value {
    given.wait()
    return try result.withLock { $0 }.get()
  }
}
