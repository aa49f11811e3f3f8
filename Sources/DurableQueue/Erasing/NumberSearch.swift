/// Finds a phone number in text of any kind: `+33639980042`, `0033 6 39 98 00 42`, `06.39.98.00.42` and `33639980042` within
/// a file name are the same. What it takes for the number ends with all its digits, or is its end, of eight digits at least.
package struct NumberSearch: Sendable, Equatable {
  /// Fewer are no phone number of one person: durations and ids would be taken for it.
  package static let leastDigits = 8
  /// Characters between two digits of one number; those beyond ASCII have several bytes.
  private static let mostSeparators = 4

  /// In ASCII, without international prefix and trunk zero.
  let digits: [UInt8]

  /// nil for what is no phone number, or too short.
  package init?(_ text: String) {
    guard let number = DialledNumber(text), number.digits.utf8.count >= Self.leastDigits else { return nil }
    digits = Array(number.digits.utf8)
  }

  func isIn(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let last = digits[digits.count - 1]
    for place in bytes.indices where bytes[place] == last {
      let isEnd = place + 1 == bytes.count || !Self.isDigit(bytes[place + 1])
      if isEnd, ends(at: place, bytes) { return true }
    }
    return false
  }

  /// Compares from the last digit back.
  private func ends(at end: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
    var place = end
    var left = digits.count
    var separators = 0
    var isEnough: Bool { digits.count - left >= Self.leastDigits }
    while place >= 0 {
      let byte = bytes[place]
      if byte == digits[left - 1] {
        left -= 1
        // Whatever stands before is another spelling of its beginning, or belongs to something else.
        if left == 0 { return true }
        separators = 0
      } else if Self.isDigit(byte) {
        if byte == UInt8(ascii: "0"), place > 0, bytes[place - 1] == UInt8(ascii: "("), separators > 0 {
          // `+33 (0)6 …`
          place -= 1
        } else {
          let isTrunkZero = byte == UInt8(ascii: "0") && (place == 0 || !Self.isDigit(bytes[place - 1]))
          return isEnough && (isTrunkZero || separators > 0)
        }
      } else {
        separators += 1
        if !Self.isSeparator(byte) || separators > Self.mostSeparators { return isEnough }
      }
      place -= 1
    }
    return isEnough
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte &- UInt8(ascii: "0") < 10
  }

  /// Also the bytes of no-break spaces and hyphens (U+00A0, U+202F, U+2011).
  private static func isSeparator(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "("),
      UInt8(ascii: ")"), UInt8(ascii: "+"), UInt8(ascii: "\\"), 0xC2, 0xA0, 0xE2, 0x80, 0xAF, 0x91:
      true
    default: false
    }
  }
}
