import RelayCore

/// Where in a destination's JSON answer a value stands: `results.0.id`, `data[0]["odd key"]`.
package struct AnswerPath: Sendable, Equatable {
  private let steps: [ValuePath.Step]

  /// nil after a problem.
  init?(reading node: Node) {
    guard let text = node.json.string else {
      node.expected("a path into the answer such as \"results.0.id\"")
      return nil
    }
    do throws(ValuePath.Malformed) {
      steps = try ValuePath.steps(text[...])
    } catch {
      node.expected("a path into the answer such as \"results.0.id\"")
      return nil
    }
  }

  /// nil where the answer is no JSON, where nothing stands there, and where that is null or empty.
  package func value(in body: [UInt8]) -> JSON? {
    guard let json = try? JSONParser.parse(body), let value = JSONView(json).value(at: steps)?.json, !value.isNothing
    else { return nil }
    return value
  }
}
