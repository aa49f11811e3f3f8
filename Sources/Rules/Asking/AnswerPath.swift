import RelayCore

/// Where in a destination's JSON answer a value stands: `results.0.id`, `data[0]["odd key"]`.
package struct AnswerPath: Sendable, Equatable {
  private let steps: [ValuePath.Step]
  /// As written.
  package let text: String

  /// nil after a problem.
  init?(reading node: Node) {
    guard let text = node.json.string else {
      node.expected("a path into the answer such as \"results.0.id\"")
      return nil
    }
    self.text = text
    do throws(ValuePath.Malformed) {
      steps = try ValuePath.steps(text[...])
    } catch {
      node.expected("a path into the answer such as \"results.0.id\"")
      return nil
    }
  }

  /// nil where nothing stands there, and where that is null or empty.
  package func value(in answer: JSON) -> JSON? {
    JSONView(answer).value(at: steps)?.json.presence
  }
}
