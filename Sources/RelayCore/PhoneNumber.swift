/// Phone numbers as text: searching them in any spelling, and hiding them in logs.
package enum PhoneNumber {
  /// The digits without punctuation and without the international prefix (`+`, or a leading `00`).
  package static func digits(_ text: String) -> String {
    let digits = text.unicodeScalars.filter { ("0"..."9").contains($0) }
    let plain = String(String.UnicodeScalarView(digits))
    return plain.hasPrefix("00") ? String(plain.dropFirst(2)) : plain
  }

  /// All but the last three digits as `*`: `+33639980042` is `*********042`.
  package static func masked(_ text: String) -> String {
    let digits = digits(text)
    return String(repeating: "*", count: max(0, digits.count - 3)) + digits.suffix(3)
  }
}
