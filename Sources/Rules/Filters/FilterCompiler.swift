import RelayCore

/// Turns a `when` into a `Filter`; notes unknown keys and operators as problems, and operands that can never match as
/// warnings.
struct FilterCompiler {
  let loading: Loading
  let names: KnownNames

  /// nil after a problem that leaves no filter.
  func compile(_ node: Node) -> Filter? {
    guard node.json.object != nil else {
      node.expected("an object such as {\"call\": {\"role\": \"call\"}}")
      return nil
    }
    return compile(node, .record)
  }

  /// The same for a filter over a destination's answer.
  func compile(answer node: Node) -> Filter? {
    guard node.json.object != nil else {
      node.expected("an object such as {\"status\": 200, \"body\": {\"code\": 502}}")
      return nil
    }
    return compile(node, .answer)
  }

  private func compile(_ node: Node, _ subject: FilterSubject) -> Filter? {
    switch node.json {
    case .object(let object):
      return compile(object, node, subject)
    case .array:
      if subject.isScalar { node.warning("never matches: \(subject.name) is no list") }
      return allOrNone(node.elements()?.map { compile($0, subject.isScalar ? .unknown : subject) }).map(Filter.holds)
    default:
      warnIfImpossible(node, subject)
      return .equals(node.json)
    }
  }

  private func compile(_ object: JSONObject, _ node: Node, _ subject: FilterSubject) -> Filter? {
    var clauses: [Filter?] = []
    var members: [Filter.Member?] = []
    for member in object.members {
      let inner = Node(json: member.value, path: node.path.key(member.key), loading: loading)
      if let name = FilterOperator(rawValue: member.key) {
        clauses.append(clause(name, inner, subject))
      } else if member.key.hasPrefix("$") {
        let hint = NearestName.hint(for: member.key, among: FilterOperator.allCases.map(\.rawValue))
        inner.problem("unknown operator\(hint)")
        clauses.append(nil)
      } else {
        members.append(self.member(member.key, inner, subject))
      }
    }
    if object.isEmpty || !members.isEmpty {
      if subject.isScalar { node.warning("never matches: \(subject.name) is no object") }
      clauses.append(allOrNone(members).map(Filter.members))
    }
    return allOrNone(clauses).map { $0.count == 1 ? $0[0] : .all($0) }
  }

  private func member(_ key: String, _ node: Node, _ subject: FilterSubject) -> Filter.Member? {
    guard let (step, inner) = subject.step(key) else {
      if case .answer = subject {
        node.problem("unknown key\(NearestName.hint(for: key, among: subject.keys))")
      } else if case .record = subject {
        let what = "unknown key; a filter looks at \(NearestName.list(subject.keys))"
        node.problem(what + hint(forRoot: key, among: subject.keys))
      } else {
        node.problem("unknown field of a call\(NearestName.hint(for: key, among: subject.keys))")
      }
      return nil
    }
    if case .source = step {
      return compile(node, .word("source", names.sources)).map { Filter.Member(step: step, filter: $0) }
    }
    return compile(node, inner).map { Filter.Member(step: step, filter: $0) }
  }

  /// A field of a call is often written at the top, or with its path in one key.
  private func hint(forRoot key: String, among roots: [String]) -> String {
    let field = key.hasPrefix("call.") ? String(key.dropFirst("call.".count)) : key
    if CallField(rawValue: field) != nil { return "; did you mean {\"call\": {\"\(field)\": …}}?" }
    return NearestName.of(key, among: roots).map { "; did you mean \($0)?" } ?? ""
  }

  private func clause(_ name: FilterOperator, _ node: Node, _ subject: FilterSubject) -> Filter? {
    switch name {
    case .not: return compile(node, subject).map(Filter.not)
    case .or, .and: return combination(name, node, subject)
    case .exist: return node.flag().map(Filter.exists)
    case .regex: return pattern(node, subject)
    case .ieq: return text(node, subject).map { .sameLetters(FoldedText($0)) }
    case .number: return number(node, subject)
    case .time:
      warn(node, subject, unless: subject.mayBeMoment, "a moment")
      return TimeFilter(reading: node).map(Filter.time)
    case .phone:
      warn(node, subject, unless: subject.mayBePhoneNumber, "a phone number")
      return PhoneFilter(reading: node).map(Filter.phone)
    case .eq, .neq:
      if name == .eq { warnIfImpossible(node, subject) }
      return .comparison(name == .eq ? .equal : .notEqual, node.json)
    case .in, .nin: return membership(name, node, subject)
    case .gt, .gte, .lt, .lte, .startsWith, .endsWith: return comparison(name, node, subject)
    }
  }

  private func combination(_ name: FilterOperator, _ node: Node, _ subject: FilterSubject) -> Filter? {
    guard let nodes = node.elements("a list of filters") else { return nil }
    if name == .or, nodes.isEmpty { node.warning("never matches: the list is empty") }
    return allOrNone(nodes.map { compile($0, subject) }).map(name == .or ? Filter.any : Filter.all)
  }

  private func text(_ node: Node, _ subject: FilterSubject) -> String? {
    guard let text = node.json.string else {
      node.expected("a text")
      return nil
    }
    if case .integer(let name) = subject { node.warning("never matches: \(name) is an integer, never a text") }
    return text
  }

  private func number(_ node: Node, _ subject: FilterSubject) -> Filter? {
    switch node.json {
    case .number: break
    case .object(let object) where !object.isEmpty && object.members.allSatisfy { $0.key.hasPrefix("$") }: break
    default:
      node.expected("a number, or operators such as {\"$gte\": 30}")
      return nil
    }
    if case .word(let name, _) = subject { node.warning("never matches: \(name) is never a number") }
    return compile(node, .number).map(Filter.number)
  }

  private func warn(_ node: Node, _ subject: FilterSubject, unless isPossible: Bool, _ what: String) {
    if !isPossible { node.warning("never matches: \(subject.name) is never \(what)") }
  }

  private func pattern(_ node: Node, _ subject: FilterSubject) -> Filter? {
    guard let text = node.json.string else {
      node.expected("a regular expression as text")
      return nil
    }
    if case .integer(let name) = subject { node.warning("never matches: \(name) is an integer, never a text") }
    do throws(PatternError) {
      return .pattern(try Pattern(text))
    } catch {
      node.problem("in the regular expression: \(error.message)")
      return nil
    }
  }

  private func membership(_ name: FilterOperator, _ node: Node, _ subject: FilterSubject) -> Filter? {
    switch node.json {
    case .object:
      node.expected("a list, or a value to look for in a list or a text")
      return nil
    case .array(let elements):
      if name == .in {
        if elements.isEmpty { node.warning("never matches: the list is empty") }
        for element in node.elements() ?? [] { warnIfImpossible(element, subject) }
      }
    default:
      if name == .in, subject.isScalar {
        if case .number = subject {
          node.warning("never matches: inside $number stands a number; write a list of numbers")
        } else if case .integer = subject {
          node.warning("never matches: \(subject.name) is an integer; write a list of integers")
        } else if node.json.string == nil {
          node.warning("never matches: \(subject.name) is text, never \(node.json.kindInWords)")
        }
      }
    }
    return .comparison(name == .in ? .among : .notAmong, node.json)
  }

  private func comparison(_ name: FilterOperator, _ node: Node, _ subject: FilterSubject) -> Filter? {
    let isOrder = name != .startsWith && name != .endsWith
    guard node.json.string != nil || (isOrder && node.json.number != nil) else {
      node.expected(isOrder ? "a number or a text" : "a text")
      return nil
    }
    switch subject {
    case .integer where node.json.number == nil:
      node.warning("never matches: \(subject.name) is an integer, never a text")
    case .number where node.json.number == nil:
      node.warning("never matches: inside $number stands a number, never a text")
    case .text where node.json.string == nil, .word where node.json.string == nil:
      node.warning("never matches: \(subject.name) is text, never a number")
    default: break
    }
    return FilterOperator.Comparison(rawValue: name.rawValue).map { .comparison($0, node.json) }
  }

  private func warnIfImpossible(_ node: Node, _ subject: FilterSubject) {
    if let reason = subject.neverIs(node.json) { node.warning("never matches: \(reason)") }
  }

  private func allOrNone<Value>(_ values: [Value?]?) -> [Value]? {
    guard let values else { return nil }
    let present = values.compactMap { $0 }
    return present.count == values.count ? present : nil
  }
}
