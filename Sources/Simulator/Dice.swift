/// SplitMix64 (Steele, Lea, Flood 2014). Everything that the simulator makes up is thrown with these, by its own rules and not
/// the standard library's, so that a seed gives the same bytes with every compiler.
package struct Dice: Sendable {
  private var state: UInt64

  package init(seed: UInt64) {
    state = seed
  }

  /// Dice of their own for one part of what a seed makes, whatever the other parts throw.
  package init(seed: UInt64, part: UInt64) {
    var mixing = Dice(seed: seed ^ (part &* 0xD6E8_FEB8_6659_FD93))
    state = mixing.next()
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  package mutating func number(_ range: ClosedRange<Int64>) -> Int64 {
    range.lowerBound + Int64(next() % UInt64(range.upperBound - range.lowerBound + 1))
  }

  package mutating func oneIn(_ count: UInt64) -> Bool {
    next() % count == 0
  }

  /// True so many times in a hundred.
  mutating func percent(_ share: UInt64) -> Bool {
    next() % 100 < share
  }

  mutating func pick<Value>(_ values: [Value]) -> Value {
    values[Int(next() % UInt64(values.count))]
  }

  /// `16132200-57fa-47b5-888d-4ab5b7e631ee`.
  package mutating func uuid() -> String {
    let (high, low) = (next() & ~0xF000 | 0x4000, next() & ~(0b11 << 62) | (0b10 << 62))
    var text: [UInt8] = []
    text.reserveCapacity(36)
    for (half, isFirst) in [(high, true), (low, false)] {
      for digit in 0..<16 {
        if isFirst ? digit == 8 || digit == 12 : digit == 0 || digit == 4 { text.append(UInt8(ascii: "-")) }
        let nibble = UInt8(truncatingIfNeeded: half >> UInt64(60 - 4 * digit)) & 15
        text.append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Letters and digits, as request ids and event ids have.
  mutating func word(_ length: Int) -> String {
    String(decoding: (0..<length).map { _ in Self.letters[Int(next() % 62)] }, as: UTF8.self)
  }

  private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
}
