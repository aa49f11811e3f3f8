import Synchronization
import Telemetry

/// What `/metrics` says of requests to the providers' APIs, by source.
package final class APICounts: MetricsSource {
  package enum Result: String, CaseIterable, Sendable {
    /// The answer could be used.
    case answered
    /// The credentials were refused.
    case refused
    /// No answer, or one that could not be read: asked again.
    case unreadable
    case failed
  }

  private let counts = Mutex<[String: [Result: Int64]]>([:])

  package init() {}

  func count(_ source: String, _ result: Result) {
    counts.withLock { $0[source, default: [:]][result, default: 0] += 1 }
  }

  package func write(to page: inout MetricsPage) {
    let counts = counts.withLock { $0 }
    page.add(
      "cdrelay_api_requests_total", .counter,
      "Requests to a provider's API that the relay made to compare and fetch calls, by what came of them.",
      counts.sorted { $0.key < $1.key }.flatMap { source, results in
        Result.allCases.map { .init(results[$0] ?? 0, ["source": source, "result": $0.rawValue]) }
      })
  }
}
