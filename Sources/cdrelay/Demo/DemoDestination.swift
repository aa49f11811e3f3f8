import HTTPTypes
import Synchronization

/// The CRM's side of the demo: a real HTTP server whose paths can be told to fail.
final class DemoDestination: HTTPHandler {
  private struct Path {
    var status = 200
    var accepted = 0
    var refused = 0
  }

  private let paths = Mutex<[String: Path]>([:])

  /// From now on this path answers so.
  func answer(_ path: String, with status: Int) {
    paths.withLock { $0[path, default: Path()].status = status }
  }

  /// Requests answered with 200, and with anything else.
  func counts(_ path: String) -> (accepted: Int, refused: Int) {
    paths.withLock { paths in
      let path = paths[path, default: Path()]
      return (path.accepted, path.refused)
    }
  }

  func handle(_ request: HTTPRequest, answer: @escaping @Sendable (HTTPResponse) -> Void) {
    let status = paths.withLock { paths in
      var path = paths[request.path, default: Path()]
      if path.status == 200 { path.accepted += 1 } else { path.refused += 1 }
      paths[request.path] = path
      return path.status
    }
    answer(HTTPResponse(status: status, contentType: "text/plain", body: status == 200 ? "thank you" : "not now"))
  }
}
