extension Call {
  /// A JSON Schema (2020-12) of what `json` writes: all fields may be missing, none is null.
  package static var schema: JSONObject {
    let fields = CallField.allCases.map { JSONObject.Member(key: $0.rawValue, value: .object($0.schema)) }
    return [
      "$schema": .string("https://json-schema.org/draft/2020-12/schema"), "title": .string("call"),
      "type": .string("object"), "properties": .object(JSONObject(fields)), "additionalProperties": .bool(false),
    ]
  }
}

extension CallField {
  fileprivate var schema: JSONObject {
    switch self {
    case .leg: Self.words(Call.Leg.self)
    case .role: Self.words(Call.Role.self)
    case .direction: Self.words(Call.Direction.self)
    case .status: Self.words(Call.Status.self)
    case .hangupBy: Self.words(Call.HangupParty.self)
    case .startedAt, .answeredAt, .endedAt: ["type": .string("string"), "format": .string("date-time")]
    case .totalSeconds, .answeredSeconds, .billedSeconds, .waitedSeconds: ["type": .string("integer")]
    case .request:
      [
        "type": .string("object"),
        "properties": .object([
          "id": .object(["type": .string("string")]), "client": .object(["type": .string("string")]),
        ]),
        "additionalProperties": .bool(false),
      ]
    case .custom, .extra: ["type": .array(["object", "string", "number", "boolean", "array"].map(JSON.string))]
    default: ["type": .string("string")]
    }
  }

  private static func words<Word: RawRepresentable & CaseIterable>(_: Word.Type) -> JSONObject
  where Word.RawValue == String {
    ["enum": .array(Word.allCases.map { .string($0.rawValue) })]
  }
}
