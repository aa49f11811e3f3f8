import Telemetry
import TestSupport
import Testing

@Suite("A page of metrics")
struct MetricsPageTests {
  @Test("stands in Prometheus' text format")
  func format() {
    var page = MetricsPage()
    page.add("cdrelay_things_total", .counter, "Things seen.", 3)
    page.add(
      "cdrelay_ages_seconds", .gauge, "Ages.",
      [.init(1.5, ["source": "a\"b\\c\nd"]), .init(9_007_199_254_740_991, ["source": "x", "kind": "y"])])
    #expect(
      page.text == """
        # HELP cdrelay_things_total Things seen.
        # TYPE cdrelay_things_total counter
        cdrelay_things_total 3
        # HELP cdrelay_ages_seconds Ages.
        # TYPE cdrelay_ages_seconds gauge
        cdrelay_ages_seconds{source="a\\"b\\\\c\\nd"} 1.5
        cdrelay_ages_seconds{source="x",kind="y"} 9007199254740991

        """)
  }

  @Test("shows a histogram with its buckets added up")
  func histogram() {
    let histogram = Histogram(bounds: [0.01, 1])
    for nanoseconds: UInt64 in [5_000_000, 10_000_000, 20_000_000, 3_000_000_000] {
      histogram.observe(nanoseconds: nanoseconds)
    }
    var page = MetricsPage()
    histogram.write("cdrelay_waits_seconds", "Waits.", to: &page)
    #expect(
      page.text == """
        # HELP cdrelay_waits_seconds Waits.
        # TYPE cdrelay_waits_seconds histogram
        cdrelay_waits_seconds_bucket{le="0.01"} 2
        cdrelay_waits_seconds_bucket{le="1.0"} 3
        cdrelay_waits_seconds_bucket{le="+Inf"} 4
        cdrelay_waits_seconds_sum 3.035
        cdrelay_waits_seconds_count 4

        """)
  }

  @Test("leaves out a metric without samples")
  func empty() {
    var page = MetricsPage()
    page.add("cdrelay_nothing", .gauge, "Nothing.", [])
    #expect(page.text.isEmpty)
  }
}

@Suite("A counter")
struct CounterTests {
  @Test("counts what all threads add")
  func adds() {
    let counter = Counter()
    let threads = (0..<4).map { _ in BackgroundThread { for _ in 0..<1000 { counter.add() } } }
    for thread in threads { thread.join() }
    counter.add(5)
    #expect(counter.value == 4005)
  }
}
