import RelayCore

/// What one rule says of one record, and why.
package struct RuleExplanation: Sendable, Equatable, CustomStringConvertible {
  package enum Outcome: Sendable, Equatable {
    case matched
    /// The first clause that did not hold.
    case failed(Clause)
    case disabled
    /// A rule before it matched and said stop.
    case notReached(stoppedBy: String)
  }

  package struct Clause: Sendable, Equatable {
    /// As a template would write it: `body.custom.crm`.
    package let path: String
    package let expected: String
    /// The value as JSON, or `missing`; of a moment that `$time` looks at what clocks of its zone show too.
    package let found: String
    package let holds: Bool
  }

  package let rule: String
  package let outcome: Outcome
  /// What the rule asks for, in the order written; empty where it was not asked, and for one without `when`.
  package let clauses: [Clause]

  /// `crm calls: body.custom.crm: expected "true", found missing`
  package var description: String {
    switch outcome {
    case .matched: "\(rule): matched"
    case .failed(let clause): "\(rule): \(clause.path): expected \(clause.expected), found \(clause.found)"
    case .disabled: "\(rule): disabled"
    case .notReached(let name): "\(rule): not reached, since \(name) said stop"
    }
  }

  /// A line for each clause, where there is more to say than the description does: `yes  call.role: expected "call", found "call"`.
  package var lines: [String] {
    if case .failed = outcome, clauses.count == 1 { return [] }
    return clauses.map { clause in
      "\(clause.holds ? "yes" : "no ")  \(clause.path): expected \(clause.expected), found \(clause.found)"
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
    object["clauses"] = .array(
      clauses.map {
        .object([
          "path": .string($0.path), "expected": .string($0.expected), "found": .string($0.found),
          "holds": .bool($0.holds),
        ])
      })
    return .object(object)
  }
}

extension RuleFile {
  /// One for each rule, in file order.
  package func explain(_ record: Record) -> [RuleExplanation] {
    var stoppedBy: String?
    return rules.map { rule in
      if !rule.isEnabled { return RuleExplanation(rule: rule.name, outcome: .disabled, clauses: []) }
      if let stoppedBy {
        return RuleExplanation(rule: rule.name, outcome: .notReached(stoppedBy: stoppedBy), clauses: [])
      }
      let clauses = rule.when?.clauses(.record, at: "", of: record) ?? []
      if let failed = clauses.first(where: { !$0.holds }) {
        return RuleExplanation(rule: rule.name, outcome: .failed(failed), clauses: clauses)
      }
      if rule.stops { stoppedBy = rule.name }
      return RuleExplanation(rule: rule.name, outcome: .matched, clauses: clauses)
    }
  }
}
