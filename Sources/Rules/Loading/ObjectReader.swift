import RelayCore

/// An object of the rule file whose keys are known: notes unknown ones, and reads `enabled` and `note`, which go on any.
struct ObjectReader {
  let node: Node
  /// False where `"enabled": false` stands.
  let isEnabled: Bool
  let note: String?
  private let object: JSONObject

  /// nil, with a problem, where the value is no object. `showsFound` false where a secret may stand there by mistake.
  init?(_ node: Node, keys: [String], what: String = "an object", showsFound: Bool = true) {
    guard let object = node.json.object else {
      node.expected(what, showsFound: showsFound)
      return nil
    }
    self.node = node
    self.object = object
    let known = keys + ["enabled", "note"]
    for member in object.members where !known.contains(member.key) {
      node.loading.findings.problem(
        node.path.key(member.key), "unknown key\(NearestName.hint(for: member.key, among: known))")
    }
    let flag = object["enabled"].map { Node(json: $0, path: node.path.key("enabled"), loading: node.loading).flag() }
    isEnabled = (flag ?? true) ?? true
    let text = object["note"].map { Node(json: $0, path: node.path.key("note"), loading: node.loading) }
    if let text, text.json.string == nil { text.expected("a text") }
    note = text?.json.string
  }

  subscript(key: String) -> Node? {
    object[key].map { Node(json: $0, path: node.path.key(key), loading: node.loading) }
  }

  /// Notes a problem at the key's place where it is missing.
  func required(_ key: String, _ sentence: String) -> Node? {
    if let node = self[key] { return node }
    node.loading.findings.problem(node.path.key(key), sentence)
    return nil
  }
}
