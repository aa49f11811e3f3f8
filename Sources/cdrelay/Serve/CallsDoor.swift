import HTTPTypes

/// The listener for clients that `--calls` opens: calls, recordings, and its own health for load balancers in front of it.
struct CallsDoor: HTTPHandler {
  let calls: any HTTPHandler
  /// nil where there is nothing of the kind.
  var recordings: (any HTTPHandler)?
  let health: any HTTPHandler

  func handle(_ request: HTTPRequest, answer: @escaping @Sendable (HTTPResponse) -> Void) {
    if request.path.utf8.starts(with: "/calls/".utf8) { return calls.handle(request, answer: answer) }
    if request.path.utf8.starts(with: "/recordings/".utf8), let recordings {
      return recordings.handle(request, answer: answer)
    }
    switch request.path {
    case "/healthz", "/readyz": health.handle(request, answer: answer)
    default: answer(Problem(404, "no such path").response)
    }
  }
}
