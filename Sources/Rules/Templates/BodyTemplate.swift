import RelayCore

/// A destination's `body`: any JSON whose texts are templates.
indirect enum BodyTemplate: Sendable, Equatable {
  case constant(JSON)
  /// `"body": "call"`: the call (design §6).
  case call
  case text(Template)
  case list([BodyTemplate])
  case object([Member])
  /// An object with `$if`: left out where the placeholder's value is missing, null, false or empty.
  case optional(Template, BodyTemplate)

  struct Member: Sendable, Equatable {
    let key: String
    let value: BodyTemplate
  }

  /// That of a destination.
  init(readingWhole node: Node) {
    self = node.json == .string("call") ? .call : BodyTemplate(reading: node)
    if case .optional(_, let inner) = self {
      node.loading.findings.problem(
        node.path.key(Self.condition), "can't leave out the body itself; write it into an object inside")
      self = inner
    }
  }

  /// Notes every problem inside; parts with a problem are left out.
  init(reading node: Node) {
    switch node.json {
    case .string(let text):
      self = Template(reading: text, at: node).map(BodyTemplate.text) ?? .constant(.null)
    case .array(let elements):
      self = .list(
        elements.enumerated().map { index, element in
          BodyTemplate(reading: Node(json: element, path: node.path.index(index), loading: node.loading))
        })
    case .object(let object):
      let members = object.members.map { member in
        (member.key, Node(json: member.value, path: node.path.key(member.key), loading: node.loading))
      }
      let whole = BodyTemplate.object(
        members.filter { $0.0 != Self.condition }.map { Member(key: $0, value: BodyTemplate(reading: $1)) })
      let condition = members.first { $0.0 == Self.condition }.flatMap { Self.condition(reading: $1) }
      self = condition.map { .optional($0, whole) } ?? whole
    default:
      self = .constant(node.json)
    }
  }

  private static let condition = "$if"

  /// nil after a problem.
  private static func condition(reading node: Node) -> Template? {
    guard let text = node.json.string else {
      node.expected("a single placeholder such as \"{{lookup}}\"")
      return nil
    }
    guard let template = Template(reading: text, at: node) else { return nil }
    if template.lonePlaceholder == nil { node.expected("a single placeholder such as \"{{lookup}}\"") }
    return template
  }

  var templates: [Template] {
    switch self {
    case .constant, .call: []
    case .text(let template): [template]
    case .list(let elements): elements.flatMap(\.templates)
    case .object(let members): members.flatMap(\.value.templates)
    case .optional(let condition, let inner): [condition] + inner.templates
    }
  }

  var placeholders: [Template.Placeholder] { templates.flatMap(\.placeholders) }

  var needsRecord: Bool {
    self == .call || placeholders.contains(where: \.needsRecord)
  }

  /// Whether it may become an object: only those can be sent as a form.
  var mayBeObject: Bool {
    switch self {
    case .object, .call, .optional: true
    case .text(let template): template.lonePlaceholder != nil
    case .constant, .list: false
    }
  }

  /// - Parameter omitsEmpty: leaves out members of objects whose value is null, an empty text or, for what was left out of
  ///   them, an empty object. What the rule file itself says stays.
  func render(_ input: RenderInput, _ destination: Destination, omitsEmpty: Bool = false) throws(TemplateError) -> JSON
  {
    switch self {
    case .constant(let value): return value
    case .call:
      guard let record = input.reading else {
        throw TemplateError(path: "destinations.\(destination.name).body", message: "call: the record can't be read")
      }
      return omitsEmpty ? record.call.json.withoutEmptyMembers : record.call.json
    case .text(let template): return try template.renderValue(input, destination.name)
    case .list(let elements):
      var values: [JSON] = []
      for element in elements where try element.isWanted(input, destination) {
        values.append(try element.render(input, destination, omitsEmpty: omitsEmpty))
      }
      return .array(values)
    case .object(let members):
      var read: [JSONObject.Member] = []
      for member in members where try member.value.isWanted(input, destination) {
        let value = try member.value.render(input, destination, omitsEmpty: omitsEmpty)
        if omitsEmpty, !member.value.isWrittenOut, value.isEmpty { continue }
        read.append(JSONObject.Member(key: member.key, value: value))
      }
      return .object(JSONObject(read))
    case .optional(_, let inner): return try inner.render(input, destination, omitsEmpty: omitsEmpty)
    }
  }

  /// Without what the path leads to; nil where it leads to nothing.
  func without(_ path: ArraySlice<ValuePath.Step>) -> BodyTemplate? {
    guard let step = path.first else { return nil }
    let rest = path.dropFirst()
    switch self {
    case .object(var members):
      guard let position = members.firstIndex(where: { $0.key == step.key }) else { return nil }
      let member = members.remove(at: position)
      guard !rest.isEmpty else { return .object(members) }
      guard let inner = member.value.without(rest) else { return nil }
      members.insert(Member(key: member.key, value: inner), at: position)
      return .object(members)
    case .list(var elements):
      guard let position = step.index, position < elements.count else { return nil }
      let element = elements.remove(at: position)
      guard !rest.isEmpty else { return .list(elements) }
      guard let inner = element.without(rest) else { return nil }
      elements.insert(inner, at: position)
      return .list(elements)
    case .optional(let condition, let inner): return inner.without(path).map { .optional(condition, $0) }
    case .constant, .call, .text: return nil
    }
  }

  private func isWanted(_ input: RenderInput, _ destination: Destination) throws(TemplateError) -> Bool {
    guard case .optional(let condition, _) = self else { return true }
    let value = try condition.renderValue(input, destination.name)
    return !value.isNothing && value != .bool(false)
  }

  /// Holds nothing that is filled in.
  private var isWrittenOut: Bool {
    switch self {
    case .constant: true
    case .call, .optional: false
    case .text(let template): template.segments.isEmpty || template.isWrittenOut
    case .list(let elements): elements.allSatisfy(\.isWrittenOut)
    case .object(let members): members.allSatisfy(\.value.isWrittenOut)
    }
  }
}

extension JSON {
  /// Null, or an empty text, list or object.
  var isNothing: Bool {
    if case .array(let elements) = self { elements.isEmpty } else { isEmpty }
  }

  var presence: JSON? { isNothing ? nil : self }

  fileprivate var isEmpty: Bool {
    switch self {
    case .null: true
    case .string(let text): text.isEmpty
    case .object(let object): object.isEmpty
    case .bool, .number, .array: false
    }
  }

  fileprivate var withoutEmptyMembers: JSON {
    guard case .object(let object) = self else { return self }
    let members = object.members.map { JSONObject.Member(key: $0.key, value: $0.value.withoutEmptyMembers) }
    return .object(JSONObject(members.filter { !$0.value.isEmpty }))
  }
}
