/// Which call that a client placed through the relay a record is of.
package struct CallMark: Sendable, Hashable {
  /// Of the row in `call_request`.
  package let id: Identifier
  package let client: String

  package init(id: Identifier, client: String) {
    self.id = id
    self.client = client
  }
}

extension CallMark {
  /// The key under which it travels in `extra_params`, and comes back in the records of the call.
  package static let key = "cdrelay_call"

  /// `id.client`: a client's name has no dot.
  package var text: String { "\(id).\(client)" }

  /// nil for anything else.
  package init?(_ text: String) {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let id = Identifier(parts[0]), (1...64).contains(parts[1].utf8.count) else { return nil }
    self.init(id: id, client: String(parts[1]))
  }

  /// What rules and templates write behind `call.request.`.
  package static let fields = ["id", "client"]

  package var json: JSON {
    .object(["id": .string(id.description), "client": .string(client)])
  }
}
