/// Text out of its transport spelling, roughly: for finding, not for reading.
enum Unescaped {
  /// `%XX` and `\uXXXX` read; nil where there is none.
  static func bytes(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    guard let first = bytes.indices.first(where: { begins(bytes, $0) }) else { return nil }
    var plain = Array(bytes[..<first])
    plain.reserveCapacity(bytes.count)
    var place = first
    while place < bytes.count {
      if bytes[place] == UInt8(ascii: "%"), let value = hex(bytes, place + 1, 2) {
        plain.append(UInt8(value))
        place += 3
      } else if bytes[place] == UInt8(ascii: "\\"), place + 1 < bytes.count, bytes[place + 1] == UInt8(ascii: "u"),
        let value = hex(bytes, place + 2, 4)
      {
        plain.append(contentsOf: String(Unicode.Scalar(value) ?? "\u{FFFD}").utf8)
        place += 6
      } else {
        plain.append(bytes[place])
        place += 1
      }
    }
    return plain
  }

  private static func begins(_ bytes: UnsafeRawBufferPointer, _ place: Int) -> Bool {
    switch bytes[place] {
    case UInt8(ascii: "%"): hex(bytes, place + 1, 2) != nil
    case UInt8(ascii: "\\"): place + 1 < bytes.count && bytes[place + 1] == UInt8(ascii: "u")
    default: false
    }
  }

  private static func hex(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> UInt32? {
    guard start + count <= bytes.count else { return nil }
    var value: UInt32 = 0
    for byte in bytes[start..<(start + count)] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      value = value << 4 | UInt32(digit)
    }
    return value
  }
}
