import DurableQueue
import Telemetry

/// What became of requests, by source. A class, since what answers a record keeps hold of it.
final class IntakeCounts: Sendable {
  enum Outcome: Int, CaseIterable {
    case accepted, duplicate, quarantined
    /// 401, 403, or a 413 whose signature can't be checked: not authenticated.
    case refused
    /// 503: the sender must send it again.
    case unavailable

    init(_ result: Result<CommitReceipt, CommitFailure>) {
      switch result {
      case .success(let receipt): self = receipt.outcome == .duplicate ? .duplicate : .accepted
      case .failure: self = .unavailable
      }
    }
  }

  /// Paths that name no source: whatever name a stranger makes up is counted here.
  let unknownSources: Counter
  private let sources: [String]
  /// By source, then by the number of the outcome: made once, so that counting takes no lock.
  private let counters: [String: [Counter]]

  /// - Parameter before: those of the rules before, which go on.
  init(sources: [String], continuing before: IntakeCounts? = nil) {
    let old = before?.sources ?? []
    self.sources = old + sources.filter { !old.contains($0) }
    unknownSources = before?.unknownSources ?? Counter()
    counters = Dictionary(
      self.sources.map { name in (name, before?.counters[name] ?? Outcome.allCases.map { _ in Counter() }) },
      uniquingKeysWith: { first, _ in first })
  }

  func count(_ outcome: Outcome, _ source: String) {
    counters[source]?[outcome.rawValue].add()
  }

  func write(to page: inout MetricsPage) {
    page.add(
      "cdrelay_records_total", .counter, "Requests by source and what became of them.",
      sources.flatMap { source in
        Outcome.allCases.map {
          .init(counters[source]?[$0.rawValue].value ?? 0, ["source": source, "outcome": "\($0)"])
        }
      })
    page.add(
      "cdrelay_unknown_source_requests_total", .counter, "Requests whose path names no enabled source.",
      unknownSources.value)
  }
}
