import DurableQueue
import RelayCore
import Rules

/// How fast a destination takes what is sent, and what says so.
struct DestinationPace: Equatable {
  let perSecond: Double
  let basis: String

  /// The slowest of what limits it; nil where nothing is known. `rate`: what a person asked for.
  static func reckon(_ destination: Destination?, _ recent: RecentAttempts?, rate: Double? = nil) -> DestinationPace? {
    var limits: [DestinationPace] = []
    if let rate { limits.append(DestinationPace(perSecond: rate, basis: "--rate")) }
    if let limit = destination?.ratePerSecond {
      limits.append(DestinationPace(perSecond: limit, basis: "rate_per_second of the rule file"))
    }
    if let destination, let recent {
      let took = max(1, recent.meanTook)
      limits.append(
        DestinationPace(
          perSecond: Double(destination.maxInFlight) * 1000 / took,
          basis: "max_in_flight \(destination.maxInFlight), and \(Int64(took.rounded())) ms each, the mean of "
            + Phrases.count(recent.count, "recent attempt", "recent attempts")))
    }
    return limits.min { $0.perSecond < $1.perSecond }
  }
}

/// What a destination takes from midnight to midnight.
struct DayPace: Equatable {
  let limit: Int
  /// Of today's.
  let left: Int
  let midnight: Instant

  /// nil without `rate_per_day`.
  init?(_ destination: Destination?, _ use: QuotaUse?, now: Instant) {
    guard let destination, let limit = destination.ratePerDay else { return nil }
    self.limit = limit
    let used = use.map { $0.ends > now ? $0.sent : 0 } ?? 0
    left = max(0, limit - used)
    midnight = Wait.until(minute: 0, zone: destination.timeZone).end(after: now)
  }

  /// When so many are sent that take `each` milliseconds beside the limit; nil where today's quota is enough.
  func end(of count: Int, each: Double) -> Instant? {
    guard count > left else { return nil }
    let fullDays = (count - left - 1) / limit
    let lastDay = count - left - fullDays * limit
    return midnight + Int64(min(Double(fullDays) * 86_400_000 + Double(lastDay) * each, 1e15))
  }
}

/// How long deliveries to one destination will take that a replay makes due.
struct ReplayEstimate {
  let share: DeliveryPlan.Share
  let pace: DestinationPace?
  let day: DayPace?
  let now: Instant
  /// Deliveries that wait there already.
  let waiting: Int
  let isHeld: Bool
  /// The rules in force name it, or there are none.
  let isKnown: Bool

  static func all(
    _ shares: [DeliveryPlan.Share], _ visit: Visit, perSecond: Double?, now: Instant
  ) throws -> [ReplayEstimate] {
    let holds = try visit.visitor.holds()
    return try shares.map { share in
      if let perSecond { try checkSpread(share, visit.visitor, perSecond, now) }
      let destination = visit.rules?.destination(named: share.destination)
      let recent = try visit.visitor.recentAttempts(at: share.destination)
      return ReplayEstimate(
        share: share, pace: DestinationPace.reckon(destination, recent, rate: perSecond),
        day: DayPace(destination, holds[share.destination]?.quota, now: now), now: now,
        waiting: try visit.visitor.waitingCount(of: share.destination),
        isHeld: holds[share.destination]?.isHeld ?? false, isKnown: visit.rules == nil || destination != nil)
    }
  }

  private static func checkSpread(
    _ share: DeliveryPlan.Share, _ visitor: QueueVisitor, _ perSecond: Double, _ now: Instant
  ) throws {
    let last = try visitor.lastSpread(to: share.destination)
    let end = DueTimes.end(of: share.count, perSecond: perSecond, now: now, last: last)
    guard end - now > DueTimes.longest else { return }
    let behind = last.map { $0 > now ? ", behind those that an earlier command put there," : "" } ?? ""
    throw CommandError(
      "\(Phrases.count(share.count, "delivery", "deliveries")) to \(share.destination)\(behind) would be spread over "
        + "\(Phrases.span(end - now)); at most \(Phrases.span(DueTimes.longest)) are possible: raise --rate, or take a part "
        + "with --limit")
  }

  /// Nil where the pace is not known.
  var milliseconds: Int64? {
    guard let dayEnd else { return paced }
    return max(dayEnd - now, paced ?? 0)
  }

  private var paced: Int64? {
    pace.map { Int64(min(Double(share.count) * 1000 / $0.perSecond, 1e15)) }
  }

  /// nil where today's quota is enough.
  private var dayEnd: Instant? {
    day?.end(of: share.count, each: pace.map { 1000 / $0.perSecond } ?? 0)
  }

  /// What says how long it takes.
  private var basis: (rate: String, words: String)? {
    if let day, let dayEnd, dayEnd - now > paced ?? 0 {
      let left = "\(Phrases.grouped(day.left)) of it left until midnight"
      return ("\(Phrases.grouped(day.limit)) a day", "rate_per_day of the rule file, \(left)")
    }
    return pace.map { ("\(Phrases.decimal($0.perSecond)) a second", $0.basis) }
  }

  /// `crm: 2,900 take about 5 min at 10 a second (rate_per_second of the rule file)`
  var sentence: String {
    let count = "\(share.destination): \(Phrases.grouped(share.count)) \(share.count == 1 ? "takes" : "take")"
    var sentence = count + " a time that is not known, since no recent attempt there was answered"
    if let basis, let milliseconds {
      let span = milliseconds < 1000 ? "less than a second" : "about \(Phrases.span(milliseconds))"
      sentence = "\(count) \(span) at \(basis.rate) (\(basis.words))"
    }
    if waiting > 0 { sentence += "; \(Phrases.grouped(waiting)) \(waiting == 1 ? "waits" : "wait") there already" }
    if isHeld { sentence += "; it is held, and takes nothing until that ends" }
    if !isKnown { sentence += "; the rules in force have no such destination, and until they do it takes nothing" }
    return sentence
  }

  var json: JSONObject {
    [
      "destination": .string(share.destination), "count": .count(share.count), "oldest": .instant(share.oldest),
      "newest": .instant(share.newest), "seconds": milliseconds.map { .integer(($0 + 999) / 1000) } ?? .null,
      "per_second": pace.map { .decimal($0.perSecond) } ?? .null, "per_day": day.map { .count($0.limit) } ?? .null,
      "reckoned_from": .text(basis?.words),
      "waiting": .count(waiting), "held": .bool(isHeld),
    ]
  }
}
