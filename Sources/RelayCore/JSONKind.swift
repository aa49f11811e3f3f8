/// What a JSON value is (RFC 8259 §3).
package enum JSONKind: Sendable {
  case null, bool, number, string, object, array

  /// As an error message calls it: "a number", "an object".
  var words: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .array: "a list"
    case .object: "an object"
    }
  }
}
