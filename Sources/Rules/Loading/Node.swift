import RelayCore

/// A value of the rule file with its place. Its readers note a problem and give nil where the value is not what is asked
/// for.
struct Node {
  let json: JSON
  let path: RulePath
  let loading: Loading

  func problem(_ message: String) {
    loading.findings.problem(path, message)
  }

  func warning(_ message: String) {
    loading.findings.warning(path, message)
  }

  /// Notes `expected …, found …`. What was found is shown only where it can't be a secret.
  func expected(_ what: String, showsFound: Bool = true) {
    problem("expected \(what), found \(showsFound ? json.shown : json.kindInWords)")
  }

  func flag() -> Bool? {
    guard let value = json.bool else {
      expected("true or false")
      return nil
    }
    return value
  }

  func integer(_ range: ClosedRange<Int64>) -> Int64? {
    guard let value = json.integer, range.contains(value) else {
      expected("an integer from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return value
  }

  func decimal(_ range: ClosedRange<Double>) -> Double? {
    guard let value = json.number?.double, range.contains(value) else {
      expected("a number from \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))")
      return nil
    }
    return value
  }

  /// A duration in seconds, as milliseconds.
  func seconds(_ range: ClosedRange<Double>) -> Int64? {
    decimal(range).map { Int64(($0 * 1000).rounded()) }
  }

  /// One of these words.
  func word<Word: RawRepresentable & CaseIterable>(_: Word.Type) -> Word? where Word.RawValue == String {
    let words = Word.allCases.map(\.rawValue)
    if let text = json.string {
      if let word = Word(rawValue: text) { return word }
      let hint = NearestName.of(text, among: words).map { "; did you mean \($0)?" } ?? ""
      problem("expected \(NearestName.list(words, "or")), found \(json.shown)\(hint)")
    } else {
      expected(NearestName.list(words, "or"))
    }
    return nil
  }

  func elements(_ what: String = "a list", showsFound: Bool = true) -> [Node]? {
    guard let values = json.array else {
      expected(what, showsFound: showsFound)
      return nil
    }
    return values.enumerated().map { Node(json: $1, path: path.index($0), loading: loading) }
  }

  /// What can be sent in a URL and read in a table: letters, digits, `_` and `-`, 64 at most.
  static let nameInWords = "a name of 1 to 64 letters, digits, _ and -"

  static func isName(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
  }

  /// `0.1`, `600`.
  static func text(_ number: Double) -> String {
    number == number.rounded() && number.magnitude < 1e15 ? String(Int64(number)) : String(number)
  }
}

extension JSON {
  /// The value for an error message: at most 40 characters of it.
  var shown: String {
    switch self {
    case .object, .array:
      return self == .array([]) ? "an empty list" : kindInWords
    default:
      let text = text
      return text.count <= 40 ? text : text.prefix(39) + "…"
    }
  }
}
