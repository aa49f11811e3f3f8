import Foundation

/// What other threads hand in, for a test to wait for. Tests block their thread instead of suspending: a suspended test
/// goes on only behind all tests that have not begun, while its time-outs run.
package final class Mailbox<Element: Sendable>: @unchecked Sendable {
  // `elements` is read and changed under `changed` alone.
  private let changed = NSCondition()
  private var elements: [Element] = []

  package init() {}

  package func put(_ element: Element) {
    changed.lock()
    elements.append(element)
    changed.broadcast()
    changed.unlock()
  }

  /// The next element that matches; those before it are dropped. Nil where none comes for a minute.
  package func next(where matches: (Element) -> Bool = { _ in true }) -> Element? {
    let end = Date().addingTimeInterval(60)
    changed.lock()
    defer { changed.unlock() }
    while true {
      if let index = elements.firstIndex(where: matches) {
        defer { elements.removeFirst(index + 1) }
        return elements[index]
      }
      elements.removeAll()
      if !changed.wait(until: end) { return elements.first(where: matches) }
    }
  }
}

/// Calls what answers through a callback, and waits for the answer.
package func reply<Value: Sendable>(_ start: (@escaping @Sendable (Value) -> Void) -> Void) -> Value {
  let answers = Mailbox<Value>()
  start { answers.put($0) }
  guard let answer = answers.next() else { fatalError("no reply within a minute") }
  return answer
}
