import RelayCore

import struct Foundation.Calendar
import struct Foundation.Date
import struct Foundation.DateComponents
import struct Foundation.TimeZone

/// How long a destination is left alone: a time, or until an hour of the day, when its daily quota is new.
package enum Wait: Sendable, Equatable {
  /// Milliseconds.
  case lasting(Int64)
  /// Minutes after midnight in the zone of this IANA name.
  case until(minute: Int, zone: String)

  package func end(after now: Instant) -> Instant {
    switch self {
    case .lasting(let milliseconds): return now + milliseconds
    case .until(let minute, let zone):
      var calendar = Calendar(identifier: .gregorian)
      calendar.timeZone = TimeZone(identifier: zone) ?? .gmt
      let date = Date(timeIntervalSince1970: Double(now.milliseconds) / 1000)
      let time = DateComponents(hour: minute / 60, minute: minute % 60)
      // An hour that a change to summer time leaves out is the next that there is.
      let next = calendar.nextDate(after: date, matching: time, matchingPolicy: .nextTime)
      return next.map { Instant(milliseconds: Int64(($0.timeIntervalSince1970 * 1000).rounded())) } ?? now + 86_400_000
    }
  }
}

extension Wait {
  /// `wait_seconds`, or `wait_until` with an optional `time_zone`; a problem where one stands that is not asked for, or where
  /// it is asked for and missing.
  init?(reading reader: ObjectReader, isAsked: Bool) {
    let seconds = reader["wait_seconds"]
    let until = reader["wait_until"]
    for node in [seconds, until, reader["time_zone"]].compactMap({ $0 }) where !isAsked {
      node.problem("goes with \"then\": \"wait\" only")
    }
    let zone = reader["time_zone"].flatMap(RelaySettings.zone) ?? "UTC"
    guard isAsked else { return nil }
    switch (seconds, until) {
    case (let node?, nil):
      guard let milliseconds = node.seconds(0.1...86_400) else { return nil }
      self = .lasting(milliseconds)
    case (nil, let node?):
      guard let minute = node.json.string.flatMap(Self.minute) else {
        node.expected("a time of day such as \"00:00\"")
        return nil
      }
      self = .until(minute: minute, zone: zone)
    default:
      reader.node.problem("expected one of wait_seconds and wait_until")
      return nil
    }
  }

  /// `HH:MM`.
  static func minute(_ text: String) -> Int? {
    let digits = Array(text.utf8)
    guard digits.count == 5, digits[2] == UInt8(ascii: ":"),
      [0, 1, 3, 4].allSatisfy({ (0x30...0x39).contains(digits[$0]) })
    else { return nil }
    let hour = Int(digits[0] - 0x30) * 10 + Int(digits[1] - 0x30)
    let minute = Int(digits[3] - 0x30) * 10 + Int(digits[4] - 0x30)
    return hour < 24 && minute < 60 ? hour * 60 + minute : nil
  }
}
