import RelayCore

/// `Retry-After` (RFC 9110 §10.2.3): a delay in seconds, or a date.
package enum RetryAfter {
  /// A destination that asks for more is asked again after this: 24 hours.
  package static let longest: Int64 = 24 * 3_600_000

  /// The delay in milliseconds, from 0 (a date in the past) to `longest`; nil where the value is neither.
  package static func delay(_ value: String, now: Instant) -> Int64? {
    let text = value.utf8.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
    guard let first = text.first else { return nil }
    if isDigit(first) { return seconds(text) }
    guard let date = httpDate(String(decoding: text, as: UTF8.self)) else { return nil }
    return min(max(0, date - now), longest)
  }

  /// Fractions are no part of the RFC, but are sent: they are rounded up.
  private static func seconds(_ text: some Collection<UInt8>) -> Int64? {
    let whole = text.prefix(while: isDigit)
    let rest = text.dropFirst(whole.count)
    guard rest.isEmpty || (rest.first == UInt8(ascii: ".") && rest.count > 1 && rest.dropFirst().allSatisfy(isDigit))
    else { return nil }
    var value: Int64 = 0
    for digit in whole { value = min(longest, value * 10 + Int64(digit - UInt8(ascii: "0"))) }
    if rest.contains(where: { isDigit($0) && $0 != UInt8(ascii: "0") }) { value += 1 }
    return min(value * 1000, longest)
  }

  /// The three forms of RFC 9110 §5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`,
  /// `Sun Nov  6 08:49:37 1994`. The day of the week is not looked at.
  static func httpDate(_ text: String) -> Instant? {
    let words = text.split(whereSeparator: { " ,-".contains($0) }).map(String.init)
    switch words.count {
    case 6 where words[5] == "GMT": return instant(day: words[1], month: words[2], year: words[3], time: words[4])
    case 5: return instant(day: words[2], month: words[1], year: words[4], time: words[3])
    default: return nil
    }
  }

  private static func instant(day: String, month: String, year: String, time: String) -> Instant? {
    let parts = time.split(separator: ":", omittingEmptySubsequences: false).map { number($0, digits: 2...2) }
    guard let month = months.firstIndex(of: month), let day = number(day, digits: 1...2),
      let year = number(year, digits: 2...4), parts.count == 3,
      let hour = parts[0], let minute = parts[1], let second = parts[2], hour < 24, minute < 60, second <= 60,
      let days = CivilDate(year: fullYear(year), month: Int64(month) + 1, day: day).daysSince1970
    else { return nil }
    return Instant(milliseconds: (days * 86_400 + hour * 3600 + minute * 60 + second) * 1000)
  }

  /// The two digits of RFC 850, which is obsolete since 1987: they mean our century up to 69.
  private static func fullYear(_ year: Int64) -> Int64 {
    year >= 100 ? year : year + (year < 70 ? 2000 : 1900)
  }

  private static func number(_ text: some StringProtocol, digits: ClosedRange<Int>) -> Int64? {
    guard digits.contains(text.utf8.count), text.utf8.allSatisfy(isDigit) else { return nil }
    return Int64(text)
  }

  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09
  }
}
