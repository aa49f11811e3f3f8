import RelayCore

/// An admin's sentence: when this matches, send it there.
package struct Rule: Sendable, Equatable {
  /// Unique in the file.
  package let name: String
  /// Names of destinations, in the order written.
  package let sendTo: [String]
  /// Where it matches, the rules behind it are not asked.
  package let stops: Bool
  package let isEnabled: Bool
  package let note: String?
  /// nil matches every record.
  let when: Filter?

  /// Whether it may send records of a source, as far as it says so: one that looks at a body knows whose that is.
  func reaches(_ source: Source) -> Bool {
    guard case .members(let members)? = when else { return true }
    return members.allSatisfy { member in
      switch member.step {
      case .source: member.filter.matches(.json(.string(source.name)), of: nil)
      case .provider: member.filter.matches(.json(.string(source.settings.provider.rawValue)), of: nil)
      case .body: false
      default: true
      }
    }
  }
}

extension Rule {
  static let keys = ["name", "when", "send_to", "stop"]

  /// nil after a problem that leaves no usable rule.
  init?(reading node: Node, names: KnownNames) {
    guard let reader = ObjectReader(node, keys: Self.keys) else { return nil }
    let name = reader.required("name", "missing; every rule has a name of its own")?.text("a name")?.text
    let when = reader["when"].flatMap { FilterCompiler(loading: node.loading, names: names).compile($0) }
    let sendTo = reader.required("send_to", "missing; expected a list of destinations")
      .map { Self.destinations($0, names) }
    let stops = reader["stop"]?.flag() ?? false
    guard let name, let sendTo else { return nil }
    self.init(name: name, sendTo: sendTo, stops: stops, isEnabled: reader.isEnabled, note: reader.note, when: when)
  }

  private static func destinations(_ node: Node, _ names: KnownNames) -> [String] {
    guard let nodes = node.elements("a list of destinations") else { return [] }
    return nodes.compactMap { node in
      guard let name = node.json.string else {
        node.expected("the name of a destination")
        return nil
      }
      guard names.destinations.contains(name) else {
        node.problem("unknown destination \(node.json.shown)\(NearestName.hint(for: name, among: names.destinations))")
        return nil
      }
      return name
    }
  }
}

/// Names that rules may speak of, whether or not what they name could be read.
struct KnownNames {
  let sources: [String]
  let destinations: [String]
}
