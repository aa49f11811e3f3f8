import RelayCore

/// A destination's `body`: any JSON whose texts are templates.
indirect enum BodyTemplate: Sendable, Equatable {
  case constant(JSON)
  case text(Template)
  case list([BodyTemplate])
  case object([Member])

  struct Member: Sendable, Equatable {
    let key: String
    let value: BodyTemplate
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
      self = .object(
        object.members.map { member in
          let inner = Node(json: member.value, path: node.path.key(member.key), loading: node.loading)
          return Member(key: member.key, value: BodyTemplate(reading: inner))
        })
    default:
      self = .constant(node.json)
    }
  }

  var templates: [Template] {
    switch self {
    case .constant: []
    case .text(let template): [template]
    case .list(let elements): elements.flatMap(\.templates)
    case .object(let members): members.flatMap(\.value.templates)
    }
  }

  var placeholders: [Template.Placeholder] { templates.flatMap(\.placeholders) }

  func render(_ input: RenderInput, _ destination: String) throws(TemplateError) -> JSON {
    switch self {
    case .constant(let value): return value
    case .text(let template): return try template.renderValue(input, destination)
    case .list(let elements):
      var values: [JSON] = []
      for element in elements { values.append(try element.render(input, destination)) }
      return .array(values)
    case .object(let members):
      var read: [JSONObject.Member] = []
      for member in members {
        read.append(JSONObject.Member(key: member.key, value: try member.value.render(input, destination)))
      }
      return .object(JSONObject(read))
    }
  }
}
