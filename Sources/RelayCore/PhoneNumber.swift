/// Phone numbers as text in any spelling.
package enum PhoneNumber {
  /// The digits without punctuation and without the international prefix (`+`, or a leading `00`).
  package static func digits(_ text: String) -> String {
    let digits = text.unicodeScalars.filter { ("0"..."9").contains($0) }
    let plain = String(String.UnicodeScalarView(digits))
    return plain.hasPrefix("00") ? String(plain.dropFirst(2)) : plain
  }
}
