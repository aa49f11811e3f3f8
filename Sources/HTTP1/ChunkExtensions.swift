/// What may stand behind a chunk's size (RFC 9112 §7.1.1):
///
///     *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] )
///
/// None means anything here, but a reader that minds the quotes and one that does not would see two messages.
struct ChunkExtensions {
  private var position = 0

  static func areSound(_ text: Span<UInt8>) -> Bool {
    var reader = ChunkExtensions()
    while reader.position < text.count {
      guard reader.takeOne(text) else { return false }
    }
    return true
  }

  private mutating func takeOne(_ text: Span<UInt8>) -> Bool {
    guard take(UInt8(ascii: ";"), text), takeToken(text) else { return false }
    let end = position
    guard take(UInt8(ascii: "="), text) else {
      position = end
      return true
    }
    return position < text.count && text[position] == UInt8(ascii: "\"") ? takeQuoted(text) : takeToken(text)
  }

  /// The byte, with blanks around it.
  private mutating func take(_ byte: UInt8, _ text: Span<UInt8>) -> Bool {
    skipBlanks(text)
    guard position < text.count, text[position] == byte else { return false }
    position += 1
    skipBlanks(text)
    return true
  }

  private mutating func skipBlanks(_ text: Span<UInt8>) {
    while position < text.count, Byte.isBlank(text[position]) { position += 1 }
  }

  private mutating func takeToken(_ text: Span<UInt8>) -> Bool {
    let start = position
    while position < text.count, Byte.isToken(text[position]) { position += 1 }
    return position > start
  }

  /// RFC 9110 §5.6.4: any byte but a control character, a backslash only before another.
  private mutating func takeQuoted(_ text: Span<UInt8>) -> Bool {
    position += 1
    while position < text.count {
      let byte = text[position]
      position += 1
      if byte == UInt8(ascii: "\"") { return true }
      if Byte.isControl(byte) { return false }
      if byte == UInt8(ascii: "\\") {
        guard position < text.count, !Byte.isControl(text[position]) else { return false }
        position += 1
      }
    }
    return false
  }
}
