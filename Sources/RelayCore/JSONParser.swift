/// Why a text is not JSON, and where.
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The byte at which reading stopped, from 0.
  package let offset: Int
  package let reason: String

  package var description: String { "\(reason) at byte \(offset)" }
}

/// A strict reader of RFC 8259 over the raw bytes: accepts what the grammar accepts, refuses what it refuses, and refuses
/// invalid UTF-8. Nesting is limited; duplicate keys are accepted and the last wins. An escaped surrogate without its other
/// half is within the grammar: it reads as U+FFFD (the raw bytes are kept elsewhere).
package struct JSONParser {
  /// Levels of objects and lists inside each other.
  package static let defaultDepth = 64

  private let bytes: UnsafeBufferPointer<UInt8>
  private let depthLimit: Int
  private let zeroLedNumbersAreText: Bool
  private var position = 0

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
        throw failure("expected a key in quotes")
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

  private func failure(_ reason: String) -> JSONError {
    JSONError(offset: position, reason: reason)
  }
}

// MARK: - Strings

extension JSONParser {
  private mutating func string() throws(JSONError) -> String {
    let opening = position
    position += 1
    let start = position
    let (end, isASCII) = JSONText.plain(bytes, from: start)
    position = end
    if end < bytes.count {
      if bytes[end] == UInt8(ascii: "\\") { return try escapedString(from: start) }
      guard bytes[end] == UInt8(ascii: "\"") else { throw failure("control character in a string") }
      let text = UnsafeBufferPointer(rebasing: bytes[start..<end])
      // Validating costs more than all else in here, and ASCII needs none.
      let string = isASCII ? String(decoding: text, as: UTF8.self) : try validated(text, from: start)
      position += 1
      return string
    }
    position = opening
    throw failure("string without an end")
  }

  /// Reads on where a string has its first backslash.
  private mutating func escapedString(from start: Int) throws(JSONError) -> String {
    var out: [UInt8] = []
    out.reserveCapacity(64)
    out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<position]))
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        return try out.withUnsafeBufferPointer { text -> Result<String, JSONError> in
          if JSONText.isASCII(text) { return .success(String(decoding: text, as: UTF8.self)) }
          return Result { () throws(JSONError) -> String in try validated(text, from: start) }
        }.get()
      case UInt8(ascii: "\\"):
        position += 1
        try escape(into: &out)
      case 0..<0x20:
        throw failure("control character in a string")
      default:
        let end = JSONText.plain(bytes, from: position).end
        out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[position..<end]))
        position = end
      }
    }
    throw failure("string without an end")
  }

  private mutating func escape(into out: inout [UInt8]) throws(JSONError) {
    guard position < bytes.count else { throw failure("string without an end") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
    case UInt8(ascii: "b"): out.append(0x08)
    case UInt8(ascii: "f"): out.append(0x0C)
    case UInt8(ascii: "n"): out.append(0x0A)
    case UInt8(ascii: "r"): out.append(0x0D)
    case UInt8(ascii: "t"): out.append(0x09)
    case UInt8(ascii: "u"): out.append(contentsOf: String(Character(try unicodeEscape())).utf8)
    default:
      position -= 1
      throw failure("unknown escape in a string")
    }
  }

  private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
    let first = try fourHexDigits()
    if (0xD800...0xDBFF).contains(first), position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u")
    {
      let behindFirst = position
      position += 2
      let second = try fourHexDigits()
      if (0xDC00...0xDFFF).contains(second) {
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
      }
      position = behindFirst
    }
    return Unicode.Scalar(first) ?? "\u{FFFD}"
  }

  private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count else { throw failure("string without an end") }
      let byte = bytes[position]
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw failure("expected four hex digits behind \\u")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  private func validated(_ text: UnsafeBufferPointer<UInt8>, from start: Int) throws(JSONError) -> String {
    guard let string = String(validating: text, as: UTF8.self) else {
      throw JSONError(offset: start, reason: "invalid UTF-8 in a string")
    }
    return string
  }
}
