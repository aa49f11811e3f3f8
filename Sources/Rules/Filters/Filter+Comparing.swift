import RelayCore

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
    var text = text
    var part = part
    return text.withUTF8 { text in
      part.withUTF8 { part in
        guard let first = part.first else { return true }
        guard text.count >= part.count else { return false }
        for start in 0...(text.count - part.count) where text[start] == first {
          if text[start..<start + part.count].elementsEqual(part) { return true }
        }
        return false
      }
    }
  }
}
