import RelayCore

/// A part of a record as rules see it: `{ source, provider, kind, call, body, headers, query }`. The parts that are no JSON
/// yet become it only where a rule asks for the whole of them.
enum RecordValue {
  case record, call, headers, query
  case json(JSON)
  /// A moment of the call; as JSON its RFC 3339 text.
  case instant(Instant)
  /// Of the body: built only where a comparison needs it.
  case view(JSONView)

  /// The whole part as JSON.
  func json(of record: Record?) -> JSON {
    switch self {
    case .json(let value): value
    case .view(let view): view.json
    case .instant(let instant): .string(instant.rfc3339)
    case .record, .call, .headers, .query: record.map(json(ofPart:)) ?? .null
    }
  }

  private func json(ofPart record: Record) -> JSON {
    switch self {
    case .json, .view, .instant: return json(of: nil)
    case .call: return record.call.json
    case .headers:
      var object = JSONObject()
      for field in record.headers.fields where object[field.name] == nil {
        object[field.name] = Self.header(field.name, of: record)
      }
      return .object(object)
    case .query:
      return .object(JSONObject(record.query.fields.map { JSONObject.Member(key: $0.name, value: .string($0.value)) }))
    case .record:
      return .object([
        "source": .string(record.source), "provider": .string(record.provider.rawValue),
        "kind": .string(record.kind.rawValue), "call": record.call.json, "body": record.body.json,
        "headers": Self.headers.json(ofPart: record), "query": Self.query.json(ofPart: record),
      ])
    }
  }

  /// The header's value; a list where it came more than once. `name` in lower case.
  static func header(_ name: String, of record: Record) -> JSON? {
    guard let first = record.headers[name] else { return nil }
    let values = record.headers.values(name)
    return values.count > 1 ? .array(values.map(JSON.string)) : .string(first)
  }
}
