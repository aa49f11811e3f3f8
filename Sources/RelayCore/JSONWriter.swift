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
    let members = isCanonical ? sorted(object.members) : object.members
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

  private func sorted(_ members: [JSONObject.Member]) -> [JSONObject.Member] {
    // Strings in native UTF-8 compare in place; sorting positions moves no members about.
    let order = members.indices.sorted { members[$0].key.utf8.precedes(members[$1].key.utf8) }
    return order.map { members[$0] }
  }

  private mutating func write(_ text: String) {
    JSON.append(quoted: text, to: &bytes)
  }
}

extension JSON {
  /// Appends the text in quotes with only what must be escaped (RFC 8259 §7): for writers that build no `JSON` value.
  package static func append(quoted text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { utf8 in
      var start = 0
      for position in utf8.indices where mustBeEscaped(utf8[position]) {
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<position]))
        escape(utf8[position], to: &bytes)
        start = position + 1
      }
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start...]))
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func mustBeEscaped(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  private static func escape(_ byte: UInt8, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case 0x0A: bytes.append(UInt8(ascii: "n"))
    case 0x0D: bytes.append(UInt8(ascii: "r"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    case 0..<0x20:
      bytes.append(contentsOf: (byte < 0x10 ? "u000" : "u00").utf8)
      bytes.append(contentsOf: String(byte, radix: 16).utf8)
    default: bytes.append(byte)
    }
  }
}

extension String.UTF8View {
  /// Byte by byte; `lexicographicallyPrecedes` walks iterators, which costs ten times as much.
  fileprivate func precedes(_ other: String.UTF8View) -> Bool {
    let result = withContiguousStorageIfAvailable { left in
      other.withContiguousStorageIfAvailable { right in
        for index in 0..<Swift.min(left.count, right.count) where left[index] != right[index] {
          return left[index] < right[index]
        }
        return left.count < right.count
      }
    }
    return (result ?? nil) ?? lexicographicallyPrecedes(other)
  }
}
