import Telemetry

/// What was given out, for the page of metrics.
final class RecordingCounts: Sendable {
  enum Outcome: Int, CaseIterable {
    /// All of it, or the range that was asked for.
    case sent
    /// The client went away before its end.
    case abandoned
    /// The provider's answer broke off before its end.
    case brokenOff
    /// Answered with a problem.
    case refused

    var word: String { self == .brokenOff ? "broken_off" : "\(self)" }
  }

  let bytes = Counter()
  let inFlight = Counter()
  private let outcomes = Outcome.allCases.map { _ in Counter() }

  func count(_ outcome: Outcome) {
    outcomes[outcome.rawValue].add()
  }

  func write(to page: inout MetricsPage) {
    page.add(
      "cdrelay_recordings_total", .counter, "Requests for recordings, by what came of them.",
      Outcome.allCases.map { MetricsPage.Sample(outcomes[$0.rawValue].value, ["outcome": $0.word]) })
    page.add("cdrelay_recordings_in_flight", .gauge, "Recordings that are being given out now.", inFlight.value)
    page.add("cdrelay_recordings_received_bytes_total", .counter, "Content received from providers.", bytes.value)
  }
}
