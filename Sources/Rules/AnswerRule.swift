import RelayCore

/// What an answer of a destination means where its status alone does not say: an error inside a 200, a quota behind a 403.
/// Of a destination's `answers` the first that matches counts.
package struct AnswerRule: Sendable, Equatable {
  package enum Meaning: Sendable, Equatable {
    case delivered, retry, dead
    /// As with refused credentials: the destination is held and tried from time to time.
    case hold
    /// Nothing is sent to the destination for so long.
    case wait(Wait)
  }

  package let meaning: Meaning
  /// What a person reads as the reason.
  package let words: String
  let when: Filter

  /// - Parameter answer: `{ "status": …, "headers": { … }, "body": … }`.
  package func matches(_ answer: JSON) -> Bool {
    when.matches(.json(answer), of: nil)
  }

  /// Whether anything but status and headers counts.
  package var looksAtBody: Bool { when.looksAtAnswerBody }

  /// Whether all else that it asks of this answer holds, and what is left asks for JSON in the body. Of an answer whose body
  /// is none.
  package func hingesOnJSONBody(of answer: JSON) -> Bool {
    when.hingesOnJSONBody(of: answer)
  }
}

extension AnswerRule {
  static let keys = ["when", "then", "wait_seconds", "wait_until", "time_zone"]

  enum Word: String, CaseIterable {
    case delivered, retry, dead, hold, wait
  }

  /// nil after a problem that leaves no usable one, or where it is not enabled.
  init?(reading node: Node) {
    guard let reader = ObjectReader(node, keys: Self.keys) else { return nil }
    let what = "missing; expected a filter such as {\"status\": 200, \"body\": {\"code\": 502}}"
    let when = reader.required("when", what).flatMap {
      FilterCompiler(loading: node.loading, names: KnownNames(sources: [], destinations: [])).compile(answer: $0)
    }
    let then = reader.required("then", "missing; expected delivered, retry, dead, hold or wait")?.word(Word.self)
    let wait = Wait(reading: reader, isAsked: then == .wait)
    guard let when, let then, reader.isEnabled else { return nil }
    let meaning: Meaning
    switch then {
    case .delivered: meaning = .delivered
    case .retry: meaning = .retry
    case .dead: meaning = .dead
    case .hold: meaning = .hold
    case .wait:
      guard let wait else { return nil }
      meaning = .wait(wait)
    }
    self.init(meaning: meaning, words: reader.note ?? "\(then.rawValue) by \(node.path.text)", when: when)
  }

  static func list(_ node: Node) -> [AnswerRule] {
    guard let nodes = node.elements("a list of objects with when and then") else { return [] }
    return nodes.compactMap(AnswerRule.init)
  }
}
