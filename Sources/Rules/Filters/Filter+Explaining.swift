import RelayCore

extension Filter {
  typealias FailedClause = RuleExplanation.FailedClause

  /// The first clause that does not hold; nil where the filter matches.
  func failure(_ value: RecordValue?, at path: String, of record: Record) -> FailedClause? {
    if matches(value, of: record) { return nil }
    switch self {
    case .all(let filters):
      return filters.lazy.compactMap { $0.failure(value, at: path, of: record) }.first
    case .any(let filters):
      return Self.failure(ofAll: filters, value, at: path, of: record)
    case .members(let members) where value?.isObject == true:
      return members.lazy.compactMap { member in
        let inner = value?.part(member.step, of: record)
        return member.filter.failure(inner, at: Self.path(path, member.step.name), of: record)
      }.first
    default:
      return FailedClause(
        path: path.isEmpty ? "record" : path, expected: words, found: Self.found(value, of: record))
    }
  }

  /// None of the alternatives held: all of them are named, once each where they speak of the same value.
  private static func failure(
    ofAll filters: [Filter], _ value: RecordValue?, at path: String, of record: Record
  ) -> FailedClause {
    let clauses = filters.compactMap { $0.failure(value, at: path, of: record) }
    let place = path.isEmpty ? "record" : path
    guard let first = clauses.first else {
      return FailedClause(path: place, expected: "one of an empty list of filters", found: found(value, of: record))
    }
    if clauses.allSatisfy({ $0.path == first.path }) {
      let expected = clauses.map(\.expected).joined(separator: " or ")
      return FailedClause(path: first.path, expected: expected, found: first.found)
    }
    return FailedClause(
      path: place, expected: clauses.map { "\($0.path) \($0.expected)" }.joined(separator: " or "),
      found: clauses.map { "\($0.path) \($0.found)" }.joined(separator: ", "))
  }

  /// What the filter asks for.
  var words: String {
    switch self {
    case .equals(let value): value.text
    case .comparison(let comparison, let operand): "\(comparison.rawValue) \(operand.text)"
    case .pattern(let pattern): "$regex \(JSON.string(pattern.text).text)"
    case .exists(let flag): flag ? "any value" : "no such key"
    case .members(let members):
      members.isEmpty
        ? "an object"
        : "an object with \(members.map { "\($0.step.name) \($0.filter.words)" }.joined(separator: " and "))"
    case .holds(let filters): "a list that holds \(filters.map(\.words).joined(separator: " and "))"
    case .all(let filters): filters.map(\.words).joined(separator: " and ")
    case .any(let filters): filters.map(\.words).joined(separator: " or ")
    case .not(let filter): "not (\(filter.words))"
    }
  }

  private static func path(_ path: String, _ key: String) -> String {
    RulePath(text: path).key(key).text
  }

  /// At most 80 characters.
  private static func found(_ value: RecordValue?, of record: Record) -> String {
    guard let value else { return "missing" }
    if case .record = value { return "the record" }
    let text = value.json(of: record).text
    return text.count <= 80 ? text : text.prefix(79) + "…"
  }
}
