import RelayCore

/// A destination's `capture`: a value of the answer to a delivery, such as the CRM's id of the call, which is kept with the
/// call, and how the next record of the same call updates what the first one made.
package struct Capture: Sendable, Equatable {
  package let value: AnswerPath
  let update: RequestTemplate

  /// Bytes of JSON; a longer value is no id and is not kept.
  package static let longestValue = 1024

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
  static let updateKeys = RequestTemplate.keys + ["leave_out"]

  /// nil after a problem that leaves no usable one, and where it is switched off.
  /// - Parameter first: the destination's own request, which counts for what `update` does not name.
  init?(reading node: Node, like first: RequestTemplate?, hasLookup: Bool, privacy: RequestTemplate.Privacy) {
    guard let reader = ObjectReader(node, keys: Self.keys) else { return nil }
    let value = reader.required("value", "missing; expected a path into the answer such as \"id\"")
      .flatMap(AnswerPath.init)
    let place = reader.required("update", "missing; expected an object with the url of what the first delivery made")
    node.loading.offers = Loading.Offers(lookup: hasLookup, captured: true)
    guard let place, let inner = ObjectReader(place, keys: Self.updateKeys),
      let update = RequestTemplate(inner, method: .patch, like: Self.shortened(first, inner), privacy: privacy)
    else { return nil }
    if !update.placeholders.contains(where: { $0.path == .captured }) {
      place.warning("makes no use of {{captured}}, so that nothing says what is to be updated")
    }
    guard let value, reader.isEnabled, inner.isEnabled else { return nil }
    self.init(value: value, update: update)
  }

  /// The destination's own request, without what `leave_out` names of its body: what can be said only once.
  private static func shortened(_ first: RequestTemplate?, _ update: ObjectReader) -> RequestTemplate? {
    guard let list = update["leave_out"] else { return first }
    if update["body"] != nil { list.problem("is about the destination's body, and update has its own") }
    var request = first
    for node in list.elements("a list of paths into the body such as \"properties.owner\"") ?? [] {
      guard let text = node.json.string, let steps = try? ValuePath.steps(text[...]) else {
        node.expected("a path into the body such as \"properties.owner\"")
        continue
      }
      guard let body = request?.body else { continue }
      request?.body = body.without(steps[...])
      if request?.body == nil {
        node.warning("nothing stands there in the destination's body")
        request?.body = body
      }
    }
    return request
  }

  func adding(_ header: RequestTemplate.Header?) -> Capture {
    Capture(value: value, update: update.adding(header))
  }
}
