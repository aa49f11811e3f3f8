import HTTPTypes

extension JSONScanner {
  /// From the opening quotation mark; ends behind the closing one.
  mutating func string() throws(JSONError) {
    let start = position + 1
    var (end, isASCII) = JSONText.plain(bytes, from: start)
    // One without an end is shown where it begins.
    guard end < bytes.count else { throw failure("string without an end") }
    position = end
    var (isPlain, isCanonical) = (true, true)
    if bytes[end] == UInt8(ascii: "\\") {
      isPlain = false
      let rest = try untilTheEnd()
      isASCII = rest.isASCII && isASCII
      isCanonical = rest.isCanonical
    } else if bytes[end] != UInt8(ascii: "\"") {
      throw failure("control character in a string")
    }
    end = position
    if !isASCII { try checkUTF8(from: start) }
    if end - start > 2 * String.combiningLimit, !(isASCII && isPlain) { try checkCombining(from: start) }
    append(.string, from: start, isPlain: isPlain, isCanonical: isCanonical)
    position += 1
  }

  /// Reads on where a string has its first backslash, up to its closing quotation mark; whether all of that is ASCII, and
  /// written as the canonical writer writes it.
  private mutating func untilTheEnd() throws(JSONError) -> (isASCII: Bool, isCanonical: Bool) {
    var (isASCII, isCanonical) = (true, true)
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        return (isASCII, isCanonical)
      case UInt8(ascii: "\\"):
        position += 1
        isCanonical = try escape() && isCanonical
      case 0..<0x20:
        throw failure("control character in a string")
      default:
        let (end, isPartASCII) = JSONText.plain(bytes, from: position)
        position = end
        isASCII = isASCII && isPartASCII
      }
    }
    throw failure("string without an end")
  }

  /// Whether the canonical writer escapes the character in the same way.
  private mutating func escape() throws(JSONError) -> Bool {
    guard position < bytes.count else { throw failure("string without an end") }
    switch bytes[position] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position += 1
      return true
    case UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"):
      position += 1
      return false
    case UInt8(ascii: "u"):
      position += 1
      try fourHexDigits()
      return false
    default:
      throw failure("unknown escape in a string")
    }
  }

  private mutating func fourHexDigits() throws(JSONError) {
    for _ in 0..<4 {
      guard position < bytes.count else { throw failure("string without an end") }
      guard PercentEncoding.hexDigit(bytes[position]) != nil else {
        throw failure("expected four hex digits behind \\u")
      }
      position += 1
    }
  }

  /// Escapes are ASCII and stand for whole characters: what is valid as it is written is valid as it reads.
  private func checkUTF8(from start: Int) throws(JSONError) {
    do {
      _ = try UTF8Span(validating: UnsafeBufferPointer(rebasing: bytes[start..<position]).span)
    } catch {
      throw JSONError(offset: start, reason: "invalid UTF-8 in a string")
    }
  }

  private func checkCombining(from start: Int) throws(JSONError) {
    let isEndless = JSONText.withUnescaped(UnsafeBufferPointer(rebasing: bytes[start..<position])) {
      String(decoding: $0, as: UTF8.self).hasEndlessCharacter
    }
    if isEndless {
      throw JSONError(offset: start, reason: "more than \(String.combiningLimit) combining characters in a row")
    }
  }
}
