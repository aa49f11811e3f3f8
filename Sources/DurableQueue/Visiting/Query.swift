import RelayCore
import SQLite

/// SQL and the values of its parameters, put together piece by piece. Values never become part of the SQL.
struct Query {
  enum Value {
    case integer(Int64)
    case text(String)
    case bytes([UInt8])
    case null
  }

  private(set) var sql: String
  private(set) var values: [Value]

  init(_ sql: String, _ values: [Value] = []) {
    self.sql = sql
    self.values = values
  }

  static func + (left: Query, right: Query) -> Query {
    Query("\(left.sql) \(right.sql)", left.values + right.values)
  }

  func bind(to statement: Statement) {
    for (index, value) in values.enumerated() {
      let position = Int32(index + 1)
      switch value {
      case .integer(let number): statement.bind(position, number)
      case .text(let text): statement.bind(position, text)
      case .bytes(let bytes): statement.bind(position, bytes)
      case .null: statement.bind(position, Int64?.none)
      }
    }
  }
}

extension Query.Value {
  static func instant(_ instant: Instant) -> Query.Value { .integer(instant.milliseconds) }
  static func id(_ id: Identifier) -> Query.Value { .integer(id.number) }
  static func text(_ text: String?) -> Query.Value { text.map { .text($0) } ?? .null }
}

/// Terms joined by AND.
struct Condition {
  private var terms: [Query] = []

  mutating func add(_ sql: String, _ values: Query.Value...) {
    terms.append(Query(sql, values))
  }

  /// `column` is one of these; without values nothing is asked.
  mutating func add(_ column: String, isIn words: [String]) {
    guard !words.isEmpty else { return }
    let marks = words.map { _ in "?" }.joined(separator: ", ")
    terms.append(Query("\(column) IN (\(marks))", words.map { .text($0) }))
  }

  /// One of these terms holds.
  mutating func add(anyOf alternatives: [Query]) {
    guard !alternatives.isEmpty else { return }
    let sql = alternatives.map { "(\($0.sql))" }.joined(separator: " OR ")
    terms.append(Query("(\(sql))", alternatives.flatMap(\.values)))
  }

  /// `WHERE …`, or nothing.
  var clause: Query {
    guard !terms.isEmpty else { return Query("") }
    return Query("WHERE " + terms.map(\.sql).joined(separator: " AND "), terms.flatMap(\.values))
  }
}
