import RelayCore

/// A step that a placeholder's value goes through, from left to right. Missing and null are the same to all of them.
enum TemplateFilter: Sendable, Equatable {
  /// Makes a missing value an error.
  case required
  /// Stands in for a missing value.
  case fallback(JSON)
  /// Scalars as text; lists and objects as their JSON.
  case string
  /// Text that is a number as a number; what is none becomes missing.
  case number
  /// The value's JSON as text.
  case json

  static let names = ["required", "default", "string", "number", "json"]

  /// `argument` as written behind the colon; nil without one.
  init(name: String, argument: String?) throws(ValuePath.Malformed) {
    switch name {
    case "default":
      guard let argument else {
        throw ValuePath.Malformed(message: "filter default needs a value, as in {{call.agent | default: nobody}}")
      }
      self = .fallback((try? JSONParser.parse(argument)) ?? .string(argument))
      return
    case "required": self = .required
    case "string": self = .string
    case "number": self = .number
    case "json": self = .json
    default:
      throw ValuePath.Malformed(message: "unknown filter \(name)\(NearestName.hint(for: name, among: Self.names))")
    }
    guard argument == nil else { throw ValuePath.Malformed(message: "filter \(name) takes no value") }
  }

  struct MissingValue: Error {}

  /// nil is missing.
  func apply(_ value: JSON?) throws(MissingValue) -> JSON? {
    let present = value == .null ? nil : value
    switch self {
    case .required:
      guard let present else { throw MissingValue() }
      return present
    case .fallback(let fallback): return present ?? fallback
    case .string: return present.map { .string($0.plainText) }
    case .number: return present.flatMap(Self.number)
    case .json: return present.map { .string($0.text) }
    }
  }

  private static func number(_ value: JSON) -> JSON? {
    if case .number = value { return value }
    guard let text = value.string, let parsed = try? JSONParser.parse(text), case .number = parsed else { return nil }
    return parsed
  }
}

extension JSON {
  /// The value inside a text: text as it is, null as nothing, lists and objects as their JSON.
  var plainText: String {
    switch self {
    case .null: ""
    case .string(let text): text
    default: text
    }
  }
}
