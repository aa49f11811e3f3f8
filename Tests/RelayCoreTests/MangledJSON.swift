import TestSupport

/// Makes texts that are JSON or nearly: valid ones in every spelling, broken in a few places, and heaps of tokens.
struct MangledJSON {
  private var random: SeededRandom
  private var bytes: [UInt8] = []

  init(_ random: SeededRandom) {
    self.random = random
  }

  static func make(_ random: inout SeededRandom) -> [UInt8] {
    var maker = MangledJSON(random)
    switch maker.random.below(8) {
    case 0: for _ in 0...maker.random.below(8) { maker.bytes += maker.random.pick(tokens) }
    case 1: maker.addNested()
    default: maker.addValue(depth: 0)
    }
    for _ in 0..<max(0, maker.random.below(5) - 1) where !maker.bytes.isEmpty { maker.breakSomething() }
    random = maker.random
    return maker.bytes
  }

  private mutating func addValue(depth: Int) {
    addBlanks()
    switch random.below(depth < 4 ? 8 : 5) {
    case 0: bytes += random.pick(Self.literals)
    case 1, 2: bytes += random.pick(Self.numbers)
    case 3, 4: addString()
    case 5: addList("[", "]") { $0.addValue(depth: depth + 1) }
    default:
      addList("{", "}") { maker in
        maker.addBlanks()
        if maker.random.below(2) == 0 { maker.bytes += maker.random.pick(Self.keys) } else { maker.addString() }
        maker.addBlanks()
        maker.bytes.append(UInt8(ascii: ":"))
        maker.addValue(depth: depth + 1)
      }
    }
    addBlanks()
  }

  private mutating func addList(_ open: String, _ close: String, _ addOne: (inout MangledJSON) -> Void) {
    bytes += open.utf8
    // Now and then more members than an object searches one by one.
    let count = random.below(64) == 0 ? 40 : random.below(5)
    for index in 0..<count where bytes.count < 4000 {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      addOne(&self)
    }
    bytes += close.utf8
  }

  private mutating func addNested() {
    let levels = 60 + random.below(8)
    bytes += [UInt8](repeating: UInt8(ascii: "["), count: levels)
    if random.below(2) == 0 { bytes += random.pick(Self.numbers) }
    bytes += [UInt8](repeating: UInt8(ascii: "]"), count: levels)
  }

  private mutating func addString() {
    bytes.append(UInt8(ascii: "\""))
    for _ in 0..<random.below(6) { bytes += random.pick(Self.pieces) }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func addBlanks() {
    if random.below(4) == 0 { bytes += random.pick(Self.blanks) }
  }

  private mutating func breakSomething() {
    if random.below(8) < 7 {
      random.mangle(&bytes, pieces: Self.tokens, run: 6)
    } else {
      bytes.removeSubrange(random.below(bytes.count)...)
    }
  }

  private static let blanks = [" ", "\n", "\t", "\r\n", "  \n  "].inUTF8
  private static let literals = ["null", "true", "false"].inUTF8
  private static let keys = ["\"a\"", "\"\\u0061\"", "\"call_id\"", "\"\"", "\"é\"", "\"e\u{301}\"", "\"b\""].inUTF8
  private static let numbers = [
    "0", "-0", "1", "-1", "0.5", "1e5", "1E+5", "1e-5", "-1.25e10", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "-9223372036854775809", "1234567890123456789012345678901234567890", "0e0", "0.0",
    "1e999999",
    "18446744073709551615", "9007199254740993", "100000000000000000000",
  ].inUTF8
  private static let pieces =
    [
      "a", "call", "a longer text of many letters", " ", "/", "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t",
      "\\u0041", "\\u00e9", "\\uD83D\\uDE00", "\\ud83d", "\\ude00", "\\u0000", "é", "€", "😀", "\u{7F}", "\u{2028}",
      "\u{FFFF}",
      "\u{10FFFF}", "\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{301}", "1234567", "12345678",
      "123456789",
    ].inUTF8
  private static let tokens =
    [
      "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u", "\\x", "\\u12", "\\uD800\\u", "'", "nul", "null", "true", "fals",
      "NaN", "Infinity", "-", "+", ".", "e", "E", "0", "1", "00", "-01", "0x1", "1.", ".5", "1e", "1e+", "/", "//",
      "/**/",
      "#", "\u{FEFF}", "\0", "\u{1}", "\u{B}", "\u{C}", "\u{A0}", "\n", " ", "\t", "\"\"", "\"a\":", "[]", "{}", ",,",
      "\u{85}",
    ].inUTF8 + [
      [0xFF], [0xFE], [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
      [0xED, 0xB0, 0x80], [0xE2, 0x82], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5], [0xF0, 0x9F, 0x98],
    ]
}
