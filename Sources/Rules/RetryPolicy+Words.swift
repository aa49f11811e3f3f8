extension RetryPolicy {
  /// What the policy means to the person who wrote it: `survives an outage of 7 days; about 230 attempts`. Attempts are
  /// counted with the mean of the jitter, a quarter below the bound.
  package var inWords: String {
    if let maxAttempts, maxAttempts == 1 { return "one attempt, no retry" }
    let longest = Self.words(maxDelayMilliseconds)
    guard let limit = outageMilliseconds else {
      return
        "retries until delivered, in the end every \(longest.hasPrefix("1 ") ? String(longest.dropFirst(2)) : longest)"
    }
    let attempts = attempts(within: limit)
    let rounded = attempts < 10 ? "\(attempts)" : "about \(Self.rounded(attempts))"
    return "survives an outage of \(isLimitedByAttempts ? "at least " : "")\(Self.words(limit)); "
      + (isLimitedByAttempts ? "\(maxAttempts ?? 0) attempts" : "\(rounded) attempts")
  }

  /// The outage that every delivery survives; nil for any.
  private var outageMilliseconds: Int64? {
    isLimitedByAttempts ? shortestMilliseconds : giveUpAfterMilliseconds
  }

  private var isLimitedByAttempts: Bool {
    guard let shortest = shortestMilliseconds else { return false }
    return giveUpAfterMilliseconds.map { shortest < $0 } ?? true
  }

  /// From the first to the last attempt with no jitter at all; nil without a limit of attempts.
  private var shortestMilliseconds: Int64? {
    maxAttempts.map { count in (1..<max(count, 1)).reduce(0) { $0 + delayBound(afterAttempt: $1) / 2 } }
  }

  private func attempts(within limit: Int64) -> Int {
    var spent: Int64 = 0
    var attempts = 1
    while attempts < 64 {
      spent += delayBound(afterAttempt: attempts) * 3 / 4
      if spent > limit { return attempts }
      attempts += 1
    }
    return attempts + Int((limit - spent) / max(1, delayBound(afterAttempt: attempts) * 3 / 4))
  }

  /// Two significant digits.
  private static func rounded(_ count: Int) -> Int {
    var unit = 1
    while count / unit >= 100 { unit *= 10 }
    return (count + unit / 2) / unit * unit
  }

  /// `7 days`, `1 hour 30 minutes`, `15 seconds`: the two largest units.
  static func words(_ milliseconds: Int64) -> String {
    guard milliseconds >= 1000 else { return "\(milliseconds) milliseconds" }
    var rest = milliseconds / 1000
    var parts: [String] = []
    for (unit, seconds) in [("day", Int64(86_400)), ("hour", 3600), ("minute", 60), ("second", 1)] {
      let count = rest / seconds
      rest %= seconds
      if count > 0 { parts.append("\(count) \(unit)\(count == 1 ? "" : "s")") }
    }
    return parts.prefix(2).joined(separator: " ")
  }
}
