extension JSON {
  /// Compact JSON: no spaces, members in their order, only what must be escaped is (RFC 8259 §7).
  package var text: String {
    String(decoding: bytes, as: UTF8.self)
  }

  package var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.write(self)
    return Array(writer.out.bytes)
  }
}

private struct JSONWriter: ~Copyable {
  var out = ByteBuffer(capacity: 1024)

  mutating func write(_ value: JSON) {
    switch value {
    case .null: out.append("null")
    case .bool(let flag): out.append(flag ? "true" : "false")
    case .number(.integer(let value)): value.withDecimalDigits { out.append(contentsOf: $0) }
    case .number(let number): out.append(number.text)
    case .string(let text): write(text)
    case .array(let elements): write(elements)
    case .object(let object): write(object)
    }
  }

  private mutating func write(_ elements: [JSON]) {
    out.append(UInt8(ascii: "["))
    for (index, element) in elements.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      write(element)
    }
    out.append(UInt8(ascii: "]"))
  }

  private mutating func write(_ object: JSONObject) {
    out.append(UInt8(ascii: "{"))
    for (index, member) in object.members.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      write(member.key)
      out.append(UInt8(ascii: ":"))
      write(member.value)
    }
    out.append(UInt8(ascii: "}"))
  }

  private mutating func write(_ text: String) {
    JSON.write(quoted: text, to: &out)
  }
}

extension JSON {
  /// Appends the text in quotes with only what must be escaped (RFC 8259 §7): for writers that build no `JSON` value.
  package static func append(quoted text: String, to bytes: inout [UInt8]) {
    write(quoted: text, to: &bytes)
  }

  static func write(quoted text: String, to bytes: inout some ByteSink & ~Copyable) {
    var text = text
    text.withUTF8 { write(quoted: $0, to: &bytes) }
  }

  static func write(quoted utf8: UnsafeBufferPointer<UInt8>, to bytes: inout some ByteSink & ~Copyable) {
    bytes.append(UInt8(ascii: "\""))
    var start = 0
    while true {
      let end = JSONText.plain(utf8, from: start).end
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<end]))
      guard end < utf8.count else { break }
      escape(utf8[end], to: &bytes)
      start = end + 1
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func escape(_ byte: UInt8, to bytes: inout some ByteSink & ~Copyable) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case 0x0A: bytes.append(UInt8(ascii: "n"))
    case 0x0D: bytes.append(UInt8(ascii: "r"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    case 0..<0x20:
      var digits = (byte < 0x10 ? "u000" : "u00") + String(byte, radix: 16)
      digits.withUTF8 { bytes.append(contentsOf: $0) }
    default: bytes.append(byte)
    }
  }
}
