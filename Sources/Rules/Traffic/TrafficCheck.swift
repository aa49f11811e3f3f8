import RelayCore

/// Holds rules against the records that came, and finds clauses that none of them met: a text compared with a number, a team
/// that nobody has, a key that is never sent. Pure; fed with the newest records.
package struct TrafficCheck {
  /// As many as are worth a look.
  package static let records = 5000
  /// With fewer nothing is said.
  static let fewestRecords = 20

  private let file: String
  private var rules: [WatchedRule]
  private var known: [Int]

  package init(_ rules: RuleFile) {
    file = rules.path
    self.rules = rules.rules.map(WatchedRule.init)
    known = rules.rules.indices.filter { rules.rules[$0].isEnabled }
  }

  package mutating func add(_ record: Record) {
    for rule in known { rules[rule].add(record) }
  }

  /// In file order.
  package var warnings: [RuleProblem] {
    known.flatMap { index in
      let rule = rules[index]
      guard rule.seen >= Self.fewestRecords else { return [RuleProblem]() }
      let place = RulePath.top.key("rules").index(index).key("when")
      return rule.clauses.compactMap { clause in
        clause.sentence(rule.recordsInWords).map { sentence in
          let path = clause.steps.reduce(place) { $0.key($1.name) }
          return RuleProblem(file: file, path: path.text, message: sentence)
        }
      }
    }
  }
}

/// A rule's clauses that must all hold, and what they met.
private struct WatchedRule {
  /// On source, provider and kind: which records the others speak of.
  let scope: [Filter]
  private let scopeInWords: String
  var clauses: [WatchedClause]
  /// Records within the scope.
  var seen = 0

  init(_ rule: Rule) {
    let all = rule.when?.conjuncts(at: []) ?? []
    let scoping = all.filter { [[.source], [.provider], [.kind]].contains($0.steps) }
    scope = scoping.map(\.whole)
    scopeInWords = scoping.map { "\($0.steps[0].name) \($0.filter.words)" }.joined(separator: " and ")
    clauses = all.filter { clause in !scoping.contains { $0.steps == clause.steps } }
  }

  /// `the last 5,000 records`
  var recordsInWords: String {
    "the last \(NumberWords.grouped(seen)) records" + (scopeInWords.isEmpty ? "" : " with \(scopeInWords)")
  }

  mutating func add(_ record: Record) {
    guard scope.allSatisfy({ $0.matches(record) }) else { return }
    seen += 1
    for index in clauses.indices { clauses[index].add(record) }
  }
}

enum NumberWords {
  /// `5,000`.
  static func grouped(_ number: Int) -> String {
    number < 1000 ? String(number) : "\(grouped(number / 1000)),\(String(1000 + number % 1000).dropFirst())"
  }
}

extension Filter {
  /// What must hold of single values wherever the filter matches. What stands inside `$not`, and alternatives between
  /// several values, are left out: they alone forbid nothing.
  fileprivate func conjuncts(at steps: [FilterStep]) -> [WatchedClause] {
    switch self {
    case .all(let filters): filters.flatMap { $0.conjuncts(at: steps) }
    case .members(let members) where !members.isEmpty:
      members.flatMap { $0.filter.conjuncts(at: steps + [$0.step]) }
    case .not: []
    case .any(let filters): steps.isEmpty || !filters.allSatisfy(\.isOfOneValue) ? [] : [WatchedClause(steps, self)]
    default: steps.isEmpty ? [] : [WatchedClause(steps, self)]
    }
  }

  private var isOfOneValue: Bool {
    switch self {
    case .members, .all, .any, .not: false
    default: true
    }
  }
}
