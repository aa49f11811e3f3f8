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
      return readiness
    default:
      return Problem(404, "no such path").response
    }
  }

  /// Seconds after which a commit under way means that the writer is stuck: the disk does not answer, or another process
  /// keeps the write lock.
  private static let longestCommit = 5

  private var readiness: HTTPResponse {
    if let pressure = queue.pressure {
      return Self.notReady("\(pressure.reason); \(pressure.mending)", retryAfter: pressure.retryAfterSeconds)
    }
    let seconds = queue.commitSeconds
    if seconds >= Self.longestCommit { return Self.notReady("a commit has taken \(seconds) s and is not over") }
    if !queue.isWritable { return Self.notReady("the database can't be written; the log says why") }
    return HTTPResponse(status: 200, contentType: "application/json", body: #"{"status":"ready"}"#)
  }

  private static func notReady(_ reason: String, retryAfter seconds: Int = 5) -> HTTPResponse {
    Problem(503, reason, headers: [.init("retry-after", String(seconds))]).response
  }
}
