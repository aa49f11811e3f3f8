/// Phone numbers as text in any spelling.
package enum PhoneNumber {
  /// The digits without punctuation and without the international prefix (`+`, or a leading `00`).
  package static func digits(_ text: String) -> String {
    let digits = text.utf8.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return String(decoding: digits.starts(with: "00".utf8) ? digits.dropFirst(2) : digits[...], as: UTF8.self)
  }
}
