import RelayCore

/// A clause of a rule, and the values that it met as long as it held for none.
struct WatchedClause {
  let steps: [FilterStep]
  let filter: Filter
  /// The same, asked of a whole record.
  let whole: Filter
  private var matched = false
  private var missing = 0
  private var kinds: Set<JSONKind> = []
  private var values: [String: (value: JSON, count: Int)] = [:]
  /// More different ones came than are kept.
  private var overflowed = false
  private var holdsNumbers = false

  /// Different values that are kept, and those of them that are shown.
  private static let mostValues = 24
  private static let mostShown = 5

  init(_ steps: [FilterStep], _ filter: Filter) {
    self.steps = steps
    self.filter = filter
    whole = steps.reversed().reduce(filter) { .members([Filter.Member(step: $1, filter: $0)]) }
    holdsNumbers = Self.isPhoneNumber(steps)
  }

  mutating func add(_ record: Record) {
    if matched { return }
    matched = whole.matches(record)
    if matched { return }
    let found = Self.values(at: steps, of: record)
    if found.isEmpty { missing += 1 }
    for value in found { note(value) }
  }

  private mutating func note(_ value: JSON) {
    kinds.insert(value.kind)
    if Self.looksLikeNumber(value) { holdsNumbers = true }
    let text = value.text
    if let known = values[text] {
      values[text] = (known.value, known.count + 1)
    } else if values.count < Self.mostValues {
      values[text] = (value, 1)
    } else {
      overflowed = true
    }
  }

  /// Of a list its elements.
  private static func values(at steps: [FilterStep], of record: Record) -> [JSON] {
    var values: [RecordValue] = [.record]
    for step in steps {
      values = values.flatMap { $0.elements ?? [$0] }.compactMap { $0.part(step, of: record) }
    }
    return values.flatMap { $0.elements ?? [$0] }.map { $0.json(of: record) }
  }

  // MARK: - Phone numbers are never shown

  private static func isPhoneNumber(_ steps: [FilterStep]) -> Bool {
    let fields: [FilterStep] = [.field(.from), .field(.to), .field(.customerNumber), .field(.ourNumber)]
    return steps.last.map(fields.contains) ?? false
  }

  /// Seven digits or more, and nothing but punctuation beside them.
  private static func looksLikeNumber(_ value: JSON) -> Bool {
    guard value.kind == .string || value.kind == .number else { return false }
    let text = value.string ?? value.text
    return text.utf8.count { (0x30...0x39).contains($0) } >= 7
      && !text.unicodeScalars.contains { $0.properties.isAlphabetic }
  }
}

// MARK: - Saying it

extension WatchedClause {
  /// nil where it held for a record, or where that it held for none is no sign of a mistake.
  func sentence(_ records: String) -> String? {
    guard !matched, let was else { return nil }
    return "\(path) \(was) in \(records), your rule \(asks)\(hint)"
  }

  private var path: String {
    steps.reduce(RulePath.top) { $0.key($1.name) }.text
  }

  private var was: String? {
    if kinds.isEmpty { return "was missing" }
    if case .exists(false) = filter { return missing == 0 ? "was always there" : nil }
    if values.count == 1, !overflowed, missing == 0, let only = values.first?.value.value {
      if holdsNumbers { return isOfOtherKind ? "was always \(Self.kindInWords(only))" : nil }
      return "was always \(Self.withKind(only))"
    }
    if isOfOtherKind, kinds.count == 1, let example = ranked.first {
      return "was always \(Self.kindInWords(example))\(holdsNumbers ? "" : ", such as \(example.shown),")"
        + (missing > 0 ? " where it was there" : "")
    }
    guard comparesTexts, !overflowed, !holdsNumbers else { return nil }
    let shown = ranked.prefix(Self.mostShown).map(\.shown) + (values.count > Self.mostShown ? ["others"] : [])
    return "was \(NearestName.list(shown + (missing > 0 ? ["missing"] : []), "or"))"
  }

  private var asks: String {
    if case .equals = filter { "says \(filter.words)" } else { "asks for \(filter.words)" }
  }

  /// What to write instead.
  private var hint: String {
    guard isOfOtherKind, kinds.count == 1 else {
      guard let text = operand?.string, !holdsNumbers else { return "" }
      let near = NearestName.of(text, among: ranked.compactMap(\.string)).map { JSON.string($0).shown }
      return near.map { "; did you mean \($0)?" } ?? ""
    }
    switch (operand, kinds.first) {
    case (.number?, .string): return "; write {\"$number\": …} for numbers that come as text"
    case (.string(let text)?, .number) where JSON.string(text).numberInside != nil:
      return "; write \(text) without quotation marks"
    case (.bool(let flag)?, .string) where values[JSON.string("\(flag)").text] != nil: return "; write \"\(flag)\""
    case (.string(let text)?, .bool) where values[text] != nil: return "; write \(text) without quotation marks"
    default: return ""
    }
  }

  /// The most frequent first.
  private var ranked: [JSON] {
    values.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.map(\.value.value)
  }

  /// What the filter compares with; nil where that is no single kind of value.
  private var operand: JSON? {
    switch filter {
    case .equals(let value): return value
    case .comparison(.notEqual, _), .comparison(.notAmong, _): return nil
    case .comparison(.among, .array(let choices)):
      return choices.allSatisfy { $0.kind == choices.first?.kind } ? choices.first : nil
    case .comparison(_, let value): return value
    case .sameLetters(let text): return .string(text.written)
    case .pattern(let pattern): return .string(pattern.text)
    default: return nil
    }
  }

  /// No value was of the kind that is asked for.
  private var isOfOtherKind: Bool {
    guard let operand, operand.object == nil, operand.array == nil else { return false }
    return !kinds.contains(operand.kind)
  }

  /// A value that never comes is a mistake; a limit that is never reached is none.
  private var comparesTexts: Bool {
    switch filter {
    case .equals, .sameLetters, .pattern: true
    case .comparison(let comparison, _): [.equal, .among, .startsWith, .endsWith].contains(comparison)
    default: false
    }
  }

  /// `the text "true"`, `the number 31`, `true`.
  private static func withKind(_ value: JSON) -> String {
    switch value.kind {
    case .string: "the text \(value.shown)"
    case .number: "the number \(value.shown)"
    case .bool, .null: value.shown
    case .array, .object: value.kindInWords
    }
  }

  private static func kindInWords(_ value: JSON) -> String {
    value.kind == .string ? "text" : value.kindInWords
  }
}
