import RelayCore

/// What stands behind the colon of a template's filter: `"a, b", 3`. Each is JSON where it can be read so, else text.
struct TemplateArguments {
  let filter: String
  /// All of it as written; nil without a colon.
  let text: String?
  private let values: [JSON]

  init(filter: String, text: String?) {
    self.filter = filter
    self.text = text
    values = text.map { $0[...].split(unquoted: ",").map { Self.value($0.trimmed) } } ?? []
  }

  /// `example` shows how it is written.
  func expect(_ count: ClosedRange<Int>, _ example: String) throws(ValuePath.Malformed) {
    guard !count.contains(values.count) else { return }
    if count == 0...0 { throw ValuePath.Malformed(message: "filter \(filter) takes no value") }
    let what = count.upperBound == 1 ? "needs a value" : "needs values"
    throw ValuePath.Malformed(message: "filter \(filter) \(what), as in \(example)")
  }

  /// nil where there are fewer.
  subscript(position: Int) -> JSON? {
    position < values.count ? values[position] : nil
  }

  func integer(_ position: Int, _ range: ClosedRange<Int64>, default fallback: Int64) throws(ValuePath.Malformed) -> Int
  {
    guard let value = self[position] else { return Int(fallback) }
    guard let number = value.integer, range.contains(number) else {
      let what = "an integer from \(range.lowerBound) to \(range.upperBound)"
      throw ValuePath.Malformed(message: "filter \(filter): expected \(what), found \(value.shown)")
    }
    return Int(number)
  }

  func number(_ position: Int) throws(ValuePath.Malformed) -> ExactDecimal {
    guard let number = self[position]?.number, let value = ExactDecimal(number) else {
      throw ValuePath.Malformed(
        message: "filter \(filter): expected a number, found \(self[position]?.shown ?? "nothing")")
    }
    return value
  }

  func word<Word: RawRepresentable & CaseIterable>(
    _ position: Int, default fallback: Word
  ) throws(ValuePath.Malformed)
    -> Word where Word.RawValue == String
  {
    guard let value = self[position] else { return fallback }
    if let word = value.string.flatMap(Word.init(rawValue:)) { return word }
    let words = NearestName.list(Word.allCases.map(\.rawValue), "or")
    throw ValuePath.Malformed(message: "filter \(filter): expected \(words), found \(value.shown)")
  }

  static func value(_ text: Substring) -> JSON {
    (try? JSONParser.parse(String(text))) ?? .string(String(text))
  }
}
