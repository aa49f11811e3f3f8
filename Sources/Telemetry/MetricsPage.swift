/// Something with numbers to show. Asked on the admin listener's thread, so it must not wait for anything.
package protocol MetricsSource: Sendable {
  func write(to page: inout MetricsPage)
}

/// A page in Prometheus' text format, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). Names are in base
/// units: `cdrelay_…_total` for counters, `…_seconds`, `…_bytes`.
package struct MetricsPage: Sendable {
  package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  package enum Kind: String, Sendable {
    case counter, gauge, histogram
  }

  package struct Sample: Sendable {
    let labels: [(name: String, value: String)]
    let value: Double
    /// Behind the metric's name: of the parts of a histogram.
    let suffix: String

    package init(_ value: some BinaryInteger, _ labels: KeyValuePairs<String, String> = [:], suffix: String = "") {
      self.init(Double(value), labels, suffix: suffix)
    }

    package init(_ value: Double, _ labels: KeyValuePairs<String, String> = [:], suffix: String = "") {
      self.value = value
      self.suffix = suffix
      self.labels = labels.map { ($0.key, $0.value) }
    }
  }

  package private(set) var text = ""

  package init() {}

  /// One metric with all its samples; without any it is left out.
  package mutating func add(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
    guard !samples.isEmpty else { return }
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    for sample in samples {
      let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
      text += name + sample.suffix + (labels.isEmpty ? "" : "{\(labels)}")
      text += " \(Self.number(sample.value))\n"
    }
  }

  package mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: some BinaryInteger) {
    add(name, kind, help, [Sample(value)])
  }

  private static func escaped(_ value: String) -> String {
    var out = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": out += "\\\\"
      case "\"": out += "\\\""
      case "\n": out += "\\n"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  /// Whole numbers without a fraction, as far as a `Double` holds them exactly (2^53).
  private static func number(_ value: Double) -> String {
    Int64(exactly: value).map(String.init) ?? "\(value)"
  }
}
