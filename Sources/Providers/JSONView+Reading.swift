import RelayCore

/// Lenient readings of single values: providers send the same field as a number today and as text tomorrow.
extension JSONView {
  /// Text that is not empty, or a number by its digits, without loss: phone numbers and ids come both ways.
  var filledText: String? {
    document.filledText(at: index)
  }

  /// A 64-bit integer sent as a number or as its digits; a fraction is cut off.
  var lenientInteger: Int64? { scalar?.lenientInteger }

  /// A count of seconds; a negative one says nothing.
  var seconds: Int64? {
    lenientInteger.flatMap { $0 >= 0 ? $0 : nil }
  }

  /// `true`, `"true"`, `1`, `"1"` and their opposites.
  var flag: Bool? { scalar?.flag }

  /// A moment sent in milliseconds or seconds since 1970, as a number or as digits, or as a date (RFC 3339, or
  /// `YYYY-MM-DD HH:MM:SS` in UTC). Seconds and milliseconds of the years 1990 to 2099 can't be taken for each other;
  /// nil outside them.
  var instant: Instant? { scalar?.instant }

  /// The object that a text holds as JSON, or the value itself where it is one; text that holds none stays text. nil for
  /// what says nothing.
  func opened(depth: Int) -> JSONView? {
    switch kind {
    case .string: document.isEmptyString(at: index) ? nil : documentInside(depth: depth)?.root ?? self
    case .null: nil
    case .bool, .number, .array, .object: self
    }
  }

  /// The value, built, where there is nothing inside it.
  private var scalar: JSON? {
    switch kind {
    case .object, .array: nil
    case .null, .bool, .number, .string: json
    }
  }
}

extension JSON {
  fileprivate var lenientInteger: Int64? {
    switch self {
    case .number(.integer(let value)): value
    case .number(let number): number.integer ?? Self.truncated(number.double)
    case .string(let text): Self.integer(of: text)
    case .null, .bool, .array, .object: nil
    }
  }

  fileprivate var flag: Bool? {
    switch self {
    case .bool(let value): value
    case .number(.integer(1)): true
    case .number(.integer(0)): false
    case .string(let text):
      switch text.lowercased() {
      case "true", "1": true
      case "false", "0": false
      default: nil
      }
    default: nil
    }
  }

  fileprivate var instant: Instant? {
    if case .string(let text) = self, let date = Instant(rfc3339: text) {
      return Self.saneMilliseconds.contains(date.milliseconds) ? date : nil
    }
    guard let number = lenientInteger else { return nil }
    if Self.saneMilliseconds.contains(number) { return Instant(milliseconds: number) }
    if Self.saneSeconds.contains(number) { return Instant(milliseconds: number * 1000 + fraction) }
    return nil
  }

  /// 1990-01-01 to 2100-01-01.
  private static let saneSeconds: Range<Int64> = 631_152_000..<4_102_444_800
  private static let saneMilliseconds: Range<Int64> = 631_152_000_000..<4_102_444_800_000

  /// Milliseconds behind the point of a number of seconds.
  private var fraction: Int64 {
    guard case .number(.decimal) = self, let value = number?.double else { return 0 }
    return Self.truncated((value - value.rounded(.down)) * 1000) ?? 0
  }

  static func integer(of text: String) -> Int64? {
    let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
    guard let first = digits.first, isDigit(first) else { return nil }
    if digits.allSatisfy(isDigit) { return Int64(text) }
    guard case .number(let number)? = try? JSONParser.parse(text) else { return nil }
    return JSON.number(number).lenientInteger
  }

  /// Within 2^53, where doubles are exact integers.
  private static func truncated(_ value: Double) -> Int64? {
    guard value.isFinite, abs(value) < 9_007_199_254_740_992 else { return nil }
    return Int64(value)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }
}
