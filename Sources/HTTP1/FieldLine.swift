/// One line of a head or of trailers: `name: value` (RFC 9112 §5).
struct FieldLine {
  /// In lower case.
  let name: String
  /// Without the spaces and tabs around it.
  let value: String

  init(_ line: Span<UInt8>) throws(ParseError) {
    if !line.isEmpty, Byte.isBlank(line[0]) {
      throw ParseError(400, "a field goes on in the next line (obs-fold), or a line begins with a space")
    }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { throw ParseError(400, "a field has no colon") }
    guard colon > 0, let name = Self.lowercasedToken(line.extracting(..<colon)) else {
      throw ParseError(400, "a field name is empty or has a character that no token has, such as a space")
    }
    var start = colon + 1
    var end = line.count
    while start < end, Byte.isBlank(line[start]) { start += 1 }
    while end > start, Byte.isBlank(line[end - 1]) { end -= 1 }
    let value = line.extracting(start..<end)
    for index in value.indices where Byte.isControl(value[index]) {
      throw ParseError(400, "a field value has a control character")
    }
    self.name = name
    self.value = value.text
  }

  /// nil where a byte is none of a token's. One pass, and no allocation up to 15 bytes, which most names have.
  private static func lowercasedToken(_ bytes: Span<UInt8>) -> String? {
    var isToken = true
    let text = String(unsafeUninitializedCapacity: bytes.count) { out in
      for index in bytes.indices {
        let byte = bytes[index]
        isToken = isToken && Byte.isToken(byte)
        // What is no token may be no UTF-8 either, and is thrown away below.
        out[index] = byte < 128 ? Byte.lowered(byte) : UInt8(ascii: "?")
      }
      return bytes.count
    }
    return isToken ? text : nil
  }
}
