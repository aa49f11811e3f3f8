/// Digits in a row, leading zeros kept. A value: comparing and cutting allocate nothing.
struct Digits: Sendable, Hashable {
  let value: UInt64
  let count: Int

  /// What 64 bits hold.
  static let limit = 18

  init(value: UInt64, count: Int) {
    self.value = value
    self.count = count
  }

  /// nil for anything but 1 to 18 digits.
  init?(_ text: some StringProtocol) {
    var value: UInt64 = 0
    var count = 0
    for byte in text.utf8 {
      guard (0x30...0x39).contains(byte), count < Self.limit else { return nil }
      value = value * 10 + UInt64(byte - 0x30)
      count += 1
    }
    guard count > 0 else { return nil }
    self.init(value: value, count: count)
  }

  func starts(with prefix: Digits) -> Bool {
    count >= prefix.count && value / Self.power(count - prefix.count) == prefix.value
  }

  func prefix(_ length: Int) -> Digits {
    Digits(value: value / Self.power(count - length), count: length)
  }

  /// At most all of them.
  func dropFirst(_ length: Int) -> Digits {
    Digits(value: value % Self.power(count - length), count: count - length)
  }

  /// nil beyond the limit.
  func followed(by other: Digits) -> Digits? {
    guard count + other.count <= Self.limit else { return nil }
    return Digits(value: value * Self.power(other.count) + other.value, count: count + other.count)
  }

  var text: String {
    let digits = String(value)
    return count == 0 ? "" : String(repeating: "0", count: count - digits.count) + digits
  }

  private static func power(_ exponent: Int) -> UInt64 {
    powers[exponent]
  }

  private static let powers: [UInt64] = (0...limit).map { exponent in
    (0..<exponent).reduce(1) { power, _ in power * 10 }
  }
}
