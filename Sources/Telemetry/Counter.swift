import Synchronization

/// A number that only grows, counted from any thread.
package final class Counter: Sendable {
  private let count = Atomic<Int>(0)

  package init() {}

  package func add(_ amount: Int = 1) {
    count.add(amount, ordering: .relaxed)
  }

  package var value: Int {
    count.load(ordering: .relaxed)
  }
}
