import RelayCore

/// How the filter `seconds_as` writes a time that is given in seconds.
enum DurationFormat: String, Sendable, CaseIterable {
  case milliseconds, minutes, hours
  case minutesSeconds = "m:ss"
  case paddedMinutesSeconds = "mm:ss"
  case hoursMinutes = "h:mm"
  case paddedHoursMinutes = "hh:mm"
  case hoursMinutesSeconds = "h:mm:ss"
  case paddedHoursMinutesSeconds = "hh:mm:ss"

  /// nil for a number too large.
  func write(_ seconds: ExactDecimal) -> JSON? {
    switch self {
    case .milliseconds: return seconds.times(ExactDecimal(1000))?.json
    case .minutes: return seconds.divided(by: ExactDecimal(60))?.json
    case .hours: return seconds.divided(by: ExactDecimal(3600))?.json
    default:
      guard let whole = seconds.rounded(to: 0, .down).json.integer, whole != .min else { return nil }
      return .string((whole < 0 ? "-" : "") + clock(abs(whole)))
    }
  }

  private func clock(_ seconds: Int64) -> String {
    func two(_ number: Int64) -> String { DateFormat.padded(number, 2) }
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60)
    return switch self {
    case .minutesSeconds: "\(seconds / 60):\(two(rest))"
    case .paddedMinutesSeconds: "\(two(seconds / 60)):\(two(rest))"
    case .hoursMinutes: "\(hours):\(two(minutes))"
    case .paddedHoursMinutes: "\(two(hours)):\(two(minutes))"
    case .hoursMinutesSeconds: "\(hours):\(two(minutes)):\(two(rest))"
    case .paddedHoursMinutesSeconds: "\(two(hours)):\(two(minutes)):\(two(rest))"
    case .milliseconds, .minutes, .hours: ""
    }
  }
}
