/// A JSON value (RFC 8259). Integers stay exact; a number that is no 64-bit integer keeps its text.
package enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSON])
  case object(JSONObject)

  package static func integer(_ value: Int64) -> JSON {
    .number(.integer(value))
  }

  /// The value of this key of an object; nil where this is no object or has no such key.
  package subscript(key: String) -> JSON? {
    if case .object(let object) = self { object[key] } else { nil }
  }

  package var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  package var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  package var number: JSONNumber? {
    if case .number(let value) = self { value } else { nil }
  }

  /// The number where it is a 64-bit integer, however it is written (`1`, `1.0`, `1e0`).
  package var integer: Int64? {
    number?.integer
  }

  package var array: [JSON]? {
    if case .array(let value) = self { value } else { nil }
  }

  package var object: JSONObject? {
    if case .object(let value) = self { value } else { nil }
  }

  package var kind: JSONKind {
    switch self {
    case .null: .null
    case .bool: .bool
    case .number: .number
    case .string: .string
    case .array: .array
    case .object: .object
    }
  }

  package var kindInWords: String { kind.words }
}
