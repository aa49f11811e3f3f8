import RelayCore

/// How a file writes a moment, in the letters of the filter `date` (Unicode TR 35) that stand for numbers; all else must stand
/// there as it is. What a format does not say is the first of it: midnight, no seconds.
package struct TimeFormat: Sendable, Equatable {
  struct Malformed: Error {
    let message: String
  }

  private enum Field: String, CaseIterable {
    case year = "yyyy"
    case shortYear = "yy"
    case paddedMonth = "MM"
    case month = "M"
    case shortMonthName = "MMM"
    case paddedDay = "dd"
    case day = "d"
    case paddedHour = "HH"
    case hour = "H"
    case paddedHalfDayHour = "hh"
    case halfDayHour = "h"
    case paddedMinute = "mm"
    case paddedSecond = "ss"
    case milliseconds = "SSS"
    case halfDay = "a"
    case zone = "XXX"
  }

  private enum Part: Equatable {
    case literal(Character)
    case field(Field)
  }

  private let parts: [Part]

  init(_ text: String) throws(Malformed) {
    var parts: [Part] = []
    var rest = text[...]
    while let character = rest.first {
      guard character.isASCII, character.isLetter, character != "T" else {
        parts.append(.literal(character))
        rest = rest.dropFirst()
        continue
      }
      let letters = rest.prefix { $0 == character }
      guard let field = Field(rawValue: String(letters)) else {
        let known = NearestName.list(Field.allCases.map(\.rawValue))
        throw Malformed(message: "\(letters) is no part of a date that can be read; known are \(known)")
      }
      parts.append(.field(field))
      rest = rest[letters.endIndex...]
    }
    let fields = parts.compactMap { if case .field(let field) = $0 { field } else { nil } }
    let hasYear = fields.contains(.year) || fields.contains(.shortYear)
    let hasMonth = fields.contains { [.paddedMonth, .month, .shortMonthName].contains($0) }
    let hasDay = fields.contains(.paddedDay) || fields.contains(.day)
    guard hasYear, hasMonth, hasDay else {
      throw Malformed(message: "expected a date format with year, month and day, such as dd/MM/yyyy HH:mm:ss")
    }
    self.parts = parts
  }

  /// As if the clock showed UTC, where `hasZone` is false. nil where the text is written otherwise, or is no date.
  func read(_ text: String) -> (instant: Instant, hasZone: Bool)? {
    var read = Read()
    var rest = text[...]
    for part in parts {
      switch part {
      case .literal(let character):
        guard rest.first == character else { return nil }
        rest = rest.dropFirst()
      case .field(let field):
        guard read.take(field, &rest) else { return nil }
      }
    }
    guard rest.isEmpty, let instant = read.instant else { return nil }
    return (instant, read.offset != nil)
  }

  private struct Read {
    var year: Int64 = 0
    var month: Int64 = 1
    var day: Int64 = 1
    var hour: Int64 = 0
    var isAfternoon: Bool?
    var minute: Int64 = 0
    var second: Int64 = 0
    var millisecond: Int64 = 0
    /// Minutes east of UTC.
    var offset: Int64?

    mutating func take(_ field: Field, _ rest: inout Substring) -> Bool {
      switch field {
      case .year: return number(4...4, &rest, \.year)
      case .shortYear:
        guard number(2...2, &rest, \.year) else { return false }
        year += 2000
        return true
      case .paddedMonth: return number(2...2, &rest, \.month)
      case .month: return number(1...2, &rest, \.month)
      case .shortMonthName: return monthName(&rest)
      case .paddedDay: return number(2...2, &rest, \.day)
      case .day: return number(1...2, &rest, \.day)
      case .paddedHour, .paddedHalfDayHour: return number(2...2, &rest, \.hour)
      case .hour, .halfDayHour: return number(1...2, &rest, \.hour)
      case .paddedMinute: return number(2...2, &rest, \.minute)
      case .paddedSecond: return number(2...2, &rest, \.second)
      case .milliseconds: return number(3...3, &rest, \.millisecond)
      case .halfDay:
        let word = rest.prefix(2).lowercased()
        guard word == "am" || word == "pm" else { return false }
        isAfternoon = word == "pm"
        rest = rest.dropFirst(2)
        return true
      case .zone: return zone(&rest)
      }
    }

    private mutating func number(
      _ lengths: ClosedRange<Int>, _ rest: inout Substring, _ place: WritableKeyPath<Read, Int64>
    ) -> Bool {
      let digits = rest.prefix(lengths.upperBound).prefix { ("0"..."9").contains($0) }
      guard digits.count >= lengths.lowerBound, let value = Int64(digits) else { return false }
      self[keyPath: place] = value
      rest = rest[digits.endIndex...]
      return true
    }

    private mutating func monthName(_ rest: inout Substring) -> Bool {
      let names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
      guard let place = names.firstIndex(of: rest.prefix(3).lowercased()) else { return false }
      month = Int64(place) + 1
      rest = rest.dropFirst(3)
      return true
    }

    /// `Z`, `+02:00`, `+0200`.
    private mutating func zone(_ rest: inout Substring) -> Bool {
      if rest.first == "Z" || rest.first == "z" {
        offset = 0
        rest = rest.dropFirst()
        return true
      }
      guard let sign = rest.first, sign == "+" || sign == "-" else { return false }
      rest = rest.dropFirst()
      let digits = rest.filter { $0 != ":" }
      guard digits.count == 4, let number = Int64(digits), number % 100 < 60, number < 2400 else { return false }
      offset = (number / 100 * 60 + number % 100) * (sign == "-" ? -1 : 1)
      rest = rest[rest.endIndex...]
      return true
    }

    var instant: Instant? {
      var hour = hour
      if let isAfternoon {
        guard (1...12).contains(hour) else { return nil }
        hour = hour % 12 + (isAfternoon ? 12 : 0)
      }
      guard hour < 24, minute < 60, second <= 60,
        let days = CivilDate(year: year, month: month, day: day).daysSince1970
      else { return nil }
      let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - (offset ?? 0) * 60
      return Instant(milliseconds: seconds * 1000 + millisecond)
    }
  }
}
