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

  /// One spelling for each value: keys sorted by their bytes, numbers in canonical text. What content hashes are taken of.
  package var canonicalBytes: [UInt8] {
    canonicalBytes(without: [])
  }

  /// The canonical bytes of an object less these of its own members (not those of objects inside it); other values are
  /// written whole.
  package func canonicalBytes(without keys: [JSONKey]) -> [UInt8] {
    var writer = JSONWriter(isCanonical: true)
    if case .object(let object) = self {
      writer.write(object, without: keys)
    } else {
      writer.write(self)
    }
    return Array(writer.out.bytes)
  }
}

private struct JSONWriter: ~Copyable {
  let isCanonical: Bool
  var out = ByteBuffer(capacity: 1024)

  init(isCanonical: Bool = false) {
    self.isCanonical = isCanonical
  }

  mutating func write(_ value: JSON) {
    switch value {
    case .null: out.append("null")
    case .bool(let flag): out.append(flag ? "true" : "false")
    case .number(.integer(let value)): value.withDecimalDigits { out.append(contentsOf: $0) }
    case .number(let number): out.append(isCanonical ? number.canonicalText : number.text)
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

  mutating func write(_ object: JSONObject, without keys: [JSONKey] = []) {
    out.append(UInt8(ascii: "{"))
    var isFirst = true
    for (_, position) in order(of: object.members, without: keys) {
      if !isFirst { out.append(UInt8(ascii: ",")) }
      isFirst = false
      write(object.members[position].key)
      out.append(UInt8(ascii: ":"))
      write(object.members[position].value)
    }
    out.append(UInt8(ascii: "}"))
  }

  /// Which members to write, by their positions: sorting these moves no members about.
  private func order(of members: [JSONObject.Member], without keys: [JSONKey]) -> [(head: UInt64, position: Int)] {
    var order: [(head: UInt64, position: Int)] = []
    order.reserveCapacity(members.count)
    for position in members.indices {
      if keys.contains(where: members[position].has) { continue }
      order.append((members[position].keyHead, position))
    }
    guard isCanonical else { return order }
    order.sort { left, right in
      if left.head != right.head { return left.head < right.head }
      return members[left.position].key.utf8.precedes(members[right.position].key.utf8)
    }
    return order
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
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { utf8 in
      var start = 0
      while true {
        let end = JSONText.plain(utf8, from: start).end
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<end]))
        guard end < utf8.count else { break }
        escape(utf8[end], to: &bytes)
        start = end + 1
      }
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
