/// A text by its bytes: what JSON means by equal keys (RFC 8259 §8.3). `==` on strings takes different spellings of one
/// character for equal.
struct Spelling: Hashable {
  let text: String

  static func == (left: Spelling, right: Spelling) -> Bool {
    left.text.isSpelled(as: right.text)
  }

  func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

extension String {
  /// Whether both have the same bytes.
  func isSpelled(as other: String) -> Bool {
    // `==` is the fastest for ASCII, which nearly every key is, and equal bytes are equal for it too.
    utf8.count == other.utf8.count && self == other && (utf8.allSatisfy { $0 < 0x80 } || utf8.elementsEqual(other.utf8))
  }
}
