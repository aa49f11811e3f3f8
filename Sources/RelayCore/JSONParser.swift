/// Why a text is not JSON, and where.
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The byte at which reading stopped, from 0.
  package let offset: Int
  package let reason: String

  package var description: String { "\(reason) at byte \(offset)" }
}

/// A strict reader of RFC 8259 over the raw bytes: accepts what the grammar accepts, refuses what it refuses, and refuses
/// invalid UTF-8. Nesting is limited, and so are combining characters in a row; duplicate keys are accepted and the last
/// wins. An escaped surrogate without its other half is within the grammar: it reads as U+FFFD (the raw bytes are kept
/// elsewhere).
package struct JSONParser {
  /// Levels of objects and lists inside each other.
  package static let defaultDepth = 64

  let bytes: UnsafeBufferPointer<UInt8>
  private let depthLimit: Int
  private let zeroLedNumbersAreText: Bool
  var position = 0

  /// `zeroLedNumbersAreText`: reads digits behind a needless zero (`04471000000`), which the grammar refuses, as text.
  package static func parse(
    _ bytes: [UInt8], depth: Int = defaultDepth, zeroLedNumbersAreText: Bool = false
  ) throws(JSONError) -> JSON {
    let result = bytes.withUnsafeBufferPointer { buffer in
      parse(buffer, depth: depth, zeroLedNumbersAreText: zeroLedNumbersAreText)
    }
    return try result.get()
  }

  package static func parse(_ text: String, depth: Int = defaultDepth) throws(JSONError) -> JSON {
    var text = text
    return try text.withUTF8 { parse($0, depth: depth, zeroLedNumbersAreText: false) }.get()
  }

  private static func parse(
    _ bytes: UnsafeBufferPointer<UInt8>, depth: Int, zeroLedNumbersAreText: Bool
  ) -> Result<JSON, JSONError> {
    Result { () throws(JSONError) -> JSON in
      var parser = JSONParser(bytes: bytes, depthLimit: depth, zeroLedNumbersAreText: zeroLedNumbersAreText)
      return try parser.document()
    }
  }

  private init(bytes: UnsafeBufferPointer<UInt8>, depthLimit: Int, zeroLedNumbersAreText: Bool) {
    self.bytes = bytes
    self.depthLimit = depthLimit
    self.zeroLedNumbersAreText = zeroLedNumbersAreText
  }

  private mutating func document() throws(JSONError) -> JSON {
    skipWhitespace()
    let value = try value(depth: 0)
    skipWhitespace()
    guard position == bytes.count else { throw failure("expected the end of the text") }
    return value
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSON {
    guard position < bytes.count else { throw failure("expected a value, found the end of the text") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return try object(depth: depth + 1)
    case UInt8(ascii: "["): return try array(depth: depth + 1)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "0") where zeroLedNumbersAreText:
      if let text = zeroLedDigits() { return .string(text) }
      return .number(try number())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    default: throw failure("expected a value")
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSON {
    guard depth <= depthLimit else { throw failure("nested deeper than \(depthLimit) levels") }
    position += 1
    var members: [JSONObject.Member] = []
    skipWhitespace()
    if take(UInt8(ascii: "}")) { return .object(JSONObject()) }
    members.reserveCapacity(depth == 1 ? 24 : 4)
    while true {
      skipWhitespace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
        let isBehindComma = !members.isEmpty && position < bytes.count && bytes[position] == UInt8(ascii: "}")
        throw failure(isBehindComma ? "a comma stands before '}'" : "expected a key in quotes")
      }
      let start = position + 1
      let key = try string()
      // An escape is longer than what it stands for.
      let isAsSent = key.utf8.count == position - 1 - start
      let head = isAsSent ? JSONText.head(bytes, at: start, count: key.utf8.count) : JSONText.head(key)
      skipWhitespace()
      guard take(UInt8(ascii: ":")) else { throw failure("expected ':' behind the key") }
      skipWhitespace()
      members.append(JSONObject.Member(key: key, keyHead: head, value: try value(depth: depth)))
      skipWhitespace()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "}")) else { throw failure("expected ',' or '}'") }
      return .object(JSONObject(members))
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSON {
    guard depth <= depthLimit else { throw failure("nested deeper than \(depthLimit) levels") }
    position += 1
    var elements: [JSON] = []
    skipWhitespace()
    if take(UInt8(ascii: "]")) { return .array([]) }
    while true {
      skipWhitespace()
      elements.append(try value(depth: depth))
      skipWhitespace()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "]")) else { throw failure("expected ',' or ']'") }
      return .array(elements)
    }
  }

  private mutating func literal(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    for index in 0..<word.utf8CodeUnitCount {
      guard position < bytes.count, bytes[position] == word.utf8Start[index] else {
        throw failure("expected '\(word)'")
      }
      position += 1
    }
    return value
  }

  private mutating func number() throws(JSONError) -> JSONNumber {
    let start = position
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try digits() }
    var isInteger = true
    if take(UInt8(ascii: ".")) {
      isInteger = false
      try digits()
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isInteger = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    let text = UnsafeBufferPointer(rebasing: bytes[start..<position])
    if isInteger, let value = Self.integer(text) { return .integer(value) }
    return .decimal(String(decoding: text, as: UTF8.self))
  }

  /// nil where the zero at the position has no digit behind it.
  private mutating func zeroLedDigits() -> String? {
    var end = position + 1
    while end < bytes.count, isDigit(bytes[end]) { end += 1 }
    guard end > position + 1 else { return nil }
    defer { position = end }
    return String(decoding: bytes[position..<end], as: UTF8.self)
  }

  private mutating func digits() throws(JSONError) {
    let start = position
    while position < bytes.count, isDigit(bytes[position]) { position += 1 }
    guard position > start else { throw failure("expected a digit") }
  }

  /// nil beyond 64 bits, and for "-0", which is no integer's spelling.
  private static func integer(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
    let negative = text[0] == UInt8(ascii: "-")
    var value: Int64 = 0
    for byte in text[(negative ? 1 : 0)...] {
      let (tens, overflow1) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow2) = tens.subtractingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
      if overflow1 || overflow2 { return nil }
      value = sum
    }
    if negative { return value == 0 ? nil : value }
    return value == .min ? nil : -value
  }

  private func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  private mutating func skipWhitespace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  func failure(_ reason: String) -> JSONError {
    JSONError(offset: position, reason: reason)
  }
}
