/// The number of a row that people and destinations see: 40 bits of milliseconds since 2025, 13 bits drawn at random when
/// the process started, 10 bits counting within the millisecond. Numbers of one process rise; those of two relays, or of
/// a command beside the relay, do not meet. As text always decimal, in JSON always a string (it is beyond 2^53).
package struct Identifier: Sendable, Hashable, Comparable, CustomStringConvertible {
  package let number: Int64

  package init(_ number: Int64) {
    self.number = number
  }

  /// nil for anything but a positive 64-bit integer in digits.
  package init?(_ text: some StringProtocol) {
    guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let number = Int64(text), number > 0
    else { return nil }
    self.number = number
  }

  package var description: String { String(number) }

  /// None that is drawn at this moment or later is less.
  package static func first(at instant: Instant) -> Identifier {
    Identifier(min(max(0, instant - epoch), 0xFF_FFFF_FFFF) << 23)
  }

  package static func < (left: Identifier, right: Identifier) -> Bool {
    left.number < right.number
  }

  /// 2025-01-01T00:00:00Z.
  package static let epoch = Instant(milliseconds: 1_735_689_600_000)
}

/// Draws identifiers. Owned by one writer; never repeats, also when the clock steps back.
package struct IdentifierGenerator: Sendable {
  /// 13 bits, which all numbers of this process have.
  package let process: Int64
  private var lastMillisecond: Int64 = 0
  private var count: Int64 = 0

  /// `process`: 13 random bits.
  package init(process: UInt16) {
    self.process = Int64(process & 0x1FFF)
  }

  package mutating func next(at now: Instant) -> Identifier {
    let millisecond = max(1, now - Identifier.epoch)
    if millisecond > lastMillisecond {
      lastMillisecond = millisecond
      count = 0
    } else if count < 1023 {
      count += 1
    } else {
      lastMillisecond += 1
      count = 0
    }
    return Identifier((lastMillisecond & 0xFF_FFFF_FFFF) << 23 | process << 10 | count)
  }
}
