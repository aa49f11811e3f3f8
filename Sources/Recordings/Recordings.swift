import HTTPTypes
import Outgoing
import RelayCore
import Rules
import Synchronization
import Telemetry

/// Gives out recordings: `GET /recordings/{source}/{file}?expires=…&signature=…`. Whoever has the link gets the recording and
/// nothing else; the provider's URL, which holds the account's secret, stays here.
package final class Recordings: HTTPHandler {
  private let rules: Mutex<RuleFile>
  private let time: any TimeSource
  private let surroundings: RecordingDelivery.Surroundings
  private let inFlight = Mutex<[String: Int]>([:])

  /// - Parameter headWithin: milliseconds for the provider's answer to begin. Default the `timeout_seconds` of the source's `api`;
  ///   the server has to wait longer for ours.
  package init(rules: RuleFile, time: any TimeSource, userAgent: String, headWithin: Int64? = nil, log: Log) {
    self.rules = Mutex(rules)
    self.time = time
    surroundings = RecordingDelivery.Surroundings(
      fetcher: Fetcher(), userAgent: userAgent, headWithin: headWithin, counts: RecordingCounts(),
      log: RecordingLog(log, time: time))
  }

  /// From the next request on.
  package func use(_ rules: RuleFile) {
    self.rules.withLock { $0 = rules }
  }

  /// Whether a path is meant for this.
  package static func takes(_ path: String) -> Bool {
    path.hasPrefix(RecordingLink.prefix)
  }

  /// What is under way breaks off. To be called when the server has drained.
  package func stop() {
    surroundings.fetcher.stop()
  }

  package func handle(_ request: HTTPRequest, answer: @escaping @Sendable (HTTPResponse) -> Void) {
    do throws(Problem) {
      let asked = try RecordingRequest(request, rules: rules.withLock { $0 }, now: time.now())
      let source = asked.recordings.source
      guard begins(source, most: asked.recordings.settings.maxInFlight) else {
        throw Problem(
          503, "too many recordings are being given out; come back in a moment", headers: [.init("retry-after", "5")])
      }
      RecordingDelivery(asked, surroundings, answer: answer) { [self] in ends(source) }.begin()
    } catch {
      surroundings.counts.count(.refused)
      answer(error.response)
    }
  }

  private func begins(_ source: String, most: Int) -> Bool {
    let begins = inFlight.withLock { inFlight in
      if inFlight[source, default: 0] >= most { return false }
      inFlight[source, default: 0] += 1
      return true
    }
    if begins { surroundings.counts.inFlight.add() }
    return begins
  }

  private func ends(_ source: String) {
    surroundings.counts.inFlight.add(-1)
    inFlight.withLock { inFlight in
      let left = inFlight[source, default: 1] - 1
      inFlight[source] = left > 0 ? left : nil
    }
  }
}

extension Recordings: MetricsSource {
  package func write(to page: inout MetricsPage) {
    surroundings.counts.write(to: &page)
  }
}
