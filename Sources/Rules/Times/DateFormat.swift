import RelayCore

/// How the filter `date` writes a moment, in a time zone: letters as in Unicode TR 35 (`yyyy-MM-dd HH:mm:ss`), or `iso`,
/// `unix` or `unix_ms`.
struct DateFormat: Sendable, Equatable {
  private enum Part: Sendable, Equatable {
    case literal(String)
    case field(Field)
  }

  /// As written in a format.
  private enum Field: String, CaseIterable, Sendable {
    case year = "yyyy"
    case shortYear = "yy"
    case monthName = "MMMM"
    case shortMonthName = "MMM"
    case paddedMonth = "MM"
    case month = "M"
    case paddedDay = "dd"
    case day = "d"
    case weekday = "EEEE"
    case shortWeekday = "EEE"
    case paddedHour = "HH"
    case hour = "H"
    case paddedHalfDayHour = "hh"
    case halfDayHour = "h"
    case paddedMinute = "mm"
    case minute = "m"
    case paddedSecond = "ss"
    case second = "s"
    case milliseconds = "SSS"
    case halfDay = "a"
    case zoneOrZ = "XXX"
    case zoneWithColon = "xxx"
    case zone = "xx"
    case shortZone = "x"
  }

  private enum Kind: Sendable, Equatable {
    case parts([Part])
    case unix, unixMilliseconds
  }

  private let kind: Kind
  private let clock: ZoneClock

  init(_ text: String, _ clock: ZoneClock) throws(ValuePath.Malformed) {
    self.clock = clock
    switch text {
    case "iso": kind = .parts(try Self.parts("yyyy-MM-dd'T'HH:mm:ss.SSSXXX"))
    case "unix": kind = .unix
    case "unix_ms": kind = .unixMilliseconds
    default: kind = .parts(try Self.parts(text))
    }
  }

  func write(_ instant: Instant) -> JSON {
    switch kind {
    case .unix: return .integer(instant.milliseconds.flooredDivision(by: 1000).quotient)
    case .unixMilliseconds: return .integer(instant.milliseconds)
    case .parts(let parts):
      let local = LocalTime(instant, offset: clock.offset(at: instant))
      var text = ""
      for part in parts {
        switch part {
        case .literal(let literal): text += literal
        case .field(let field): text += Self.write(field, local)
        }
      }
      return .string(text)
    }
  }

  private static func write(_ field: Field, _ time: LocalTime) -> String {
    switch field {
    case .year: padded(time.date.year, 4)
    case .shortYear: padded(time.date.year.flooredDivision(by: 100).remainder, 2)
    case .monthName: months[Int(time.date.month) - 1]
    case .shortMonthName: String(months[Int(time.date.month) - 1].prefix(3))
    case .paddedMonth: padded(time.date.month, 2)
    case .month: padded(time.date.month, 1)
    case .paddedDay: padded(time.date.day, 2)
    case .day: padded(time.date.day, 1)
    case .weekday: weekdays[time.weekday]
    case .shortWeekday: String(weekdays[time.weekday].prefix(3))
    case .paddedHour: padded(time.hour, 2)
    case .hour: padded(time.hour, 1)
    case .paddedHalfDayHour: padded((time.hour + 11) % 12 + 1, 2)
    case .halfDayHour: padded((time.hour + 11) % 12 + 1, 1)
    case .paddedMinute: padded(time.minute, 2)
    case .minute: padded(time.minute, 1)
    case .paddedSecond: padded(time.second, 2)
    case .second: padded(time.second, 1)
    case .milliseconds: padded(time.millisecond, 3)
    case .halfDay: time.hour < 12 ? "AM" : "PM"
    case .zoneOrZ: time.offset == 0 ? "Z" : zone(time.offset, ":")
    case .zoneWithColon: zone(time.offset, ":")
    case .zone: zone(time.offset, "")
    case .shortZone: time.offset % 3600 == 0 ? String(zone(time.offset, "").prefix(3)) : zone(time.offset, "")
    }
  }

  private static func zone(_ offset: Int64, _ colon: String) -> String {
    let minutes = Int64(offset.magnitude / 60)
    return (offset < 0 ? "-" : "+") + padded(minutes / 60, 2) + colon + padded(minutes % 60, 2)
  }

  static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// Letters stand for a part of the date, text between apostrophes for itself, two apostrophes for one.
  private static func parts(_ text: String) throws(ValuePath.Malformed) -> [Part] {
    var parts: [Part] = []
    var rest = text[...]
    while let character = rest.first {
      if character == "'" {
        parts.append(.literal(try quoted(&rest)))
      } else if character.isASCII, character.isLetter {
        let letters = rest.prefix { $0 == character }
        guard let field = Field(rawValue: String(letters)) else { throw unknown(String(letters)) }
        parts.append(.field(field))
        rest = rest[letters.endIndex...]
      } else {
        parts.append(.literal(String(character)))
        rest = rest.dropFirst()
      }
    }
    guard !parts.isEmpty else { throw ValuePath.Malformed(message: "the date format is empty") }
    return parts
  }

  /// From an apostrophe to the next; two are one, also inside.
  private static func quoted(_ rest: inout Substring) throws(ValuePath.Malformed) -> String {
    rest = rest.dropFirst()
    if rest.first == "'" {
      rest = rest.dropFirst()
      return "'"
    }
    var text = ""
    while let character = rest.popFirst() {
      if character != "'" {
        text.append(character)
      } else if rest.first == "'" {
        text.append(rest.removeFirst())
      } else {
        return text
      }
    }
    throw ValuePath.Malformed(message: "in the date format: \"'\" has no second \"'\"")
  }

  private static func unknown(_ letters: String) -> ValuePath.Malformed {
    let other = letters.lowercased() == letters ? letters.uppercased() : letters.lowercased()
    let hint =
      Field(rawValue: other).map { "; did you mean \($0.rawValue)?" }
      ?? "; known are \(NearestName.list(Field.allCases.map(\.rawValue))), and iso, unix and unix_ms alone"
    return ValuePath.Malformed(message: "in the date format: unknown letters \(letters)\(hint)")
  }

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]
  private static let weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
}

/// A moment as a calendar and a clock show it.
private struct LocalTime {
  let date: CivilDate
  /// Monday is 0.
  let weekday: Int
  let hour: Int64
  let minute: Int64
  let second: Int64
  let millisecond: Int64
  /// Seconds east of UTC.
  let offset: Int64

  init(_ instant: Instant, offset: Int64) {
    let (day, inDay) = (instant + offset * 1000).milliseconds.flooredDivision(by: 86_400_000)
    date = CivilDate(daysSince1970: day)
    // 1970-01-01 was a Thursday.
    weekday = Int((day + 3).flooredDivision(by: 7).remainder)
    hour = inDay / 3_600_000
    minute = inDay / 60_000 % 60
    second = inDay / 1000 % 60
    millisecond = inDay % 1000
    self.offset = offset
  }
}
