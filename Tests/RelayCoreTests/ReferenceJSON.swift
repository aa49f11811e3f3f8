import RelayCore

/// A JSON value as a second reader sees it, which shares no code with the first: texts are bytes, numbers as written.
indirect enum ReferenceJSON {
  case null
  case bool(Bool)
  case number(String)
  case string([UInt8])
  case array([ReferenceJSON])
  case object([(key: [UInt8], value: ReferenceJSON)])

  /// The grammar of RFC 8259, rule by rule; nil for what it refuses. Of duplicate keys the last wins in the first's place.
  init?(_ bytes: [UInt8], depth: Int = JSONParser.defaultDepth) {
    var reader = ReferenceReader(bytes: bytes, depthLimit: depth)
    reader.whitespace()
    guard let value = reader.value(0) else { return nil }
    reader.whitespace()
    guard reader.place == bytes.count else { return nil }
    self = value
  }

  func isSame(as value: JSON) -> Bool {
    switch (self, value) {
    case (.null, .null): true
    case (.bool(let mine), .bool(let its)): mine == its
    case (.number(let mine), .number(let its)): mine == its.text
    case (.string(let mine), .string(let its)): mine == Array(its.utf8)
    case (.array(let mine), .array(let its)):
      mine.count == its.count && zip(mine, its).allSatisfy { $0.isSame(as: $1) }
    case (.object(let mine), .object(let its)):
      mine.count == its.count
        && zip(mine, its.members).allSatisfy { $0.key == Array($1.key.utf8) && $0.value.isSame(as: $1.value) }
    default: false
    }
  }
}

private struct ReferenceReader {
  let bytes: [UInt8]
  let depthLimit: Int
  var place = 0

  private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

  private mutating func take(_ text: String) -> Bool {
    guard bytes[place...].starts(with: text.utf8) else { return false }
    place += text.utf8.count
    return true
  }

  /// §2: four characters and no others.
  mutating func whitespace() {
    while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { place += 1 }
  }

  /// §3.
  mutating func value(_ depth: Int) -> ReferenceJSON? {
    if take("null") { return .null }
    if take("true") { return .bool(true) }
    if take("false") { return .bool(false) }
    switch next {
    case UInt8(ascii: "{"): return depth < depthLimit ? object(depth + 1) : nil
    case UInt8(ascii: "["): return depth < depthLimit ? array(depth + 1) : nil
    case UInt8(ascii: "\""): return string().map { .string($0) }
    default: return number().map { .number($0) }
    }
  }

  /// §4.
  private mutating func object(_ depth: Int) -> ReferenceJSON? {
    var members: [(key: [UInt8], value: ReferenceJSON)] = []
    place += 1
    whitespace()
    if take("}") { return .object([]) }
    repeat {
      whitespace()
      guard let key = string() else { return nil }
      whitespace()
      guard take(":") else { return nil }
      whitespace()
      guard let value = value(depth) else { return nil }
      if let known = members.firstIndex(where: { $0.key == key }) {
        members[known].value = value
      } else {
        members.append((key, value))
      }
      whitespace()
    } while take(",")
    return take("}") ? .object(members) : nil
  }

  /// §5.
  private mutating func array(_ depth: Int) -> ReferenceJSON? {
    var elements: [ReferenceJSON] = []
    place += 1
    whitespace()
    if take("]") { return .array([]) }
    repeat {
      whitespace()
      guard let value = value(depth) else { return nil }
      elements.append(value)
      whitespace()
    } while take(",")
    return take("]") ? .array(elements) : nil
  }

  /// §6.
  private mutating func number() -> String? {
    let start = place
    _ = take("-")
    if !take("0"), !digits() { return nil }
    if take("."), !digits() { return nil }
    if take("e") || take("E") {
      _ = take("+") || take("-")
      if !digits() { return nil }
    }
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }

  private mutating func digits() -> Bool {
    let start = place
    while let byte = next, (0x30...0x39).contains(byte) { place += 1 }
    return place > start
  }

  /// §7. Half a surrogate pair becomes U+FFFD (§8.2 leaves it open).
  private mutating func string() -> [UInt8]? {
    guard take("\"") else { return nil }
    var text: [UInt8] = []
    while let byte = next {
      if take("\"") { return text }
      if byte == UInt8(ascii: "\\") {
        guard let scalar = escape() else { return nil }
        text += Array(String(Character(scalar)).utf8)
      } else {
        guard byte >= 0x20, let length = sequenceLength() else { return nil }
        text += bytes[place..<(place + length)]
        place += length
      }
    }
    return nil
  }

  private mutating func escape() -> Unicode.Scalar? {
    place += 1
    guard let byte = next else { return nil }
    place += 1
    let plain: [UInt8: Unicode.Scalar] = [
      0x22: "\"", 0x5C: "\\", 0x2F: "/", 0x62: "\u{8}", 0x66: "\u{C}", 0x6E: "\n", 0x72: "\r", 0x74: "\t",
    ]
    guard byte == UInt8(ascii: "u") else { return plain[byte] }
    guard let unit = hexUnit(at: place) else { return nil }
    place += 4
    if unit & 0xFC00 == 0xD800, bytes[place...].starts(with: "\\u".utf8), let low = hexUnit(at: place + 2),
      low & 0xFC00 == 0xDC00
    {
      place += 6
      return Unicode.Scalar(0x10000 + (unit & 0x3FF) << 10 + low & 0x3FF)
    }
    return Unicode.Scalar(unit) ?? "\u{FFFD}"
  }

  private func hexUnit(at start: Int) -> UInt32? {
    guard start + 4 <= bytes.count else { return nil }
    let digits = bytes[start..<(start + 4)]
    guard digits.allSatisfy({ "0123456789abcdefABCDEF".utf8.contains($0) }) else { return nil }
    return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  /// The bytes of the character here by the table of RFC 3629 §4; nil where they are none.
  private func sequenceLength() -> Int? {
    let lead = bytes[place]
    let second: ClosedRange<UInt8>
    let length: Int
    switch lead {
    case 0x00...0x7F: return 1
    case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return nil
    }
    guard place + length <= bytes.count, second.contains(bytes[place + 1]) else { return nil }
    return bytes[(place + 2)..<max(place + 2, place + length)].allSatisfy { (0x80...0xBF).contains($0) } ? length : nil
  }
}
