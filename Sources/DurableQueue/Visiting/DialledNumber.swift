import RelayCore

/// A phone number as people and providers write it, for comparing spellings: `+33 6 39 98 00 42`, `0033639980042` and
/// `06 39 98 00 42` are the same.
struct DialledNumber {
  /// Fewer digits than these tell no two numbers apart: shorter ones (extensions) must be equal.
  static let leastShared = 7

  /// Without international prefix and without the trunk zero of a national spelling.
  let digits: String

  /// nil for text that holds other characters than numbers are written with, or no digit.
  init?(_ text: String) {
    guard text.utf8.allSatisfy(Self.isWrittenWith) else { return nil }
    // `+49 (0)30 …`: the zero is for those who call from inside the country.
    let international =
      text.utf8.contains(UInt8(ascii: "("))
      ? text.split(separator: "(0)", omittingEmptySubsequences: false).joined() : text
    let zero = UInt8(ascii: "0")
    let digits = international.utf8.filter { (zero...UInt8(ascii: "9")).contains($0) }.drop { $0 == zero }
    guard !digits.isEmpty else { return nil }
    self.digits = String(decoding: digits, as: UTF8.self)
  }

  private static func isWrittenWith(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+ -./()".utf8.contains(byte)
  }

  /// Equal, or one is the other without its country code.
  func isSame(_ other: DialledNumber) -> Bool {
    if digits == other.digits { return true }
    guard min(digits.utf8.count, other.digits.utf8.count) >= Self.leastShared else { return false }
    return digits.hasSuffix(other.digits) || other.digits.hasSuffix(digits)
  }
}
