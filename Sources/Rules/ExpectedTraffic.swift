import RelayCore

import struct Foundation.Calendar
import struct Foundation.Date
import struct Foundation.DateComponents
import struct Foundation.TimeZone

/// How often a source is expected to send: `expect`. That nothing comes any more is the loss that no queue can see.
package struct ExpectedTraffic: Sendable, Equatable {
  package enum Day: String, Sendable, CaseIterable {
    // As Foundation counts them: Sunday is 1.
    case sun, mon, tue, wed, thu, fri, sat
  }

  /// Milliseconds, 1 minute to 7 days: at least one record in each such time.
  package let every: Int64
  /// Minutes after midnight; nil, the default, for all hours. Where the end is not behind the beginning, it is on the next day.
  package let hours: Hours?
  /// On which `hours` begin; nil, the default, for every day.
  package let days: Set<Day>?
  /// IANA name: that of the `relay` section, or UTC.
  package let zone: String

  package struct Hours: Sendable, Equatable {
    package let from: Int
    package let to: Int

    /// As clocks mostly go.
    var length: Int { to > from ? to - from : to - from + 1440 }
  }
}

// MARK: - Silence

extension ExpectedTraffic {
  /// Days looked at behind the last record: in so many every day of the week comes twice.
  private static let reach = 15

  /// Since when the source is silent; nil where it is not, or not yet. `last`: when its last record came. Time outside the
  /// hours does not count: each day begins anew. Once begun, silence lasts until a record comes, also overnight.
  package func silentSince(last: Instant, now: Instant) -> Instant? {
    guard last <= now else { return nil }
    guard hours != nil || days != nil else { return last + every <= now ? last + every : nil }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(identifier: zone) ?? .gmt
    let today = calendar.startOfDay(for: Date(timeIntervalSince1970: Double(last.milliseconds) / 1000))
    // From yesterday on: its hours may go over midnight.
    for offset in -1...Self.reach {
      guard let window = window(offset, daysFrom: today, calendar), window.to > last else { continue }
      let begin = max(last, window.from) + every
      if begin > now { return nil }
      if begin <= window.to { return begin }
    }
    return nil
  }

  /// When something is expected on a day; nil where nothing is.
  private func window(_ offset: Int, daysFrom today: Date, _ calendar: Calendar) -> (from: Instant, to: Instant)? {
    guard let day = calendar.date(byAdding: .day, value: offset, to: today),
      let next = calendar.date(byAdding: .day, value: 1, to: day)
    else { return nil }
    if let days, !days.contains(Day.allCases[calendar.component(.weekday, from: day) - 1]) { return nil }
    let (from, to) = (hours?.from ?? 0, hours?.to ?? 1440)
    return (time(from, of: day, calendar), to > from ? time(to, of: day, calendar) : time(to, of: next, calendar))
  }

  /// A time that a change to summer time leaves out is the next that there is; of two it is the first.
  private func time(_ minute: Int, of day: Date, _ calendar: Calendar) -> Instant {
    guard minute < 1440 else { return time(0, of: calendar.date(byAdding: .day, value: 1, to: day) ?? day, calendar) }
    let wanted = DateComponents(hour: minute / 60, minute: minute % 60)
    // Asked for from just before midnight, since the search begins behind its date.
    let found = calendar.nextDate(after: day.addingTimeInterval(-0.001), matching: wanted, matchingPolicy: .nextTime)
    return Instant(milliseconds: Int64(((found ?? day).timeIntervalSince1970 * 1000).rounded()))
  }
}

// MARK: - Reading

extension ExpectedTraffic {
  static let keys = ["every_minutes", "between", "days"]

  /// nil after a problem, and where it is switched off.
  init?(reading node: Node, zone: String) {
    let what = #"an object such as {"every_minutes": 30, "between": "09:00-18:00"}"#
    guard let reader = ObjectReader(node, keys: Self.keys, what: what) else { return nil }
    let every = reader.required("every_minutes", "missing; after how many minutes is silence strange?")?
      .decimal(1...10_080)
    let hours = reader["between"].flatMap(Self.hours)
    let days = reader["days"].flatMap(Self.days)
    guard let every, reader.isEnabled else { return nil }
    let length = hours?.length ?? 1440
    if every > Double(length), hours != nil || days != nil {
      reader["every_minutes"]?.problem(
        "expected at most the \(length) minutes of \(hours == nil ? "a day" : "between"), found \(Node.text(every))")
      return nil
    }
    self.init(every: Int64(every * 60_000), hours: hours, days: days, zone: zone)
  }

  /// `09:00-18:00`; `24:00` is the midnight that ends the day.
  private static func hours(_ node: Node) -> Hours? {
    let parts = node.json.string?.split(separator: "-", omittingEmptySubsequences: false).map(String.init) ?? []
    let to = parts.last == "24:00" ? 1440 : parts.last.flatMap(Wait.minute)
    guard parts.count == 2, let from = Wait.minute(parts[0]), let to, from != to else {
      node.expected(#"two times of a day such as "09:00-18:00""#)
      return nil
    }
    return Hours(from: from, to: to)
  }

  private static func days(_ node: Node) -> Set<Day>? {
    guard let nodes = node.elements(#"a list of days such as ["mon", "tue"]"#) else { return nil }
    guard !nodes.isEmpty else {
      node.expected("at least one day")
      return nil
    }
    let days = nodes.compactMap { $0.word(Day.self) }
    return days.count == nodes.count ? Set(days) : nil
  }
}
