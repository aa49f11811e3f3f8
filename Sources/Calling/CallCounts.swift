import Synchronization
import Telemetry

/// What became of calls that clients asked for, by source and client: names of the rule file only, so that it stays small.
final class CallCounts: Sendable {
  enum Outcome: String, CaseIterable {
    case placed, refused, unknown
    /// 400, 409, 413, 422 before anything was sent.
    case invalid
    /// 403: a number, caller id or source that it may not use.
    case forbidden
    /// 429.
    case overRate = "over_rate"
    /// 503 before anything was stored.
    case unavailable
    /// The first answer to a key once more.
    case replayed
  }

  private struct Key: Hashable {
    let source: String
    let client: String
    let outcome: Outcome
  }

  private let counts = Mutex<[Key: Int64]>([:])
  let unauthenticated = Counter()

  func count(_ outcome: Outcome, _ source: String, _ client: String) {
    counts.withLock { $0[Key(source: source, client: client, outcome: outcome), default: 0] += 1 }
  }

  func write(to page: inout MetricsPage) {
    let samples = counts.withLock { $0 }.map { key, count in
      (
        [key.source, key.client, key.outcome.rawValue],
        MetricsPage.Sample(
          count, ["source": key.source, "client": key.client, "outcome": key.outcome.rawValue])
      )
    }
    page.add(
      "cdrelay_calls_total", .counter, "Calls that clients asked for, by what became of them.",
      samples.sorted { $0.0.lexicographicallyPrecedes($1.0) }.map(\.1))
    page.add(
      "cdrelay_calls_unauthenticated_total", .counter, "Requests for a call without a client's token.",
      unauthenticated.value)
  }
}
