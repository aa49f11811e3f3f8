import Glibc

/// The bytes that the grammar names, and questions about runs of them.
enum Byte {
  static let tab: UInt8 = 0x09
  static let lineFeed: UInt8 = 0x0A
  static let carriageReturn: UInt8 = 0x0D
  static let space: UInt8 = 0x20

  // Bit n of a word stands for the character n, or 64 + n: a set is two constants, and asking it is a shift.
  private static var tokenLow: UInt64 { 0x03FF_6CFA_0000_0000 }  // !#$%&'*+-. and digits
  private static var tokenHigh: UInt64 { 0x57FF_FFFF_C7FF_FFFE }  // letters and ^_`|~
  private static var hostLow: UInt64 { 0x2BFF_6FF2_0000_0000 }  // !$%&'()*+-.;= and digits
  private static var hostHigh: UInt64 { 0x47FF_FFFE_87FF_FFFE }  // letters and _~

  /// tchar, RFC 9110 §5.6.2.
  static func isToken(_ byte: UInt8) -> Bool {
    byte < 128 && (byte < 64 ? tokenLow : tokenHigh) >> UInt64(byte & 63) & 1 == 1
  }

  /// What a reg-name is made of (RFC 3986 §3.2.2), less the comma, which would be two hosts joined.
  static func isHostName(_ byte: UInt8) -> Bool {
    byte < 128 && (byte < 64 ? hostLow : hostHigh) >> UInt64(byte & 63) & 1 == 1
  }

  static func isDigit(_ byte: UInt8) -> Bool {
    byte &- 0x30 < 10
  }

  static func isBlank(_ byte: UInt8) -> Bool {
    byte == space || byte == tab
  }

  /// What no field value may have (RFC 9110 §5.5), the tab excepted.
  static func isControl(_ byte: UInt8) -> Bool {
    byte < 0x20 && byte != tab || byte == 0x7F
  }

  static func lowered(_ byte: UInt8) -> UInt8 {
    byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
  }
}

extension Span<UInt8> {
  /// The first place of the byte at or behind `start`.
  func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
    withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress, start < bytes.count,
        let found = memchr(base + start, Int32(byte), bytes.count - start)
      else { return nil }
      return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }
  }

  func isEqual(to text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    for index in indices where self[index] != text.utf8Start[index] { return false }
    return true
  }

  /// Without regard to the case of ASCII letters. `text` in lower case.
  func isEqual(toLowercased text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    for index in indices where Byte.lowered(self[index]) != text.utf8Start[index] { return false }
    return true
  }

  /// Without regard to the case of ASCII letters. `text` in lower case.
  func hasPrefix(lowercased text: StaticString) -> Bool {
    count >= text.utf8CodeUnitCount && extracting(..<text.utf8CodeUnitCount).isEqual(toLowercased: text)
  }

  /// The text of these bytes. What is not UTF-8 is read as ISO 8859-1, so that no byte is lost (RFC 9110 §5.5, obs-text).
  var text: String {
    withUnsafeBufferPointer { bytes in
      // The usual case on a way that does not go through the general validator.
      if bytes.reduce(0, |) < 0x80 { return String(decoding: bytes, as: UTF8.self) }
      if let text = String(validating: bytes, as: UTF8.self) { return text }
      var scalars = String.UnicodeScalarView()
      for byte in bytes { scalars.append(Unicode.Scalar(byte)) }
      return String(scalars)
    }
  }
}
