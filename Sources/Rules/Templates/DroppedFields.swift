import HTTPTypes
import RelayCore

/// A destination's `drop`: fields that it never gets, neither in the record as received nor through a template.
struct DroppedFields: Sendable, Equatable {
  private var paths: [ValuePath] = []

  init() {}

  /// Notes every problem inside.
  init(reading node: Node) {
    for element in node.elements("a list of paths such as \"body.balance\"") ?? [] {
      guard let text = element.json.string else {
        element.expected("a path such as \"body.balance\"")
        continue
      }
      do throws(ValuePath.Malformed) {
        let path = try ValuePath(text[...])
        if path.isDroppable { paths.append(path) } else { element.expected("a field of body, call, headers or query") }
      } catch {
        element.problem(error.message)
      }
    }
  }

  var isEmpty: Bool { paths.isEmpty }

  /// The same without the fields.
  /// - Parameter needsBody: the record goes as it was received, and must be taken apart for that.
  func taken(
    from input: RenderInput, destination: String, needsBody: Bool
  ) throws(TemplateError) -> RenderInput {
    var input = input
    if let record = input.reading { input.reading = without(record) }
    if needsBody {
      guard let body = body(of: input.record) else {
        throw TemplateError(
          path: "destinations.\(destination).drop",
          message: "the record can't be read, so nothing can be taken out of it")
      }
      input.record = RawRecord(
        body: body, contentType: input.record.contentType, headers: input.record.headers, query: input.record.query)
    }
    return input
  }

  private static let twins: [String: CallField] = [
    "custom": .custom, "customer_field": .custom, "extra_params": .extra, "extra_param": .extra,
  ]

  private func without(_ record: Record) -> Record {
    var call = record.call
    var body = record.body.json
    var headers = record.headers
    var query = record.query
    for path in paths {
      switch path {
      case .body(let steps):
        body = body.removing(steps[...])
        // The same values under their names in the call.
        for (position, step) in steps.enumerated() {
          if let field = Self.twins[step.key] { call.remove(field, steps[(position + 1)...]) }
        }
      case .call(let field?, let steps): call.remove(field, steps[...])
      case .header(let name?): headers.remove(name)
      case .query(let name?): query.fields.removeAll { $0.name == name }
      default: break
      }
    }
    return Record(
      source: record.source, provider: record.provider, kind: record.kind, call: call, body: JSONView(body),
      headers: headers, query: query, identity: record.identity)
  }

  /// nil where it is neither JSON nor a form. Values stay as they are; spaces between them do not.
  private func body(of record: RawRecord) -> [UInt8]? {
    let steps = paths.compactMap { path in
      if case .body(let steps) = path { steps[...] } else { nil }
    }
    if steps.isEmpty { return record.body }
    if let json = try? JSONParser.parse(record.body, depth: 256, zeroLedNumbersAreText: true) {
      return steps.reduce(json) { $0.removing($1) }.bytes
    }
    let isForm = record.contentType?.lowercased().hasPrefix(Destination.ContentType.form.header) == true
    guard isForm, let text = String(validating: record.body, as: UTF8.self), let form = FormFields(parsing: text) else {
      return nil
    }
    let pairs = form.fields.compactMap { field -> String? in
      var value = JSON.string(field.value)
      for steps in steps where steps.first?.key == field.name {
        if steps.count == 1 { return nil }
        value = value.removing(steps.dropFirst())
      }
      return "\(PercentEncoding.encode(field.name))=\(PercentEncoding.encode(value.plainText))"
    }
    return Array(pairs.joined(separator: "&").utf8)
  }
}

extension ValuePath {
  fileprivate var isDroppable: Bool {
    switch self {
    case .body(let steps): !steps.isEmpty
    case .call(.some, _), .header(.some), .query(.some): true
    default: false
    }
  }
}

extension JSON {
  /// Without what the steps lead to; of a list, where they name no position, in each element. Looks into text that holds
  /// an object, as `custom` does.
  fileprivate func removing(_ steps: ArraySlice<ValuePath.Step>) -> JSON {
    guard let step = steps.first else { return self }
    let rest = steps.dropFirst()
    switch self {
    case .object(var object):
      guard let inner = object[step.key] else { return self }
      object[step.key] = rest.isEmpty ? nil : inner.removing(rest)
      return .object(object)
    case .array(var elements):
      guard let index = step.index else { return .array(elements.map { $0.removing(steps) }) }
      guard index < elements.count else { return self }
      if rest.isEmpty { elements.remove(at: index) } else { elements[index] = elements[index].removing(rest) }
      return .array(elements)
    case .string(let text):
      guard text.utf8.first(where: { $0 > 0x20 }) == UInt8(ascii: "{"), let inner = try? JSONParser.parse(text),
        inner.object != nil
      else { return self }
      return .string(inner.removing(steps).text)
    case .null, .bool, .number: return self
    }
  }
}

extension Call {
  /// Steps go on inside `custom` and `extra` only.
  fileprivate mutating func remove(_ field: CallField, _ steps: ArraySlice<ValuePath.Step>) {
    if steps.isEmpty || field == .request {
      clear(field)
      return
    }
    if field == .custom { custom = custom.map { JSONView($0.json.removing(steps)) } }
    if field == .extra { extra = extra.map { JSONView($0.json.removing(steps)) } }
  }
}
