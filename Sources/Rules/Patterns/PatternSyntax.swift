/// A regular expression as read, before it is compiled.
indirect enum PatternSyntax: Equatable {
  case empty
  case set(ScalarSet)
  case assertion(Assertion)
  case sequence([PatternSyntax])
  case alternatives([PatternSyntax])
  /// `most` nil is without a limit.
  case repeated(PatternSyntax, least: Int, most: Int?)

  enum Assertion: Equatable {
    case textStart, textEnd, wordBoundary, noWordBoundary
  }
}

/// Which characters (Unicode scalars) one place of a pattern takes.
struct ScalarSet: Sendable, Equatable {
  var ranges: [ClosedRange<UInt32>]
  var isNegated = false

  static func of(_ scalar: Unicode.Scalar) -> ScalarSet {
    ScalarSet(ranges: [scalar.value...scalar.value])
  }

  static let digit = ScalarSet(ranges: [0x30...0x39])
  static let word = ScalarSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
  static let space = ScalarSet(ranges: [0x09...0x0D, 0x20...0x20])
  /// `.`: everything but a line feed.
  static let any = ScalarSet(ranges: [0x0A...0x0A], isNegated: true)

  var inverted: ScalarSet { ScalarSet(ranges: ranges, isNegated: !isNegated) }

  /// The ranges that a negated set leaves, so that it can stand inside another.
  var positiveRanges: [ClosedRange<UInt32>] {
    guard isNegated else { return ranges }
    var out: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if range.lowerBound > next { out.append(next...(range.lowerBound - 1)) }
      next = max(next, range.upperBound + 1)
    }
    if next <= 0x10FFFF { out.append(next...0x10FFFF) }
    return out
  }

  func contains(_ value: UInt32) -> Bool {
    for range in ranges where range.contains(value) { return !isNegated }
    return isNegated
  }

  /// With letters of either case taken for the other.
  func containsIgnoringCase(_ scalar: Unicode.Scalar) -> Bool {
    let isInside = ranges.contains { range in
      range.contains(scalar.value) || range.contains(scalar.lowercase.value) || range.contains(scalar.uppercase.value)
    }
    return isInside != isNegated
  }
}

extension Unicode.Scalar {
  fileprivate var lowercase: Unicode.Scalar { Self.single(properties.lowercaseMapping) ?? self }
  fileprivate var uppercase: Unicode.Scalar { Self.single(properties.uppercaseMapping) ?? self }

  /// Mappings to several characters (ß, SS) are left out.
  private static func single(_ text: String) -> Unicode.Scalar? {
    text.unicodeScalars.count == 1 ? text.unicodeScalars.first : nil
  }
}

/// Why a pattern can't be used, in a sentence without its subject.
struct PatternError: Error, Equatable {
  let message: String
}
