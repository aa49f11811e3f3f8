/// Finds an agent's name as a word of its own, in any case of ASCII letters, also with TeleCMI's `_appid` behind it. A name
/// of digits alone is found only with that.
package struct AgentSearch: Sendable, Equatable {
  /// Lower case.
  let name: [UInt8]
  private let isNumber: Bool

  /// nil where there is no letter or digit in it: `"` or `,` stands in every body.
  package init?(_ text: String) {
    guard text.unicodeScalars.contains(where: { $0.properties.isAlphabetic || $0.properties.numericType != nil }) else {
      return nil
    }
    name = text.utf8.map(Self.lowercased)
    isNumber = name.allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
  }

  func isIn(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count >= name.count else { return false }
    for start in 0...(bytes.count - name.count) where Self.lowercased(bytes[start]) == name[0] {
      if stands(at: start, bytes), isWord(start, start + name.count, bytes) { return true }
    }
    return false
  }

  private func stands(at start: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
    for offset in name.indices where Self.lowercased(bytes[start + offset]) != name[offset] { return false }
    return true
  }

  private func isWord(_ start: Int, _ end: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
    if start > 0, Self.isOfWord(start - 1, next: start - 2, bytes) { return false }
    guard end < bytes.count, Self.isOfWord(end, next: end + 1, bytes) else { return !isNumber }
    guard bytes[end] == UInt8(ascii: "_") else { return false }
    let rest = bytes[(end + 1)...].prefix { Self.isLetterOrDigit($0) }
    return !rest.isEmpty && rest.allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
  }

  /// `.`, `-` and `@` belong to a word where it goes on behind them: `alice.martin`, `alice@example.com`.
  private static func isOfWord(_ place: Int, next: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
    switch bytes[place] {
    case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "@"):
      bytes.indices.contains(next) && isLetterOrDigit(bytes[next])
    default: isLetterOrDigit(bytes[place])
    }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), 0x80...:
      true
    default: false
    }
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}
