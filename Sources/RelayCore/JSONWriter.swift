extension JSON {
  /// Compact JSON: no spaces, members in their order, only what must be escaped is (RFC 8259 §7).
  package var text: String {
    String(decoding: bytes, as: UTF8.self)
  }

  package var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.write(self)
    return writer.bytes
  }

  /// Indented by two spaces a level, for people.
  package var prettyText: String {
    var writer = JSONWriter(isPretty: true)
    writer.write(self)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// One spelling for each value: keys sorted by their bytes, numbers in canonical text. What content hashes are taken of.
  package var canonicalBytes: [UInt8] {
    canonicalBytes(without: [])
  }

  /// The canonical bytes of an object less these of its own members (not those of objects inside it); other values are
  /// written whole.
  package func canonicalBytes(without keys: [String]) -> [UInt8] {
    var writer = JSONWriter(isCanonical: true)
    if case .object(let object) = self {
      writer.write(object, without: keys)
    } else {
      writer.write(self)
    }
    return writer.bytes
  }
}

private struct JSONWriter {
  var isPretty = false
  var isCanonical = false
  var bytes: [UInt8] = []
  private var level = 0

  init(isPretty: Bool = false, isCanonical: Bool = false) {
    self.isPretty = isPretty
    self.isCanonical = isCanonical
    bytes.reserveCapacity(512)
  }

  mutating func write(_ value: JSON) {
    switch value {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .bool(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
    case .number(let number): bytes.append(contentsOf: (isCanonical ? number.canonicalText : number.text).utf8)
    case .string(let text): write(text)
    case .array(let elements): write(elements)
    case .object(let object): write(object)
    }
  }

  private mutating func write(_ elements: [JSON]) {
    bytes.append(UInt8(ascii: "["))
    level += 1
    for (index, element) in elements.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      newLine()
      write(element)
    }
    level -= 1
    if !elements.isEmpty { newLine() }
    bytes.append(UInt8(ascii: "]"))
  }

  mutating func write(_ object: JSONObject, without keys: [String] = []) {
    bytes.append(UInt8(ascii: "{"))
    level += 1
    let members =
      isCanonical
      ? object.members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } : object.members
    var isFirst = true
    for member in members where !keys.contains(member.key) {
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      newLine()
      write(member.key)
      bytes.append(UInt8(ascii: ":"))
      if isPretty { bytes.append(UInt8(ascii: " ")) }
      write(member.value)
    }
    level -= 1
    if !isFirst { newLine() }
    bytes.append(UInt8(ascii: "}"))
  }

  private mutating func newLine() {
    guard isPretty else { return }
    bytes.append(UInt8(ascii: "\n"))
    for _ in 0..<level { bytes.append(contentsOf: "  ".utf8) }
  }

  private mutating func write(_ text: String) {
    JSON.append(quoted: text, to: &bytes)
  }
}

extension JSON {
  /// Appends the text in quotes with only what must be escaped (RFC 8259 §7): for writers that build no `JSON` value.
  package static func append(quoted text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0x0A: bytes.append(contentsOf: "\\n".utf8)
      case 0x0D: bytes.append(contentsOf: "\\r".utf8)
      case 0x09: bytes.append(contentsOf: "\\t".utf8)
      case 0..<0x20:
        bytes.append(contentsOf: (byte < 0x10 ? "\\u000" : "\\u00").utf8)
        bytes.append(contentsOf: String(byte, radix: 16).utf8)
      default:
        bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
