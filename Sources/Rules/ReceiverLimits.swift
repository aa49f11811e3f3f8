/// `relay.limits`: what the receiver lets strangers do. What the file leaves out has the receiver's own default
/// (`HTTPLimits`), which `rules.example.json` shows.
package struct ReceiverLimits: Sendable, Equatable {
  package enum Name: String, Sendable, CaseIterable {
    case connections
    case connectionsPerAddress = "connections_per_address"
    case requestsPerConnection = "requests_per_connection"
    case requestLineBytes = "request_line_bytes"
    case headBytes = "head_bytes"
    case headFields = "head_fields"
    case bufferedBytes = "buffered_bytes"
    case firstByteSeconds = "first_byte_seconds"
    case headSeconds = "head_seconds"
    case bodySeconds = "body_seconds"
    case bodyBytesPerSecond = "body_bytes_per_second"
    case idleSeconds = "idle_seconds"
    case writeSeconds = "write_seconds"

    fileprivate enum Range {
      case count(ClosedRange<Int64>)
      case seconds(ClosedRange<Double>)
    }

    fileprivate var range: Range {
      switch self {
      case .connections, .connectionsPerAddress: .count(1...1_000_000)
      case .requestsPerConnection: .count(1...1_000_000_000)
      case .requestLineBytes, .headBytes: .count(1024...1_048_576)
      case .headFields: .count(10...10_000)
      case .bufferedBytes: .count(1_048_576...17_179_869_184)
      case .bodyBytesPerSecond: .count(1...1_000_000_000)
      case .firstByteSeconds, .headSeconds, .bodySeconds, .idleSeconds, .writeSeconds: .seconds(0.1...3600)
      }
    }
  }

  /// Milliseconds for what is given in seconds.
  package private(set) var values: [Name: Int64] = [:]

  package init() {}

  /// `bodyLimit`: two bodies of that size must fit into `buffered_bytes`, or the larger ones could never be taken.
  init(reading node: Node?, bodyLimit: Int) {
    guard let node, let reader = ObjectReader(node, keys: Name.allCases.map(\.rawValue)) else { return }
    var values: [Name: Int64] = [:]
    for name in Name.allCases {
      guard let value = reader[name.rawValue] else { continue }
      switch name.range {
      case .count(let range): values[name] = value.integer(range)
      case .seconds(let range): values[name] = value.seconds(range)
      }
    }
    if let bytes = values[.bufferedBytes], bytes < 2 * bodyLimit, let value = reader[Name.bufferedBytes.rawValue] {
      value.expected("at least twice relay.body_limit_bytes, \(2 * bodyLimit)")
    }
    if reader.isEnabled { self.values = values }
  }
}
