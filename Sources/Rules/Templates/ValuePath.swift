import RelayCore

/// Where a placeholder takes its value: the paths of filters, and what is known of the delivery.
enum ValuePath: Sendable, Equatable {
  case source, provider, kind
  /// nil is the whole call; steps go on inside `custom` and `extra`.
  case call(CallField?, [Step])
  case body([Step])
  /// nil is all of them; the name in lower case.
  case header(String?)
  case query(String?)
  case recordID, receivedAt, revision
  case deliveryID, attempt
  case rule, destination
  /// The value of the destination's lookup; steps go on inside it.
  case lookup([Step])
  /// What `capture` kept of an earlier answer.
  case captured

  /// A key of an object or, where it is a number, a position in a list.
  struct Step: Sendable, Equatable {
    let key: String
    let index: Int?

    init(_ key: String) {
      self.key = key
      let isNumber = (1...9).contains(key.utf8.count) && key.utf8.allSatisfy { (0x30...0x39).contains($0) }
      index = isNumber ? Int(key) : nil
    }
  }

  struct Malformed: Error {
    let message: String
  }

  static let roots = [
    "source", "provider", "kind", "call", "body", "headers", "query", "record", "delivery", "rule", "destination",
    "lookup", "captured",
  ]

  /// `call.answered_seconds`, `body.custom.crm`, `body.items[0].name`, `body["odd key"]`, `headers.user-agent`.
  init(_ text: Substring) throws(Malformed) {
    var steps = try Self.steps(text)
    let root = steps.removeFirst().key
    switch root {
    case "source": self = try Self.leaf(.source, text, steps)
    case "provider": self = try Self.leaf(.provider, text, steps)
    case "kind": self = try Self.leaf(.kind, text, steps)
    case "rule": self = try Self.leaf(.rule, text, steps)
    case "destination": self = try Self.leaf(.destination, text, steps)
    case "lookup": self = .lookup(steps)
    case "captured": self = try Self.leaf(.captured, text, steps)
    case "call": self = try Self.callField(steps)
    case "body": self = .body(steps)
    case "headers": self = .header(try Self.single(text, steps)?.lowercased())
    case "query": self = .query(try Self.single(text, steps))
    case "record":
      self = try Self.member(text, steps, ["id": .recordID, "received_at": .receivedAt, "revision": .revision])
    case "delivery":
      self = try Self.member(text, steps, ["id": .deliveryID, "attempt": .attempt])
    default:
      throw Malformed(message: "unknown path \(text)\(NearestName.hint(for: root, among: Self.roots))")
    }
  }

  private static func leaf(_ path: ValuePath, _ text: Substring, _ steps: [Step]) throws(Malformed) -> ValuePath {
    guard steps.isEmpty else { throw Malformed(message: "unknown path \(text); nothing stands inside it") }
    return path
  }

  private static func single(_ text: Substring, _ steps: [Step]) throws(Malformed) -> String? {
    guard steps.count <= 1 else {
      throw Malformed(message: "unknown path \(text); write a name with dots as headers[\"x.y\"]")
    }
    return steps.first?.key
  }

  private static func member(
    _ text: Substring, _ steps: [Step], _ members: [String: ValuePath]
  ) throws(Malformed) -> ValuePath {
    guard steps.count == 1, let path = members[steps[0].key] else {
      let hint = NearestName.hint(for: steps.first?.key ?? "", among: members.keys.sorted())
      throw Malformed(message: "unknown path \(text)\(hint)")
    }
    return path
  }

  private static func callField(_ steps: [Step]) throws(Malformed) -> ValuePath {
    guard let name = steps.first?.key else { return .call(nil, []) }
    guard let field = CallField(rawValue: name) else {
      throw Malformed(
        message: "unknown field call.\(name)\(NearestName.hint(for: name, among: CallField.allCases.map(\.rawValue)))")
    }
    let rest = Array(steps.dropFirst())
    if field == .request, rest.count == 1, CallMark.fields.contains(rest[0].key) { return .call(field, rest) }
    guard rest.isEmpty || field == .custom || field == .extra else {
      throw Malformed(message: "nothing stands inside call.\(name)")
    }
    return .call(field, rest)
  }

  static func steps(_ text: Substring) throws(Malformed) -> [Step] {
    var steps: [Step] = []
    var rest = text
    while true {
      if rest.first == "[" {
        steps.append(try bracketed(&rest))
      } else {
        let name = rest.prefix { $0 != "." && $0 != "[" }
        let isName = name.utf8.allSatisfy { $0 > 0x20 && !"\"'(){}]|,;".utf8.contains($0) }
        guard !name.isEmpty, isName else {
          throw Malformed(message: "expected a path such as call.id, found \"\(text)\"")
        }
        steps.append(Step(String(name)))
        rest = rest[name.endIndex...]
      }
      if rest.isEmpty { return steps }
      if rest.first == "." { rest = rest.dropFirst() }
    }
  }

  private static func bracketed(_ rest: inout Substring) throws(Malformed) -> Step {
    let bytes = Array(rest.utf8)
    var end = 1
    if bytes.count > 1, bytes[1] == UInt8(ascii: "\"") {
      end = 2
      while end < bytes.count, bytes[end] != UInt8(ascii: "\"") {
        end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
      }
    }
    while end < bytes.count, bytes[end] != UInt8(ascii: "]") { end += 1 }
    let inner = String(decoding: bytes[min(1, bytes.count)..<min(end, bytes.count)], as: UTF8.self)
    guard end < bytes.count else { throw Malformed(message: "\"[\" has no \"]\"") }
    rest = Substring(String(decoding: bytes[(end + 1)...], as: UTF8.self))
    if let key = (try? JSONParser.parse(inner))?.string { return Step(key) }
    let step = Step(inner)
    guard step.index != nil else { throw Malformed(message: "expected a number or a text in quotes between [ and ]") }
    return step
  }
}

extension JSONView {
  /// The value that the steps lead to; nil where it is missing.
  func value(at steps: [ValuePath.Step]) -> JSONView? {
    var value = self
    for step in steps {
      switch value.kind {
      case .object:
        guard let next = value[step.key] else { return nil }
        value = next
      case .array:
        let elements = value.elements
        guard let index = step.index, index < elements.count else { return nil }
        value = elements[index]
      case .null, .bool, .number, .string: return nil
      }
    }
    return value
  }
}
