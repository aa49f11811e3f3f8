import RelayCore

/// One of the rule file's `tests`: a record and what should become of it. `cdrelay rules check` runs them.
package struct RuleTest: Sendable, Equatable {
  package let name: String
  package let source: String
  /// The body of the webhook.
  package let record: [UInt8]
  /// Names of the rules that match, in file order; nil asks nothing.
  package let rules: [String]?
  /// Names of those that get a delivery, in any order; nil asks nothing.
  package let destinations: [String]?
  /// The whole body that each of these destinations is sent, as JSON; in no order.
  package let bodies: [String: JSON]
  /// By destination what its lookup gives. Default: nothing.
  package let lookup: [String: JSON]
  /// By destination what an earlier delivery of the call left. Default: nothing.
  package let captured: [String: JSON]
  package let isEnabled: Bool
  /// Where it stands in the rule file: `tests[0]`.
  package let path: String
}

extension RuleTest {
  static let keys = ["name", "source", "record", "rules", "destinations", "bodies", "lookup", "captured"]

  /// nil after a problem that leaves no usable one.
  init?(reading node: Node, names: KnownNames, rules known: [String]) {
    guard let reader = ObjectReader(node, keys: Self.keys) else { return nil }
    let name = reader.required("name", "missing; say what the test shows")?.text("a name")?.text
    let source = reader.required("source", "missing; expected the name of a source")
      .flatMap { Self.name($0, "source", names.sources) }
    let record = reader.required("record", "missing; expected the body of a webhook").flatMap(Self.record)
    let rules = reader["rules"].map { Self.names($0, "rule", known) }
    let destinations = reader["destinations"].map { Self.names($0, "destination", names.destinations) }
    let bodies = reader["bodies"].map { Self.values($0, "the bodies that they are sent", names.destinations) }
    let lookup = reader["lookup"].map { Self.values($0, "what their lookup gives", names.destinations) }
    let captured = reader["captured"].map { Self.values($0, "what was captured there", names.destinations) }
    if rules == nil, destinations == nil, bodies == nil {
      node.problem("expects nothing; write rules, destinations or bodies")
    }
    guard let name, let source, let record else { return nil }
    self.init(
      name: name, source: source, record: record, rules: rules, destinations: destinations, bodies: bodies ?? [:],
      lookup: lookup ?? [:], captured: captured ?? [:], isEnabled: reader.isEnabled, path: node.path.text)
  }

  /// An object, or the text of a form.
  private static func record(_ node: Node) -> [UInt8]? {
    switch node.json {
    case .object: return node.json.bytes
    case .string(let text): return Array(text.utf8)
    default:
      node.expected("an object, or a form as text")
      return nil
    }
  }

  private static func name(_ node: Node, _ what: String, _ known: [String]) -> String? {
    guard let name = node.json.string else {
      node.expected("the name of a \(what)")
      return nil
    }
    guard known.contains(name) else {
      node.problem("unknown \(what) \(node.json.shown)\(NearestName.hint(for: name, among: known))")
      return nil
    }
    return name
  }

  private static func names(_ node: Node, _ what: String, _ known: [String]) -> [String] {
    (node.elements("a list of \(what)s") ?? []).compactMap { name($0, what, known) }
  }

  private static func values(_ node: Node, _ what: String, _ known: [String]) -> [String: JSON] {
    guard let object = node.json.object else {
      node.expected("an object of destinations and \(what)")
      return [:]
    }
    for member in object.members where !known.contains(member.key) {
      node.loading.findings.problem(
        node.path.key(member.key), "unknown destination\(NearestName.hint(for: member.key, among: known))")
    }
    return Dictionary(object.members.map { ($0.key, $0.value) }) { _, last in last }
  }
}
