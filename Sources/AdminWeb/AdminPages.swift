import HTTPTypes
import Telemetry

/// What the admin listener answers: health, and `/metrics` for Prometheus.
package struct AdminPages: HTTPHandler {
  private let health: Health
  private let metrics: [any MetricsSource]

  package init(health: Health, metrics: [any MetricsSource]) {
    self.health = health
    self.metrics = metrics
  }

  package func handle(_ request: HTTPRequest, answer: @escaping @Sendable (HTTPResponse) -> Void) {
    guard request.path == "/metrics" else { return health.handle(request, answer: answer) }
    guard request.method == "GET" || request.method == "HEAD" else {
      return answer(Problem(405, "metrics are asked for with GET", headers: [.init("allow", "GET, HEAD")]).response)
    }
    var page = MetricsPage()
    for source in metrics { source.write(to: &page) }
    answer(HTTPResponse(status: 200, contentType: MetricsPage.contentType, body: page.text))
  }
}
