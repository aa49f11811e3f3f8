import DurableQueue
import HTTPTypes

/// `/healthz` and `/readyz`, for load balancers and service managers.
package struct Health: HTTPHandler {
  private let queue: DurableQueue

  package init(queue: DurableQueue) {
    self.queue = queue
  }

  /// 200 on `/healthz` while the process answers; on `/readyz` 200 while records can be stored, else 503. 404 elsewhere.
  package func handle(_ request: HTTPRequest, answer: @escaping @Sendable (HTTPResponse) -> Void) {
    answer(response(to: request))
  }

  private func response(to request: HTTPRequest) -> HTTPResponse {
    guard request.method == "GET" || request.method == "HEAD" else {
      return Problem(405, "health is asked for with GET", headers: [.init("allow", "GET, HEAD")]).response
    }
    switch request.path {
    case "/healthz":
      return HTTPResponse(status: 200, contentType: "application/json", body: #"{"status":"alive"}"#)
    case "/readyz":
      if queue.isWritable {
        return HTTPResponse(status: 200, contentType: "application/json", body: #"{"status":"ready"}"#)
      }
      return Problem(503, "the database can't be written", headers: [.init("retry-after", "5")]).response
    default:
      return Problem(404, "no such path").response
    }
  }
}
