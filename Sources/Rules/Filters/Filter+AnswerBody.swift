import RelayCore

// What a filter over an answer asks of its body.

extension Filter {
  var looksAtAnswerBody: Bool {
    switch self {
    case .members(let members): members.contains(where: \.isAnswerBody)
    case .all(let filters), .any(let filters): filters.contains(where: \.looksAtAnswerBody)
    case .not(let filter): filter.looksAtAnswerBody
    case .exists: false
    // Of the answer as a whole.
    case .equals, .holds, .comparison, .pattern, .sameLetters, .number, .time, .phone: true
    }
  }

  /// See `AnswerRule`. Below `$not` whatever hinges there: what it would say of a body that could be read is not known.
  func hingesOnJSONBody(of answer: JSON) -> Bool {
    switch self {
    case .members(let members):
      members.contains { $0.isAnswerBody && $0.filter.asksForJSON }
        && members.allSatisfy {
          $0.isAnswerBody && $0.filter.asksForJSON
            || $0.filter.matches(RecordValue.json(answer).part($0.step, of: nil), of: nil)
        }
    case .all(let filters):
      filters.contains { $0.hingesOnJSONBody(of: answer) }
        && filters.allSatisfy { $0.hingesOnJSONBody(of: answer) || $0.matches(.json(answer), of: nil) }
    case .any(let filters): filters.contains { $0.hingesOnJSONBody(of: answer) }
    case .not(let filter): filter.hingesOnJSONBody(of: answer)
    case .exists, .equals, .holds, .comparison, .pattern, .sameLetters, .number, .time, .phone: false
    }
  }

  /// Whether a text can't be what is asked for: keys, elements, numbers.
  private var asksForJSON: Bool {
    switch self {
    case .members, .holds: true
    case .equals(let value): value.string == nil
    case .comparison(_, let operand): operand.string == nil && !(operand.array ?? []).contains { $0.string != nil }
    case .pattern, .sameLetters, .number, .time, .phone, .exists: false
    case .all(let filters), .any(let filters): filters.contains(where: \.asksForJSON)
    case .not(let filter): filter.asksForJSON
    }
  }
}

extension Filter.Member {
  fileprivate var isAnswerBody: Bool { step.name == "body" }
}
