import RelayCore

/// A number as people write it, mantissa × 10^-scale: 0.1 times 3 is 0.3. Up to 38 digits.
struct ExactDecimal: Sendable, Equatable {
  enum Direction: String, Sendable, CaseIterable {
    /// Halves away from zero.
    case nearest
    case up, down
  }

  private let mantissa: Int128
  /// Never negative, and the least with which the mantissa is whole.
  private let scale: Int

  /// Decimals that a quotient has at most.
  private static let quotientScale = 10
  private static let mostDigits = 38

  init(_ value: Int64) {
    self.init(mantissa: Int128(value), scale: 0)
  }

  /// nil for a number beyond 38 digits.
  init?(_ number: JSONNumber) {
    var mantissa: Int128 = 0
    var scale = 0
    var isFraction = false
    var bytes = number.text.utf8[...]
    let isNegative = bytes.first == UInt8(ascii: "-")
    if isNegative { bytes = bytes.dropFirst() }
    while let byte = bytes.popFirst() {
      if byte == UInt8(ascii: ".") {
        isFraction = true
      } else if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
        guard let exponent = Int(String(decoding: bytes, as: UTF8.self)), exponent.magnitude <= 1000 else { return nil }
        scale -= exponent
        break
      } else {
        guard let next = Self.shifted(mantissa, by: 1) else { return nil }
        mantissa = next + Int128(byte - 0x30)
        if isFraction { scale += 1 }
      }
    }
    if scale < 0 {
      guard mantissa != 0, let whole = Self.shifted(mantissa, by: -scale) else {
        if mantissa != 0 { return nil }
        self.init(0)
        return
      }
      mantissa = whole
      scale = 0
    }
    self.init(mantissa: isNegative ? -mantissa : mantissa, scale: scale)
  }

  private init(mantissa: Int128, scale: Int) {
    var mantissa = mantissa
    var scale = mantissa == 0 ? 0 : scale
    while scale > 0, mantissa % 10 == 0 {
      mantissa /= 10
      scale -= 1
    }
    self.mantissa = mantissa
    self.scale = scale
  }

  var isZero: Bool { mantissa == 0 }

  /// nil beyond 38 digits.
  func times(_ other: ExactDecimal) -> ExactDecimal? {
    let (product, overflow) = mantissa.multipliedReportingOverflow(by: other.mantissa)
    return overflow ? nil : ExactDecimal(mantissa: product, scale: scale + other.scale)
  }

  /// With ten decimals at most. nil beyond 38 digits, and by zero.
  func divided(by other: ExactDecimal) -> ExactDecimal? {
    let shift = Self.quotientScale + other.scale - scale
    guard !other.isZero, let numerator = Self.shifted(mantissa, by: max(shift, 0)),
      let denominator = Self.shifted(other.mantissa, by: max(-shift, 0))
    else { return nil }
    return ExactDecimal(mantissa: Self.quotient(numerator, denominator, .nearest), scale: Self.quotientScale)
  }

  func rounded(to decimals: Int, _ direction: Direction) -> ExactDecimal {
    guard scale > decimals, let divisor = Self.shifted(1, by: scale - decimals) else {
      return scale > decimals ? ExactDecimal(0) : self
    }
    return ExactDecimal(mantissa: Self.quotient(mantissa, divisor, direction), scale: decimals)
  }

  var json: JSON {
    let digits = String(mantissa.magnitude)
    if scale == 0, let value = Int64(exactly: mantissa) { return .integer(value) }
    let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
    let sign = mantissa < 0 ? "-" : ""
    let whole = padded.dropLast(scale)
    return .number(.decimal(scale == 0 ? sign + padded : "\(sign)\(whole).\(padded.suffix(scale))"))
  }

  private static func shifted(_ value: Int128, by digits: Int) -> Int128? {
    if value == 0 { return 0 }
    guard digits <= mostDigits else { return nil }
    var value = value
    for _ in 0..<digits {
      let (next, overflow) = value.multipliedReportingOverflow(by: 10)
      if overflow { return nil }
      value = next
    }
    // So that a digit more is never an overflow.
    return value.magnitude < UInt128(Int128.max) - 10 ? value : nil
  }

  /// `up` is away from zero, `down` towards it.
  private static func quotient(_ left: Int128, _ right: Int128, _ direction: Direction) -> Int128 {
    let (quotient, remainder) = left.quotientAndRemainder(dividingBy: right)
    let goesOn =
      switch direction {
      case .down: false
      case .up: remainder != 0
      case .nearest: remainder.magnitude >= right.magnitude - remainder.magnitude
      }
    guard goesOn else { return quotient }
    return (left < 0) == (right < 0) ? quotient + 1 : quotient - 1
  }
}
