import RelayCore

extension Filter {
  typealias Clause = RuleExplanation.Clause

  /// What the filter asks for, clause by clause in the order written, and what the record has there. All clauses hold where
  /// the filter matches, and one at least does not where it does not match.
  func clauses(_ value: RecordValue?, at path: String, of record: Record) -> [Clause] {
    switch self {
    case .all(let filters):
      let clauses = filters.flatMap { $0.clauses(value, at: path, of: record) }
      return clauses.isEmpty ? [clause(value, at: path, of: record)] : clauses
    case .members(let members) where value?.isObject == true && !members.isEmpty:
      return members.flatMap { member in
        let inner = value?.part(member.step, of: record)
        return member.filter.clauses(inner, at: Self.path(path, member.step.name), of: record)
      }
    case .any(let filters): return [alternatives(filters, value, at: path, of: record)]
    case .not(let filter): return [negation(of: filter, value, at: path, of: record)]
    default: return [clause(value, at: path, of: record)]
    }
  }

  private func clause(_ value: RecordValue?, at path: String, of record: Record) -> Clause {
    var found = Self.found(value, of: record)
    if case .time(let filter) = self, let instant = value?.instant { found += " (\(filter.clockShows(instant)))" }
    return Clause(path: Self.place(path), expected: words, found: found, holds: matches(value, of: record))
  }

  /// Of each alternative the first clause that does not hold, or the first that does; what speaks of the same value is said
  /// once.
  private func alternatives(
    _ filters: [Filter], _ value: RecordValue?, at path: String, of record: Record
  ) -> Clause {
    let clauses = filters.compactMap { filter in
      let clauses = filter.clauses(value, at: path, of: record)
      return clauses.first { !$0.holds } ?? clauses.first
    }
    let holds = matches(value, of: record)
    guard let first = clauses.first else {
      return Clause(
        path: Self.place(path), expected: "one of an empty list of filters", found: Self.found(value, of: record),
        holds: holds)
    }
    if clauses.allSatisfy({ $0.path == first.path }) {
      let expected = clauses.map(\.expected).joined(separator: " or ")
      return Clause(path: first.path, expected: expected, found: first.found, holds: holds)
    }
    return Clause(
      path: Self.place(path), expected: clauses.map { "\($0.path) \($0.expected)" }.joined(separator: " or "),
      found: clauses.map { "\($0.path) \($0.found)" }.joined(separator: ", "), holds: holds)
  }

  private func negation(
    of filter: Filter, _ value: RecordValue?, at path: String, of record: Record
  ) -> Clause {
    let clauses = filter.clauses(value, at: path, of: record)
    let holds = matches(value, of: record)
    guard clauses.count != 1 else {
      let only = clauses[0]
      return Clause(path: only.path, expected: "not (\(only.expected))", found: only.found, holds: holds)
    }
    return Clause(
      path: Self.place(path),
      expected: "not (\(clauses.map { "\($0.path) \($0.expected)" }.joined(separator: " and ")))",
      found: clauses.map { "\($0.path) \($0.found)" }.joined(separator: ", "), holds: holds)
  }

  /// What the filter asks for.
  var words: String {
    switch self {
    case .equals(let value): value.text
    case .comparison(let comparison, let operand): "\(comparison.rawValue) \(operand.text)"
    case .pattern(let pattern): "$regex \(JSON.string(pattern.text).text)"
    case .sameLetters(let text): "$ieq \(JSON.string(text.written).text)"
    case .number(let filter): "as a number \(filter.words)"
    case .time(let filter): "$time \(filter.written.text)"
    case .phone(let filter): "$phone \(filter.written.text)"
    case .exists(let flag): flag ? "any value" : "no such key"
    case .members(let members):
      members.isEmpty
        ? "an object"
        : "an object with \(members.map { "\($0.step.name) \($0.filter.words)" }.joined(separator: " and "))"
    case .holds(let filters):
      filters.isEmpty ? "a list" : "a list that holds \(filters.map(\.words).joined(separator: " and "))"
    case .all(let filters): filters.isEmpty ? "anything" : filters.map(\.words).joined(separator: " and ")
    case .any(let filters): filters.map(\.words).joined(separator: " or ")
    case .not(let filter): "not (\(filter.words))"
    }
  }

  private static func path(_ path: String, _ key: String) -> String {
    RulePath(text: path).key(key).text
  }

  private static func place(_ path: String) -> String {
    path.isEmpty ? "record" : path
  }

  /// At most 80 characters.
  private static func found(_ value: RecordValue?, of record: Record) -> String {
    guard let value else { return "missing" }
    if case .record = value { return "the record" }
    let text = value.json(of: record).text
    return text.count <= 80 ? text : text.prefix(79) + "…"
  }
}
