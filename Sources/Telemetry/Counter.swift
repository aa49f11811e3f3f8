import Synchronization

/// A number that any thread may raise, and a page of metrics reads: `cdrelay_…_total`.
package final class Counter: Sendable {
  private let count = Atomic<Int64>(0)

  package init() {}

  /// Gives the new value.
  @discardableResult
  package func add(_ amount: Int64 = 1) -> Int64 {
    count.add(amount, ordering: .relaxed).newValue
  }

  package var value: Int64 { count.load(ordering: .relaxed) }
}
