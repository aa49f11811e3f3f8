import Synchronization
import Telemetry

/// What a server counts, for its page of metrics. Loops write, any thread reads.
final class ConnectionCounts: Sendable {
  let requests = Counter()
  /// Connections open now, over all loops.
  let open = Counter()
  /// Bytes in the buffers of all connections, as of each loop's last look at its deadlines.
  let bufferedBytes = Counter()
  private let ends = ConnectionEnd.allCases.map { _ in Counter() }

  func count(_ end: ConnectionEnd) {
    ends[end.rawValue].add()
  }

  subscript(end: ConnectionEnd) -> Int64 { ends[end.rawValue].value }
}

extension HTTPServer: MetricsSource {
  package func write(to page: inout MetricsPage) {
    page.add("cdrelay_http_requests_total", .counter, "Requests given to the handler.", counts.requests.value)
    page.add("cdrelay_http_connections", .gauge, "Connections open now.", counts.open.value)
    page.add(
      "cdrelay_http_buffered_bytes", .gauge, "Bytes of requests and answers in the buffers of connections.",
      counts.bufferedBytes.value)
    let (refused, closed) = (
      ConnectionEnd.allCases.filter(\.isRefusal), ConnectionEnd.allCases.filter { !$0.isRefusal }
    )
    page.add(
      "cdrelay_http_refused_total", .counter, "Connections ended with a refusal, by the limit that was passed.",
      refused.map { MetricsPage.Sample(counts[$0], ["reason": $0.word]) })
    page.add(
      "cdrelay_http_closed_total", .counter, "Connections ended otherwise, by reason.",
      closed.map { MetricsPage.Sample(counts[$0], ["reason": $0.word]) })
  }
}
