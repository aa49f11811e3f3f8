import RelayCore

extension Filter {
  func matches(_ record: Record) -> Bool {
    matches(.record, of: record)
  }

  /// nil is a missing key.
  func matches(_ value: RecordValue?, of record: Record?) -> Bool {
    switch self {
    case .all(let filters):
      for filter in filters where !filter.matches(value, of: record) { return false }
      return true
    case .any(let filters):
      for filter in filters where filter.matches(value, of: record) { return true }
      return false
    case .not(let filter):
      return !filter.matches(value, of: record)
    case .exists(let flag):
      return (value != nil) == flag
    case .equals(let expected):
      return switch value {
      case .json(let value): Self.equals(value, expected)
      case .view(let view): Self.equals(view, expected)
      case .record, .call, .headers, .query, nil: false
      }
    case .members(let members):
      guard let value else { return false }
      return Self.hold(members, in: value, of: record)
    case .holds(let filters):
      guard let elements = value?.elements else { return false }
      return filters.allSatisfy { filter in elements.contains { filter.matches($0, of: record) } }
    case .comparison(let comparison, let operand):
      guard let value else { return false }
      return comparison.holds(value.json(of: record), operand)
    case .pattern(let pattern):
      guard let text = value?.text else { return false }
      return pattern.matches(text)
    }
  }

  private static func equals(_ value: JSON, _ expected: JSON) -> Bool {
    if case .array(let elements) = value { return elements.contains { equals($0, expected) } }
    return value == expected
  }

  private static func equals(_ view: JSONView, _ expected: JSON) -> Bool {
    if view.kind == .array { return view.elements.contains { equals($0, expected) } }
    return view == expected
  }

  private static func hold(_ members: [Member], in value: RecordValue, of record: Record?) -> Bool {
    if let elements = value.elements { return elements.contains { hold(members, in: $0, of: record) } }
    guard value.isObject else { return false }
    for member in members where !member.filter.matches(value.part(member.step, of: record), of: record) {
      return false
    }
    return true
  }
}

extension RecordValue {
  /// nil where it is missing, and where a part of a record is asked for and there is none. A step that does not belong to this part leads nowhere; the compiler makes none.
  func part(_ step: FilterStep, of record: Record?) -> RecordValue? {
    if case .key(let key) = step {
      return switch self {
      case .view(let view): view[key].map(RecordValue.view)
      case .json(let value): value[key.text].map(RecordValue.json)
      case .record, .call, .headers, .query: nil
      }
    }
    return record.flatMap { Self.part(step, of: $0) }
  }

  private static func part(_ step: FilterStep, of record: Record) -> RecordValue? {
    switch step {
    case .source: .json(.string(record.source))
    case .provider: .json(.string(record.provider.rawValue))
    case .kind: .json(.string(record.kind.rawValue))
    case .call: .call
    case .body: .view(record.body)
    case .field(.custom): record.reading.look { $0.custom }.map(RecordValue.view)
    case .field(.extra): record.reading.look { $0.extra }.map(RecordValue.view)
    case .headers: .headers
    case .query: .query
    case .field(let field): record.reading.look { $0[field] }.map(RecordValue.json)
    case .header(let name): Self.header(name, of: record).map(RecordValue.json)
    case .queryField(let name): record.query[name].map { .json(.string($0)) }
    case .key: nil
    }
  }

  var isObject: Bool {
    switch self {
    case .record, .call, .headers, .query: true
    case .json(let value): value.object != nil
    case .view(let view): view.kind == .object
    }
  }

  /// nil for anything but a list.
  fileprivate var elements: [RecordValue]? {
    switch self {
    case .json(.array(let elements)): elements.map(RecordValue.json)
    case .view(let view): view.kind == .array ? view.elements.map(RecordValue.view) : nil
    case .json, .record, .call, .headers, .query: nil
    }
  }

  /// nil for anything but a string.
  fileprivate var text: String? {
    switch self {
    case .json(let value): value.string
    case .view(let view): view.string
    case .record, .call, .headers, .query: nil
    }
  }
}

extension FilterOperator.Comparison {
  /// Values of unlike types are neither less nor greater, hold nothing and begin with nothing. What is present is not equal
  /// to what is of another type.
  func holds(_ value: JSON, _ operand: JSON) -> Bool {
    switch self {
    case .equal: value == operand
    case .notEqual: value != operand
    case .greater: Self.isLess(operand, value) == true
    case .greaterOrEqual: Self.isLess(value, operand) == false
    case .less: Self.isLess(value, operand) == true
    case .lessOrEqual: Self.isLess(operand, value) == false
    case .among: Self.isAmong(value, operand) == true
    case .notAmong: Self.isAmong(value, operand) == false
    case .startsWith: Self.texts(value, operand).map { $0.utf8.starts(with: $1.utf8) } ?? false
    case .endsWith: Self.texts(value, operand).map { $0.utf8.reversed().starts(with: $1.utf8.reversed()) } ?? false
    }
  }

  /// Numbers by value, texts by their characters' code points; nil for anything else.
  private static func isLess(_ left: JSON, _ right: JSON) -> Bool? {
    switch (left, right) {
    case (.number(let left), .number(let right)): left < right
    case (.string(let left), .string(let right)): left < right
    default: nil
    }
  }

  private static func texts(_ left: JSON, _ right: JSON) -> (String, String)? {
    if case .string(let left) = left, case .string(let right) = right { (left, right) } else { nil }
  }

  /// A list as operand asks whether the value, or an element of it, is in the list. Anything else asks whether it is an
  /// element of the value, or, text in text, a part of it; nil where the two can't be compared so.
  private static func isAmong(_ value: JSON, _ operand: JSON) -> Bool? {
    switch (value, operand) {
    case (.array(let elements), .array(let choices)):
      elements.contains(where: choices.contains) || choices.contains(value)
    case (_, .array(let choices)): choices.contains(value)
    case (.array(let elements), _): elements.contains(operand)
    case (.string(let text), .string(let part)): contains(text, part)
    default: nil
    }
  }

  private static func contains(_ text: String, _ part: String) -> Bool {
    let text = Array(text.utf8)
    let part = Array(part.utf8)
    guard let first = part.first else { return true }
    guard text.count >= part.count else { return false }
    for start in 0...(text.count - part.count) where text[start] == first {
      if text[start..<start + part.count].elementsEqual(part) { return true }
    }
    return false
  }
}
