import RelayCore

/// A destination's `capture`: a value of the answer to a delivery, such as the CRM's id of the call, which is kept with the
/// call, and how the next record of the same call updates what the first one made.
package struct Capture: Sendable, Equatable {
  package let value: AnswerPath
  let update: RequestTemplate

  /// Bytes of JSON; a longer value is no id and is not kept.
  package static let longestValue = 1024

  /// Seen by a person: secrets hidden, placeholders as written.
  package var shownUpdateURL: String { update.url.shown }

  /// What an answer gives: a text or a number; nil where it holds none.
  package func value(of answer: JSON) -> JSON? {
    guard let value = value.value(in: answer), value.string != nil || value.number != nil,
      value.text.utf8.count <= Self.longestValue
    else { return nil }
    return value
  }
}

extension Capture {
  static let keys = ["value", "update"]

  /// nil after a problem that leaves no usable one, and where it is switched off.
  /// - Parameter first: the destination's own request, which counts for what `update` does not name.
  init?(reading node: Node, like first: RequestTemplate?, hasLookup: Bool, privacy: RequestTemplate.Privacy) {
    guard let reader = ObjectReader(node, keys: Self.keys) else { return nil }
    let value = reader.required("value", "missing; expected a path into the answer such as \"id\"")
      .flatMap(AnswerPath.init)
    let place = reader.required("update", "missing; expected an object with the url of what the first delivery made")
    node.loading.offers = Loading.Offers(lookup: hasLookup, captured: true)
    guard let place, let inner = ObjectReader(place, keys: RequestTemplate.keys),
      let update = RequestTemplate(inner, method: .patch, like: first, privacy: privacy)
    else { return nil }
    if !update.placeholders.contains(where: { $0.path == .captured }) {
      place.warning("makes no use of {{captured}}, so that nothing says what is to be updated")
    }
    guard let value, reader.isEnabled, inner.isEnabled else { return nil }
    self.init(value: value, update: update)
  }

  func adding(_ header: RequestTemplate.Header?) -> Capture {
    Capture(value: value, update: update.adding(header))
  }
}
