import RelayCore

extension RecordValue {
  /// nil where it is missing, and where a part of a record is asked for and there is none. A step that does not belong to this part leads nowhere; the compiler makes none.
  func part(_ step: FilterStep, of record: Record?) -> RecordValue? {
    if case .key(let key) = step {
      return switch self {
      case .view(let view): view[key].map(RecordValue.view)
      case .json(let value): value[key.text].map(RecordValue.json)
      case .record, .call, .headers, .query, .instant: nil
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
    case .field(.startedAt): record.reading.look { $0.startedAt }.map(RecordValue.instant)
    case .field(.answeredAt): record.reading.look { $0.answeredAt }.map(RecordValue.instant)
    case .field(.endedAt): record.reading.look { $0.endedAt }.map(RecordValue.instant)
    case .field(let field): record.reading.look { $0[field] }.map(RecordValue.json)
    case .header(let name): Self.header(name, of: record).map(RecordValue.json)
    case .queryField(let name): record.query[name].map { .json(.string($0)) }
    case .key: nil
    }
  }

  /// Of the record, and no JSON yet.
  var isPart: Bool {
    switch self {
    case .record, .call, .headers, .query: true
    case .json, .view, .instant: false
    }
  }

  var isObject: Bool {
    switch self {
    case .record, .call, .headers, .query: true
    case .json(let value): value.object != nil
    case .view(let view): view.kind == .object
    case .instant: false
    }
  }

  var isList: Bool {
    switch self {
    case .json(.array): true
    case .view(let view): view.kind == .array
    case .json, .record, .call, .headers, .query, .instant: false
    }
  }

  /// nil for anything but a list.
  var elements: [RecordValue]? {
    switch self {
    case .json(.array(let elements)): elements.map(RecordValue.json)
    case .view(let view): view.kind == .array ? view.elements.map(RecordValue.view) : nil
    case .json, .record, .call, .headers, .query, .instant: nil
    }
  }

  /// nil for anything but a string.
  var text: String? {
    switch self {
    case .json(let value): value.string
    case .view(let view): view.string
    case .instant(let instant): instant.rfc3339
    case .record, .call, .headers, .query: nil
    }
  }

  /// The same, built unless it is an object: for a value that is looked at several times.
  var built: RecordValue {
    guard case .view(let view) = self, view.kind != .object else { return self }
    return .json(view.json)
  }

  /// The value of a scalar; nil for anything else.
  private var scalar: JSON? {
    switch self {
    case .json(let value): value
    case .view(let view): view.kind == .string || view.kind == .number ? view.json : nil
    case .record, .call, .headers, .query, .instant: nil
    }
  }

  var number: JSONNumber? { scalar?.numberInside }

  var instant: Instant? {
    if case .instant(let instant) = self { return instant }
    return scalar.flatMap(Instant.init(reading:))
  }

  /// A text, or a number by its digits: phone numbers come both ways.
  var digitsText: String? {
    switch scalar {
    case .string(let text): text
    case .number(let number): number.integer?.decimalText
    default: nil
    }
  }
}
