import RelayCore

/// What most clauses are: a text or an integer held against others of its kind. Numbers and places in one row of bytes only, so
/// that asking it counts no references: those counts would cost several times what the asking does.
struct PlainTest: Sendable {
  enum Kind: UInt8 {
    /// One of the texts.
    case textIs
    case begins, ends
    /// The text is somewhere in the value.
    case holds
    /// Begins with none of the texts, so that it does not match; or it is not for this test to say.
    case mayBegin
    case less, lessOrEqual, greater, greaterOrEqual, integerIs
  }

  let kind: Kind
  /// The answer is turned round: `$neq`, `$nin`.
  var negates = false
  /// Of the places of texts.
  var texts: Range<Int> = 0..<0
  var integer: Int64 = 0
}

/// The texts of plain tests, in one row.
struct PlainTexts: Sendable {
  struct Place: Sendable {
    let start: Int
    let count: Int
    let isASCII: Bool
  }

  private(set) var bytes: [UInt8] = []
  private(set) var places: [Place] = []

  mutating func add(_ texts: [String]) -> Range<Int> {
    for text in texts {
      places.append(
        Place(start: bytes.count, count: text.utf8.count, isASCII: text.utf8.allSatisfy { $0 < 0x80 }))
      bytes.append(contentsOf: text.utf8)
    }
    return (places.count - texts.count)..<places.count
  }
}

// MARK: - Making

extension PlainTest {
  /// nil for what asks more. `add`: keeps texts, and says where.
  static func equals(_ operand: JSON, _ add: ([String]) -> Range<Int>) -> PlainTest? {
    switch operand {
    case .string(let text): PlainTest(kind: .textIs, texts: add([text]))
    case .number(.integer(let integer)): PlainTest(kind: .integerIs, integer: integer)
    default: nil
    }
  }

  static func compares(
    _ comparison: FilterOperator.Comparison, _ operand: JSON, _ add: ([String]) -> Range<Int>
  ) -> PlainTest? {
    switch (comparison, operand) {
    case (.equal, _): return equals(operand, add)
    case (.notEqual, _):
      var test = equals(operand, add)
      test?.negates = true
      return test
    case (.startsWith, .string(let text)): return PlainTest(kind: .begins, texts: add([text]))
    case (.endsWith, .string(let text)): return PlainTest(kind: .ends, texts: add([text]))
    case (.less, .number(.integer(let integer))): return PlainTest(kind: .less, integer: integer)
    case (.lessOrEqual, .number(.integer(let integer))): return PlainTest(kind: .lessOrEqual, integer: integer)
    case (.greater, .number(.integer(let integer))): return PlainTest(kind: .greater, integer: integer)
    case (.greaterOrEqual, .number(.integer(let integer))): return PlainTest(kind: .greaterOrEqual, integer: integer)
    case (.among, .string(let text)): return PlainTest(kind: .holds, texts: add([text]))
    case (.notAmong, .string(let text)): return PlainTest(kind: .holds, negates: true, texts: add([text]))
    case (.among, .array(let values)), (.notAmong, .array(let values)):
      let texts = values.compactMap(\.string)
      guard texts.count == values.count else { return nil }
      return PlainTest(kind: .textIs, negates: comparison == .notAmong, texts: add(texts))
    default: return nil
    }
  }

  /// Only what a number of another beginning is answered: the rest asks for the country too.
  static func phone(_ filter: PhoneFilter, _ add: ([String]) -> Range<Int>) -> PlainTest? {
    filter.prefixes.isEmpty ? nil : PlainTest(kind: .mayBegin, texts: add(filter.prefixes.map(\.text)))
  }

  /// The same of a text.
  static func pattern(_ pattern: Pattern, _ add: ([String]) -> Range<Int>) -> PlainTest? {
    pattern.beginning.isEmpty
      ? nil : PlainTest(kind: .mayBegin, texts: add([String(String.UnicodeScalarView(pattern.beginning))]))
  }
}

// MARK: - Asking

/// A value as plain tests see it.
struct PlainValue: Sendable {
  enum Kind: UInt8 {
    case unread, missing, text, integer
    /// Neither a text nor an integer: no plain test can say.
    case other
  }

  var kind: Kind = .unread
  var start = 0
  var count = 0
  var isASCII = false
  var integer: Int64 = 0
}

extension PlainTest {
  /// nil where this can't say, and the whole clause has to be asked. A missing value matches nothing.
  func holds(
    _ value: PlainValue, _ bytes: UnsafeBufferPointer<UInt8>, _ places: UnsafeBufferPointer<PlainTexts.Place>,
    _ texts: UnsafeBufferPointer<UInt8>
  ) -> Bool? {
    switch (value.kind, kind) {
    case (.missing, _): return false
    case (.integer, .less): return value.integer < integer
    case (.integer, .lessOrEqual): return value.integer <= integer
    case (.integer, .greater): return value.integer > integer
    case (.integer, .greaterOrEqual): return value.integer >= integer
    case (.integer, .integerIs): return (value.integer == integer) != negates
    case (.text, .textIs):
      var isCertain = true
      for place in self.texts {
        let text = places[place]
        if Self.equal(value, bytes, text, texts, at: 0, count: value.count), value.count == text.count {
          return !negates
        }
        // Of other letters than ASCII several spellings are one text, which bytes don't tell.
        if !(value.isASCII && text.isASCII) { isCertain = false }
      }
      return isCertain ? negates : nil
    case (.text, .begins):
      let text = places[self.texts.lowerBound]
      return Self.equal(value, bytes, text, texts, at: 0, count: text.count)
    case (.text, .ends):
      let text = places[self.texts.lowerBound]
      return Self.equal(value, bytes, text, texts, at: value.count - text.count, count: text.count)
    case (.text, .holds):
      let text = places[self.texts.lowerBound]
      guard value.count >= text.count else { return negates }
      for start in 0...(value.count - text.count)
      where Self.equal(value, bytes, text, texts, at: start, count: text.count) {
        return !negates
      }
      return negates
    case (.text, .mayBegin):
      for place in self.texts {
        let text = places[place]
        if Self.equal(value, bytes, text, texts, at: 0, count: text.count) { return nil }
      }
      return false
    default: return nil
    }
  }

  /// Whether `count` bytes of the value from `start` on are those that the text begins with.
  private static func equal(
    _ value: PlainValue, _ bytes: UnsafeBufferPointer<UInt8>, _ text: PlainTexts.Place,
    _ texts: UnsafeBufferPointer<UInt8>, at start: Int, count: Int
  ) -> Bool {
    guard start >= 0, start + count <= value.count, count <= text.count else { return false }
    for index in 0..<count where bytes[value.start + start + index] != texts[text.start + index] { return false }
    return true
  }
}
