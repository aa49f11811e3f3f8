import RelayCore

/// What one rule says of one record, and why.
package struct RuleExplanation: Sendable, Equatable, CustomStringConvertible {
  package enum Outcome: Sendable, Equatable {
    case matched
    /// The first clause that did not hold.
    case failed(FailedClause)
    case disabled
    /// A rule before it matched and said stop.
    case notReached(stoppedBy: String)
  }

  package struct FailedClause: Sendable, Equatable {
    /// As a template would write it: `body.custom.crm`.
    package let path: String
    package let expected: String
    /// The value as JSON, or `missing`.
    package let found: String
  }

  package let rule: String
  package let outcome: Outcome

  /// `crm calls: body.custom.crm: expected "true", found missing`
  package var description: String {
    switch outcome {
    case .matched: "\(rule): matched"
    case .failed(let clause): "\(rule): \(clause.path): expected \(clause.expected), found \(clause.found)"
    case .disabled: "\(rule): disabled"
    case .notReached(let name): "\(rule): not reached, since \(name) said stop"
    }
  }

  package var json: JSON {
    var object: JSONObject = ["rule": .string(rule), "matched": .bool(outcome == .matched)]
    switch outcome {
    case .matched: break
    case .failed(let clause):
      object["path"] = .string(clause.path)
      object["expected"] = .string(clause.expected)
      object["found"] = .string(clause.found)
    case .disabled: object["reason"] = .string("disabled")
    case .notReached(let name): object["reason"] = .string("not reached, since \(name) said stop")
    }
    return .object(object)
  }
}

extension RuleFile {
  /// One for each rule, in file order.
  package func explain(_ record: Record) -> [RuleExplanation] {
    var stoppedBy: String?
    return rules.map { rule in
      if !rule.isEnabled { return RuleExplanation(rule: rule.name, outcome: .disabled) }
      if let stoppedBy { return RuleExplanation(rule: rule.name, outcome: .notReached(stoppedBy: stoppedBy)) }
      if let clause = rule.when?.failure(.record, at: "", of: record) {
        return RuleExplanation(rule: rule.name, outcome: .failed(clause))
      }
      if rule.stops { stoppedBy = rule.name }
      return RuleExplanation(rule: rule.name, outcome: .matched)
    }
  }
}
