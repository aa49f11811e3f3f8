/// The one strict reader of RFC 8259: accepts what the grammar accepts, refuses what it refuses, and refuses invalid UTF-8.
/// Nesting is limited, and so are combining characters in a row; duplicate keys are accepted. An escaped surrogate without
/// its other half is within the grammar: it reads as U+FFFD (the raw bytes are kept elsewhere).
struct JSONScanner {
  let bytes: UnsafeBufferPointer<UInt8>
  private let depthLimit: Int
  private let zeroLedNumbersAreText: Bool
  private var nodes: [JSONNode] = []
  var position = 0

  static func nodes(
    of bytes: [UInt8], depthLimit: Int, zeroLedNumbersAreText: Bool
  ) throws(JSONError) -> [JSONNode] {
    try bytes.withUnsafeBufferPointer { buffer in
      Result { () throws(JSONError) -> [JSONNode] in
        var scanner = JSONScanner(bytes: buffer, depthLimit: depthLimit, zeroLedNumbersAreText: zeroLedNumbersAreText)
        return try scanner.document()
      }
    }.get()
  }

  private init(bytes: UnsafeBufferPointer<UInt8>, depthLimit: Int, zeroLedNumbersAreText: Bool) {
    self.bytes = bytes
    self.depthLimit = depthLimit
    self.zeroLedNumbersAreText = zeroLedNumbersAreText
    // A record has a value or key in about fourteen bytes.
    nodes.reserveCapacity(8 + min(bytes.count, 16384) / 12)
  }

  private static let noByteOrderMark =
    "a byte order mark (BOM) stands before the text, where RFC 8259 section 8.1 allows none; write it as UTF-8 without BOM, "
    + "that is without the bytes EF BB BF"

  private mutating func document() throws(JSONError) -> [JSONNode] {
    guard bytes.count < UInt32.max else { throw failure("longer than 4 GiB") }
    if bytes.first == 0xEF, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw failure(Self.noByteOrderMark) }
    skipWhitespace()
    try value(depth: 0)
    skipWhitespace()
    guard position == bytes.count else { throw failure("expected the end of the text") }
    return nodes
  }

  private mutating func value(depth: Int) throws(JSONError) {
    guard position < bytes.count else { throw failure("expected a value, found the end of the text") }
    switch bytes[position] {
    case UInt8(ascii: "\""): try string()
    case UInt8(ascii: "{"): try object(depth: depth + 1)
    case UInt8(ascii: "["): try array(depth: depth + 1)
    case UInt8(ascii: "t"): try literal("true", .true)
    case UInt8(ascii: "f"): try literal("false", .false)
    case UInt8(ascii: "n"): try literal("null", .null)
    case UInt8(ascii: "0") where zeroLedNumbersAreText && position + 1 < bytes.count && isDigit(bytes[position + 1]):
      let start = position
      try digits()
      append(.string, from: start, isPlain: true, isCanonical: true)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
    default: throw failure("expected a value")
    }
  }

  private mutating func object(depth: Int) throws(JSONError) {
    let object = try open(.object, depth: depth)
    skipWhitespace()
    if take(UInt8(ascii: "}")) { return }
    repeat {
      skipWhitespace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
        let isBehindComma = nodes.count > object + 1 && position < bytes.count && bytes[position] == UInt8(ascii: "}")
        throw failure(isBehindComma ? "a comma stands before '}'" : "expected a key in quotes")
      }
      try string()
      skipWhitespace()
      guard take(UInt8(ascii: ":")) else { throw failure("expected ':' behind the key") }
      skipWhitespace()
      try value(depth: depth)
      skipWhitespace()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw failure("expected ',' or '}'") }
    nodes[object].next = UInt32(truncatingIfNeeded: nodes.count)
  }

  private mutating func array(depth: Int) throws(JSONError) {
    let array = try open(.array, depth: depth)
    skipWhitespace()
    if take(UInt8(ascii: "]")) { return }
    repeat {
      skipWhitespace()
      try value(depth: depth)
      skipWhitespace()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw failure("expected ',' or ']'") }
    nodes[array].next = UInt32(truncatingIfNeeded: nodes.count)
  }

  /// The index of the new node, whose `next` is right as long as nothing stands inside it.
  private mutating func open(_ kind: JSONNode.Kind, depth: Int) throws(JSONError) -> Int {
    guard depth <= depthLimit else { throw failure("nested deeper than \(depthLimit) levels") }
    append(kind, from: position, isPlain: false, isCanonical: false)
    position += 1
    return nodes.count - 1
  }

  private mutating func literal(_ word: StaticString, _ kind: JSONNode.Kind) throws(JSONError) {
    let start = position
    for index in 0..<word.utf8CodeUnitCount {
      guard position < bytes.count, bytes[position] == word.utf8Start[index] else {
        throw failure("expected '\(word)'")
      }
      position += 1
    }
    append(kind, from: start, isPlain: true, isCanonical: true)
  }

  private mutating func number() throws(JSONError) {
    let start = position
    let isNegative = take(UInt8(ascii: "-"))
    let isZeroLed = take(UInt8(ascii: "0"))
    if !isZeroLed { try digits() }
    // Nineteen digits may be beyond 64 bits, and "-0" is no integer's spelling.
    var isPlain = position - start <= 18 && !(isNegative && isZeroLed)
    if take(UInt8(ascii: ".")) {
      isPlain = false
      try digits()
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isPlain = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    append(.number, from: start, isPlain: isPlain, isCanonical: isPlain)
  }

  private mutating func digits() throws(JSONError) {
    let start = position
    while position < bytes.count, isDigit(bytes[position]) { position += 1 }
    guard position > start else { throw failure("expected a digit") }
  }

  private func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  /// A value that ends at the position.
  @inline(__always)
  mutating func append(_ kind: JSONNode.Kind, from start: Int, isPlain: Bool, isCanonical: Bool) {
    nodes.append(
      JSONNode(
        kind: kind, isPlain: isPlain, isCanonical: isCanonical, start: UInt32(truncatingIfNeeded: start),
        end: UInt32(truncatingIfNeeded: position), next: UInt32(truncatingIfNeeded: nodes.count + 1)))
  }

  @inline(__always)
  private mutating func skipWhitespace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  @inline(__always)
  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  func failure(_ reason: String) -> JSONError {
    JSONError(offset: position, reason: reason)
  }
}
