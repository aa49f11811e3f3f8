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
      case .instant(let instant): .string(instant.rfc3339) == expected
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
    case .sameLetters(let folded):
      guard let text = value?.text else { return false }
      return folded.matches(text)
    case .number(let filter):
      guard let number = value?.number else { return false }
      return filter.matches(.json(.number(number)), of: record)
    case .time(let filter):
      guard let instant = value?.instant else { return false }
      return filter.matches(instant)
    case .phone(let filter):
      guard let text = value?.digitsText else { return false }
      return filter.matches(text)
    }
  }

  static func equals(_ value: JSON, _ expected: JSON) -> Bool {
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
