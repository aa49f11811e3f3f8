import HTTPTypes

extension JSONText {
  /// The bytes that a string of a document stands for. The scanner has found its escapes and its UTF-8 good. Half a pair of
  /// surrogates is read as U+FFFD; `keepsHalves` gives each half bytes of its own, which no UTF-8 has, for hashes: two
  /// contents that differ in nothing else must not be taken for one.
  static func withUnescaped<Result>(
    _ written: UnsafeBufferPointer<UInt8>, keepsHalves: Bool = false, _ body: (UnsafeBufferPointer<UInt8>) -> Result
  ) -> Result {
    // No escape is shorter than what it stands for.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: written.count) { buffer in
      let count = unescape(written, keepsHalves: keepsHalves, into: buffer)
      return body(UnsafeBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// The number of bytes written.
  private static func unescape(
    _ written: UnsafeBufferPointer<UInt8>, keepsHalves: Bool, into out: UnsafeMutableBufferPointer<UInt8>
  ) -> Int {
    var count = 0
    var position = 0
    while true {
      let end = plain(written, from: position).end
      while position < end {
        out.initializeElement(at: count, to: written[position])
        position += 1
        count += 1
      }
      guard end + 1 < written.count else { return count }
      // `end` is at a backslash.
      position = end + 2
      let scalar: UInt32
      switch written[end + 1] {
      case UInt8(ascii: "b"): scalar = 0x08
      case UInt8(ascii: "f"): scalar = 0x0C
      case UInt8(ascii: "n"): scalar = 0x0A
      case UInt8(ascii: "r"): scalar = 0x0D
      case UInt8(ascii: "t"): scalar = 0x09
      case UInt8(ascii: "u"): scalar = unicodeEscape(written, &position)
      case let byte: scalar = UInt32(byte)
      }
      if keepsHalves, halves.contains(scalar) {
        for byte in [0xED, UInt8(0x80 | scalar >> 6 & 0x3F), UInt8(0x80 | scalar & 0x3F)] {
          out.initializeElement(at: count, to: byte)
          count += 1
        }
        continue
      }
      for byte in UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}").unsafelyUnwrapped {
        out.initializeElement(at: count, to: byte)
        count += 1
      }
    }
  }

  /// Code points of surrogates (RFC 3629 §3: none of them is a character).
  private static let halves: ClosedRange<UInt32> = 0xD800...0xDFFF

  /// The code point; a pair of surrogates is one character.
  private static func unicodeEscape(_ written: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> UInt32 {
    let first = fourHexDigits(written, at: position)
    position += 4
    if (0xD800...0xDBFF).contains(first), position + 6 <= written.count, written[position] == UInt8(ascii: "\\"),
      written[position + 1] == UInt8(ascii: "u")
    {
      let second = fourHexDigits(written, at: position + 2)
      if (0xDC00...0xDFFF).contains(second) {
        position += 6
        return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
      }
    }
    return first
  }

  private static func fourHexDigits(_ written: UnsafeBufferPointer<UInt8>, at position: Int) -> UInt32 {
    var value: UInt32 = 0
    for offset in 0..<4 { value = value << 4 | UInt32(PercentEncoding.hexDigit(written[position + offset]) ?? 0) }
    return value
  }

}
