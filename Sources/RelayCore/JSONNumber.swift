/// A JSON number (RFC 8259 §6) without loss: 64-bit integers as such, everything else by its text.
package enum JSONNumber: Sendable {
  case integer(Int64)
  /// Fractions, exponents and integers beyond 64 bits, as written. Only the reader makes these, so the text is a number.
  case decimal(String)

  /// The bytes of a number that the grammar accepts.
  init(written text: UnsafeBufferPointer<UInt8>) {
    if let value = Self.integer(text) {
      self = .integer(value)
    } else {
      self = .decimal(String(decoding: text, as: UTF8.self))
    }
  }

  /// nil for a fraction or an exponent, beyond 64 bits, and for "-0", which is no integer's spelling.
  private static func integer(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
    let negative = text.first == UInt8(ascii: "-")
    var value: Int64 = 0
    for byte in text[(negative ? 1 : 0)...] {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      // Downwards, since the lowest integer has no positive counterpart.
      let (tens, overflow1) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow2) = tens.subtractingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
      if overflow1 || overflow2 { return nil }
      value = sum
    }
    if negative { return value == 0 ? nil : value }
    return value == .min ? nil : -value
  }

  /// The value as a 64-bit integer where it is one, however it is written.
  package var integer: Int64? {
    switch self {
    case .integer(let value): value
    case .decimal: normalized.integer
    }
  }

  /// The nearest double; infinite where the text is beyond its range.
  package var double: Double {
    switch self {
    case .integer(let value): Double(value)
    case .decimal(let text): Double(text) ?? .nan
    }
  }

  /// As written, or as the integer prints.
  package var text: String {
    switch self {
    case .integer(let value): value.decimalText
    case .decimal(let text): text
    }
  }

  /// The value in one spelling: equal numbers have equal canonical texts (`1`, `1.0`, `10e-1`).
  package var canonicalText: String {
    switch self {
    case .integer(let value): value.decimalText
    case .decimal: normalized.text
    }
  }

  fileprivate var normalized: NormalizedDecimal {
    NormalizedDecimal(text)
  }
}

extension JSONNumber: Comparable {
  package static func == (left: JSONNumber, right: JSONNumber) -> Bool {
    if case .integer(let a) = left, case .integer(let b) = right { return a == b }
    return left.normalized == right.normalized
  }

  /// By value, exactly: `0.1 < 0.10000000000000001`, and integers beyond 2^53 are told apart.
  package static func < (left: JSONNumber, right: JSONNumber) -> Bool {
    if case .integer(let a) = left, case .integer(let b) = right { return a < b }
    return left.normalized < right.normalized
  }
}

/// sign × 0.digits × 10^exponent, without leading or trailing zeros in `digits`; zero has none.
private struct NormalizedDecimal: Equatable, Comparable {
  let isNegative: Bool
  let digits: [UInt8]
  let exponent: Int

  init(_ text: String) {
    var digits: [UInt8] = []
    var exponent = 0
    var isFraction = false
    var bytes = text.utf8[...]
    let negative = bytes.first == UInt8(ascii: "-")
    if negative { bytes = bytes.dropFirst() }
    while let byte = bytes.popFirst() {
      if byte == UInt8(ascii: ".") {
        isFraction = true
      } else if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
        exponent += Self.clampedExponent(bytes)
        break
      } else {
        if !isFraction { exponent += 1 }
        digits.append(byte)
      }
    }
    let leading = digits.prefix { $0 == UInt8(ascii: "0") }.count
    digits.removeFirst(leading)
    while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    self.digits = digits
    self.exponent = digits.isEmpty ? 0 : min(max(exponent - leading, -Self.exponentLimit), Self.exponentLimit)
    isNegative = negative && !digits.isEmpty
  }

  /// Exponents beyond ±10^9 compare as if they were that: no number of a limited body needs more.
  private static let exponentLimit = 1_000_000_000

  private static func clampedExponent(_ bytes: Substring.UTF8View) -> Int {
    var value = 0
    let negative = bytes.first == UInt8(ascii: "-")
    for byte in bytes where byte != UInt8(ascii: "-") && byte != UInt8(ascii: "+") {
      value = min(exponentLimit, value * 10 + Int(byte - UInt8(ascii: "0")))
    }
    return negative ? -value : value
  }

  var integer: Int64? {
    guard digits.count <= exponent || digits.isEmpty, exponent <= 19 else { return nil }
    let zeros = String(repeating: "0", count: max(0, exponent - digits.count))
    return Int64((isNegative ? "-" : "") + (digits.isEmpty ? "0" : String(decoding: digits, as: UTF8.self) + zeros))
  }

  var text: String {
    integer?.decimalText ?? "\(isNegative ? "-" : "")0.\(String(decoding: digits, as: UTF8.self))e\(exponent)"
  }

  static func < (left: NormalizedDecimal, right: NormalizedDecimal) -> Bool {
    if left.isNegative != right.isNegative { return left.isNegative }
    return left.isNegative ? right.magnitudeIsLess(than: left) : left.magnitudeIsLess(than: right)
  }

  private func magnitudeIsLess(than other: NormalizedDecimal) -> Bool {
    if digits.isEmpty || other.digits.isEmpty { return digits.isEmpty && !other.digits.isEmpty }
    if exponent != other.exponent { return exponent < other.exponent }
    return digits.lexicographicallyPrecedes(other.digits)
  }
}

extension Int64 {
  /// The same as `String(self)`, which goes through generic code that costs several times as much.
  package var decimalText: String {
    withDecimalDigits { String(decoding: $0, as: UTF8.self) }
  }

  func withDecimalDigits<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    // A sign and nineteen digits.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { buffer in
      var start = buffer.count
      var rest = magnitude
      repeat {
        start -= 1
        buffer.initializeElement(at: start, to: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
        rest /= 10
      } while rest > 0
      if self < 0 {
        start -= 1
        buffer.initializeElement(at: start, to: UInt8(ascii: "-"))
      }
      return body(UnsafeBufferPointer(rebasing: buffer[start...]))
    }
  }
}
