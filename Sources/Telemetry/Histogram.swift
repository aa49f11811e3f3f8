/// How long something took, as Prometheus counts it: how many were at most so long, and the sum. Any thread may observe.
package final class Histogram: Sendable {
  /// Upper bounds in seconds, ascending.
  private let bounds: [Double]
  /// One for each bound and one for what is longer, not added up.
  private let counts: [Counter]
  private let nanoseconds = Counter()

  package init(bounds: [Double]) {
    self.bounds = bounds
    counts = (0...bounds.count).map { _ in Counter() }
  }

  package func observe(nanoseconds: UInt64) {
    let seconds = Double(nanoseconds) / 1e9
    counts[bounds.firstIndex { seconds <= $0 } ?? bounds.count].add()
    self.nanoseconds.add(Int64(clamping: nanoseconds))
  }

  /// `NAME_bucket{le="…"}`, `NAME_sum` and `NAME_count`; `name` ends in `_seconds`.
  package func write(_ name: String, _ help: String, to page: inout MetricsPage) {
    var total: Int64 = 0
    var samples: [MetricsPage.Sample] = []
    for (index, count) in counts.enumerated() {
      total += count.value
      let bound = index < bounds.count ? "\(bounds[index])" : "+Inf"
      samples.append(MetricsPage.Sample(total, ["le": bound], suffix: "_bucket"))
    }
    samples.append(MetricsPage.Sample(Double(nanoseconds.value) / 1e9, suffix: "_sum"))
    samples.append(MetricsPage.Sample(total, suffix: "_count"))
    page.add(name, .histogram, help, samples)
  }
}
