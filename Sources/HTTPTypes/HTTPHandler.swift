/// The one seam between the receiver and everything above it: the server calls it, tests call it without a socket.
package protocol HTTPHandler: Sendable {
  /// Takes one request and answers it exactly once, now or later, from any thread. Must not block: it runs on an event
  /// loop that serves other connections meanwhile.
  func handle(_ request: HTTPRequest, answer: @escaping @Sendable (HTTPResponse) -> Void)
}
