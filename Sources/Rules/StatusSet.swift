import RelayCore

/// HTTP statuses of the rule file: `[409, "5xx"]`.
package struct StatusSet: Sendable, Equatable {
  private var ranges: [ClosedRange<Int>] = []

  package init(_ ranges: [ClosedRange<Int>] = []) {
    self.ranges = ranges
  }

  package func contains(_ status: Int) -> Bool {
    ranges.contains { $0.contains(status) }
  }

  init(reading node: Node) {
    guard let nodes = node.elements("a list of statuses such as [409, \"5xx\"]") else { return }
    ranges = nodes.compactMap { node in
      if let range = Self.range(node.json) { return range }
      node.expected("a status from 200 to 599, or a class such as \"5xx\"")
      return nil
    }
  }

  private static func range(_ json: JSON) -> ClosedRange<Int>? {
    if let status = json.integer, (200...599).contains(status) { return Int(status)...Int(status) }
    switch json.string {
    case "2xx": return 200...299
    case "3xx": return 300...399
    case "4xx": return 400...499
    case "5xx": return 500...599
    default: return nil
    }
  }
}
