import RelayCore

/// `$time`: a moment within these hours of these weekdays, as clocks in a time zone show them.
struct TimeFilter: Sendable, Equatable {
  /// Minutes after midnight. Where `to` is not behind `from`, the window goes on over midnight.
  let from: Int
  /// The first minute that no longer belongs to it; 1440 is midnight.
  let to: Int
  /// A bit for each day on which the window begins, Monday the lowest.
  let days: UInt8
  let clock: ZoneClock
  /// As it stands in the rule file.
  let written: JSON

  func matches(_ instant: Instant) -> Bool {
    let (day, millisecond) = clock.local(instant).milliseconds.flooredDivision(by: 86_400_000)
    let minute = Int(millisecond / 60_000)
    if from < to { return from <= minute && minute < to && holds(day) }
    return minute >= from ? holds(day) : minute < to && holds(day - 1)
  }

  /// Weekday and time of day in its zone: `Wed 18:00 in Europe/Paris`.
  func clockShows(_ instant: Instant) -> String {
    let shown = (try? DateFormat("EEE HH:mm", clock))?.write(instant).string ?? instant.rfc3339
    return "\(shown) in \(clock.name)"
  }

  /// 1970-01-01, day 0, was a Thursday.
  private func holds(_ day: Int64) -> Bool {
    days >> UInt8((day + 3).flooredDivision(by: 7).remainder) & 1 == 1
  }
}

extension TimeFilter {
  static let keys = ["from", "to", "days", "time_zone"]
  private static let dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

  /// nil after a problem was noted.
  init?(reading node: Node) {
    let what = "an object such as {\"from\": \"09:00\", \"to\": \"18:00\", \"days\": \"mon-fri\"}"
    guard let reader = ObjectReader(node, keys: Self.keys, what: what) else { return nil }
    guard reader["from"] != nil || reader["to"] != nil || reader["days"] != nil else {
      node.problem("expected from, to or days")
      return nil
    }
    let from = reader["from"].map { Self.minute($0, isEnd: false) } ?? 0
    let to = reader["to"].map { Self.minute($0, isEnd: true) } ?? 1440
    let days = reader["days"].map(Self.days) ?? 0b111_1111
    let zone = reader["time_zone"].map(RelaySettings.zone) ?? node.loading.timeZone
    guard let from, let to, let days, let zone, let clock = node.loading.clock(zone) else { return nil }
    guard from != to else {
      node.problem("is never: from and to are the same")
      return nil
    }
    self.init(from: from, to: to, days: days, clock: clock, written: node.json)
  }

  private static func minute(_ node: Node, isEnd: Bool) -> Int? {
    if isEnd, node.json.string == "24:00" { return 1440 }
    if let minute = node.json.string.flatMap(Wait.minute) { return minute }
    node.expected("a time of day such as \"09:00\"")
    return nil
  }

  private static func days(_ node: Node) -> UInt8? {
    let days = node.oneOrMore().map(Self.range)
    return days.isEmpty || days.contains(nil) ? nil : days.reduce(0) { $0 | ($1 ?? 0) }
  }

  /// `mon`, `mon-fri`, `sat-mon`.
  private static func range(_ node: Node) -> UInt8? {
    let names = node.json.string?.lowercased().split(separator: "-", omittingEmptySubsequences: false) ?? []
    let numbers = names.compactMap { name in dayNames.firstIndex { $0 == name } }
    guard (1...2).contains(numbers.count), numbers.count == names.count else {
      node.expected("days such as \"mon-fri\" or [\"mon\", \"wed\"]")
      return nil
    }
    var days: UInt8 = 0
    var day = numbers[0]
    while true {
      days |= 1 << UInt8(day)
      if day == numbers[numbers.count - 1] { return days }
      day = (day + 1) % 7
    }
  }
}
