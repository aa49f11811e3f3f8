import RelayCore

/// One of the rule file's `tables`: what stands for what, for the filter `map`.
struct Table: Sendable, Equatable {
  let name: String
  private let values: [String: JSON]

  /// nil where none is named.
  subscript(key: String) -> JSON? { values[key] }

  init?(reading node: Node, name: String) {
    guard let object = node.json.object else {
      node.expected("an object of texts and what stands for them")
      return nil
    }
    self.name = name
    values = Dictionary(object.members.map { ($0.key, $0.value) }) { _, last in last }
  }
}
