extension JSONParser {
  mutating func string() throws(JSONError) -> String {
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
    if string.hasEndlessCharacter {
      throw JSONError(offset: start, reason: "more than \(String.combiningLimit) combining characters in a row")
    }
    return string
  }
}
