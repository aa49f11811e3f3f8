/// Looking at the bytes of JSON strings and keys eight at a time: most of the time of reading a record goes by here.
enum JSONText {
  /// From `start` to the first byte that does not stand for itself in a JSON string (RFC 8259 §7: a quotation mark, a
  /// backslash, a control character), or to the end; and whether all before it is ASCII.
  @inline(__always)
  static func plain(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> (end: Int, isASCII: Bool) {
    var position = start
    var union: UInt64 = 0
    while position + 8 <= bytes.count {
      let word = word(bytes, at: position)
      let special = specialBytes(word)
      if special != 0 {
        let bits = UInt64(special.trailingZeroBitCount & ~7)
        union |= word & ((1 << bits) - 1)
        return (position + Int(bits / 8), union & highBits == 0)
      }
      union |= word
      position += 8
    }
    while position < bytes.count {
      let byte = bytes[position]
      if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
      union |= UInt64(byte)
      position += 1
    }
    return (position, union & highBits == 0)
  }

  /// The first eight of these bytes as a big-endian number, zeros where there are fewer: it sorts as the bytes do.
  @inline(__always)
  static func head(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int, count: Int) -> UInt64 {
    if start + 8 <= bytes.count {
      let head = word(bytes, at: start).byteSwapped
      return count >= 8 ? head : head & ~(.max >> UInt64(8 * count))
    }
    var head: UInt64 = 0
    for offset in 0..<8 { head = head << 8 | (offset < count ? UInt64(bytes[start + offset]) : 0) }
    return head
  }

  static let highBits: UInt64 = 0x8080_8080_8080_8080

  /// The first byte in memory is the lowest of the number.
  @inline(__always)
  private static func word(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> UInt64 {
    UInt64(littleEndian: UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: position, as: UInt64.self))
  }

  /// The high bit of each byte that is special; right up to the lowest of them, borrows may set more above it.
  @inline(__always)
  private static func specialBytes(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quote = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
    let backslash = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
    let controls = (word &- ones &* 0x20) & ~word
    return (controls | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)) & highBits
  }
}
