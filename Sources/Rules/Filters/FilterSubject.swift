import RelayCore

/// What is known of a value before any record came: it tells unknown keys and operands that can never match.
enum FilterSubject {
  case record, call, headers, query
  /// `call.request`.
  case callRequest
  /// `{ status, headers, body }` of a destination's answer.
  case answer, answerHeaders
  /// A text.
  case text(String)
  case integer(String)
  /// What `$number` reads.
  case number
  /// One of these words.
  case word(String, [String])
  /// Anything; `path` only for sentences.
  case unknown

  /// nil, with the names there are, for a key that it never has.
  func step(_ key: String) -> (step: FilterStep, subject: FilterSubject)? {
    switch self {
    case .record: Self.root(key)
    case .answer: Self.answer(key)
    case .answerHeaders: (.key(JSONKey(key.lowercased())), .text("headers.\(key.lowercased())"))
    case .call: CallField(rawValue: key).map { (.field($0), Self.of($0)) }
    case .callRequest:
      CallMark.fields.contains(key) ? (.key(JSONKey(key)), .text("call.request.\(key)")) : nil
    case .headers: (.header(key.lowercased()), .text("headers.\(key.lowercased())"))
    case .query: (.queryField(key), .text("query.\(key)"))
    case .text, .integer, .number, .word, .unknown: (.key(JSONKey(key)), .unknown)
    }
  }

  static let roots = ["source", "provider", "kind", "call", "body", "headers", "query"]

  var keys: [String] {
    switch self {
    case .record: Self.roots
    case .answer: ["status", "headers", "body"]
    case .call: CallField.allCases.map(\.rawValue)
    case .callRequest: CallMark.fields
    default: []
    }
  }

  private static func root(_ key: String) -> (FilterStep, FilterSubject)? {
    switch key {
    case "source": (.source, .word("source", []))
    case "provider": (.provider, .word("provider", Provider.allCases.map(\.rawValue)))
    case "kind": (.kind, .word("kind", RecordKind.allCases.map(\.rawValue)))
    case "call": (.call, .call)
    case "body": (.body, .unknown)
    case "headers": (.headers, .headers)
    case "query": (.query, .query)
    default: nil
    }
  }

  private static func answer(_ key: String) -> (FilterStep, FilterSubject)? {
    switch key {
    case "status": (.key(JSONKey(key)), .integer("status"))
    case "headers": (.key(JSONKey(key)), .answerHeaders)
    case "body": (.key(JSONKey(key)), .unknown)
    default: nil
    }
  }

  private static func of(_ field: CallField) -> FilterSubject {
    let name = "call.\(field.rawValue)"
    return switch field {
    case .leg: .word(name, Call.Leg.allCases.map(\.rawValue))
    case .role: .word(name, Call.Role.allCases.map(\.rawValue))
    case .direction: .word(name, Call.Direction.allCases.map(\.rawValue))
    case .status: .word(name, Call.Status.allCases.map(\.rawValue))
    case .hangupBy: .word(name, Call.HangupParty.allCases.map(\.rawValue))
    case .totalSeconds, .answeredSeconds, .billedSeconds, .waitedSeconds: .integer(name)
    case .custom, .extra: .unknown
    case .request: .callRequest
    default: .text(name)
    }
  }

  /// Why no record has this value here; nil where one may.
  func neverIs(_ value: JSON) -> String? {
    switch self {
    case .unknown: return nil
    case .record: return "the record is an object"
    case .answer: return "the answer is an object"
    case .call, .callRequest, .headers, .answerHeaders, .query: return value.object == nil ? "it is an object" : nil
    case .text(let name):
      return value.string == nil ? "\(name) is text, never \(value.kindInWords)" : nil
    case .integer(let name):
      return value.integer == nil ? "\(name) is an integer, never \(value.shown)" : nil
    case .number:
      return value.number == nil ? "inside $number stands a number, never \(value.shown)" : nil
    case .word(let name, let words):
      if let text = value.string, words.contains(text) { return nil }
      let hint = value.string.flatMap { NearestName.of($0, among: words) }.map { "; did you mean \($0)?" } ?? ""
      if hint.isEmpty, words.count <= 12, !words.isEmpty {
        return "\(name) is \(NearestName.list(words, "or")), never \(value.shown)"
      }
      return "\(name) is never \(value.shown)\(hint)"
    }
  }

  /// Whether it may be a text, a number, a list or an object at all.
  var isScalar: Bool {
    switch self {
    case .text, .integer, .number, .word: true
    case .record, .answer, .answerHeaders, .call, .callRequest, .headers, .query, .unknown: false
    }
  }

  /// Of the fields of a call only those that end in `_at` are moments, and the seconds are none.
  var mayBeMoment: Bool {
    switch self {
    case .text(let name): !name.hasPrefix("call.") || name.hasSuffix("_at")
    case .unknown: true
    default: false
    }
  }

  var mayBePhoneNumber: Bool {
    switch self {
    case .text(let name): !name.hasPrefix("call.") || !name.hasSuffix("_at")
    case .unknown: true
    default: false
    }
  }

  var name: String {
    switch self {
    case .text(let name), .integer(let name), .word(let name, _): name
    case .number: "what $number reads"
    case .record: "the record"
    case .answer: "the answer"
    case .call: "call"
    case .callRequest: "call.request"
    case .headers, .answerHeaders: "headers"
    case .query: "query"
    case .unknown: "it"
    }
  }
}
