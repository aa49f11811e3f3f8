import HTTPTypes

/// What the server asks of the application beside the handler. Both are asked on the threads of event loops and must not
/// wait: reading an atomic is meant.
package struct Gate: Sendable {
  /// nil while large bodies are welcome, else the answer (503 with `Retry-After`) that their senders get before their body
  /// is read. Requests without a body and those with a small one pass: the handler decides about them.
  package var overload: @Sendable () -> Problem?
  /// Whether this address is a proxy's, which may open as many connections as there are.
  package var isProxy: @Sendable (_ address: String) -> Bool

  package init(
    overload: @escaping @Sendable () -> Problem? = { nil },
    isProxy: @escaping @Sendable (_ address: String) -> Bool = { _ in false }
  ) {
    self.overload = overload
    self.isProxy = isProxy
  }
}
