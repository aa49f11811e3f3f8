/// Reading and writing dates without a calendar library: proleptic Gregorian, as RFC 3339 §5.6 has it. Days are counted
/// with the era arithmetic of Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms".
extension Instant {
  /// `2025-10-01T09:00:00.000Z`, always UTC with milliseconds.
  package var rfc3339: String {
    let (days, millisecondOfDay) = milliseconds.flooredDivision(by: 86_400_000)
    let date = CivilDate(daysSince1970: days)
    let second = millisecondOfDay / 1000
    return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))T\(padded(second / 3600, 2)):"
      + "\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2)).\(padded(millisecondOfDay % 1000, 3))Z"
  }

  /// Reads `2025-10-01T09:00:00.000Z`, `…+02:00`, `2025-10-01 09:00:00` and `2025-10-01T09:00:00`; where no zone is
  /// written it is UTC. Fractions beyond milliseconds are cut off. nil for anything else, and for dates that do not exist.
  package init?(rfc3339 text: some StringProtocol) {
    var reader = DateReader(bytes: Array(text.utf8))
    guard let year = reader.digits(4), reader.take("-"), let month = reader.digits(2), reader.take("-"),
      let day = reader.digits(2), reader.take("T") || reader.take("t") || reader.take(" "),
      let hour = reader.digits(2), reader.take(":"), let minute = reader.digits(2), reader.take(":"),
      let second = reader.digits(2), let fraction = reader.fractionInMilliseconds(),
      let offset = reader.offsetInMinutes(), reader.isAtEnd,
      let days = CivilDate(year: year, month: month, day: day).daysSince1970,
      hour < 24, minute < 60, second <= 60
    else { return nil }
    let seconds = days * 86_400 + hour * 3600 + (minute - offset) * 60 + second
    self.init(milliseconds: seconds * 1000 + fraction)
  }

  private func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

/// A day of the proleptic Gregorian calendar.
package struct CivilDate: Sendable, Equatable {
  package let year: Int64
  package let month: Int64
  package let day: Int64

  package init(year: Int64, month: Int64, day: Int64) {
    self.year = year
    self.month = month
    self.day = day
  }

  package init(daysSince1970 days: Int64) {
    let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// nil where there is no such day, such as 2025-02-29.
  package var daysSince1970: Int64? {
    guard (1...12).contains(month), (1...31).contains(day) else { return nil }
    let shiftedYear = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = shiftedYear.flooredDivision(by: 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    let days = era * 146_097 + dayOfEra - 719_468
    return CivilDate(daysSince1970: days) == self ? days : nil
  }
}

private struct DateReader {
  let bytes: [UInt8]
  var position = 0

  var isAtEnd: Bool { position == bytes.count }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func digits(_ count: Int) -> Int64? {
    guard position + count <= bytes.count else { return nil }
    var value: Int64 = 0
    for byte in bytes[position..<position + count] {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      value = value * 10 + Int64(byte - UInt8(ascii: "0"))
    }
    position += count
    return value
  }

  mutating func fractionInMilliseconds() -> Int64? {
    guard take(".") || take(",") else { return 0 }
    var value: Int64 = 0
    var count = 0
    while let digit = digits(1) {
      if count < 3 { value = value * 10 + digit }
      count += 1
    }
    guard count > 0 else { return nil }
    for _ in count..<max(count, 3) { value *= 10 }
    return value
  }

  /// `Z`, `+hh:mm`, `-hh:mm`, `+hh` (Zendesk prints it so), or nothing, which is UTC.
  mutating func offsetInMinutes() -> Int64? {
    if isAtEnd || take("Z") || take("z") { return 0 }
    let sign: Int64 = take("-") ? -1 : 1
    guard sign == -1 || take("+"), let hours = digits(2), hours < 24 else { return nil }
    if isAtEnd { return sign * hours * 60 }
    _ = take(":")
    guard let minutes = digits(2), minutes < 60 else { return nil }
    return sign * (hours * 60 + minutes)
  }
}

extension Int64 {
  /// Quotient rounded towards negative infinity, and the remainder, which is never negative for a positive divisor.
  package func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
