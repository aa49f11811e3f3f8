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
    let punctuation: Set<Character> = ["+", " ", "-", ".", "/", "(", ")"]
    guard text.allSatisfy({ ("0"..."9").contains($0) || punctuation.contains($0) }) else { return nil }
    // `+49 (0)30 …`: the zero is for those who call from inside the country.
    let international = text.split(separator: "(0)", omittingEmptySubsequences: false).joined()
    let digits = PhoneNumber.digits(international).drop { $0 == "0" }
    guard !digits.isEmpty else { return nil }
    self.digits = String(digits)
  }

  /// Equal, or one is the other without its country code.
  func isSame(_ other: DialledNumber) -> Bool {
    if digits == other.digits { return true }
    guard min(digits.utf8.count, other.digits.utf8.count) >= Self.leastShared else { return false }
    return digits.hasSuffix(other.digits) || other.digits.hasSuffix(digits)
  }
}
