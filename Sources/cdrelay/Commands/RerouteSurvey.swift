import DurableQueue
import RelayCore

/// What a reroute would do with one record.
struct RerouteLook {
  /// Why it gets no delivery.
  enum Obstacle: Equatable {
    case bodyGone, unmatched
    case unreadable(String)
  }

  /// A delivery that it has and that is not delivered: it stays as it is.
  struct Other {
    let destination: String
    let state: DeliveryState
    /// The rules in force send the record there.
    let isNamed: Bool
  }

  let id: Identifier
  let receivedAt: Instant?
  /// nil where nothing is to be made.
  let toMake: RoutedRecord?
  let obstacle: Obstacle?
  let others: [Other]
  /// Those that it has no delivery to.
  var destinations: [String] = []
}

/// What a reroute would do in all, counted before it is done.
struct RerouteSurvey {
  private(set) var records = 0
  /// The last one looked at.
  private(set) var last: Identifier?
  private let notFound: [Identifier]
  private var recordsToMake = 0
  private var made: [String: (count: Int, oldest: Instant, newest: Instant)] = [:]
  private var unmatched = 0
  private var bodyGone = 0
  private var unreadable: [String: Int] = [:]
  private var unnamed: [String: Int] = [:]
  private var ended: [String: Int] = [:]

  init(notFound: [Identifier]) {
    self.notFound = notFound
  }

  mutating func add(_ look: RerouteLook) {
    records += 1
    last = look.id
    switch look.obstacle {
    case .bodyGone: bodyGone += 1
    case .unmatched: unmatched += 1
    case .unreadable(let reason): unreadable[reason, default: 0] += 1
    case nil: break
    }
    for other in look.others {
      if !other.isNamed { unnamed[other.destination, default: 0] += 1 }
      if other.isNamed, other.state == .dead || other.state == .cancelled { ended[other.destination, default: 0] += 1 }
    }
    guard look.toMake != nil, let at = look.receivedAt else { return }
    recordsToMake += 1
    for destination in look.destinations {
      let known = made[destination] ?? (count: 0, oldest: at, newest: at)
      made[destination] = (known.count + 1, min(known.oldest, at), max(known.newest, at))
    }
  }

  /// Deliveries to make.
  var count: Int { made.values.reduce(0) { $0 + $1.count } }

  var shares: [DeliveryPlan.Share] {
    made.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.map {
      DeliveryPlan.Share(
        destination: $0.key, count: $0.value.count, oldest: $0.value.oldest, newest: $0.value.newest)
    }
  }

  var exitCode: ExitCode { notFound.isEmpty && bodyGone == 0 && unreadable.isEmpty ? .done : .failed }

  /// `45 deliveries to make for 30 of 50 records: crm 30, archive 15; the oldest was received 3 days ago …`
  var sentence: String {
    let looked = Phrases.count(records, "record", "records")
    guard count > 0 else { return "no delivery to make for \(looked)" }
    let shares = Self.list(made.mapValues(\.count))
    return
      "\(Phrases.count(count, "delivery", "deliveries")) to make for \(Phrases.grouped(recordsToMake)) of \(looked): "
      + shares
  }

  static func sentence(of made: Rerouted) -> String {
    guard made.count > 0 else { return "made no delivery" }
    return "made \(Phrases.count(made.count, "delivery", "deliveries")) for "
      + "\(Phrases.count(made.records, "record", "records")): \(list(made.made))"
  }

  /// What stays as it is, and why.
  var notes: [String] {
    var notes: [String] = notFound.map { "no delivery and no record has the id \($0)" }
    if unmatched > 0 { notes.append("\(Phrases.count(unmatched, "record matches", "records match")) no rule") }
    if bodyGone > 0 {
      notes.append(
        "left \(Phrases.count(bodyGone, "record", "records")) alone, since the body is no longer kept")
    }
    for (reason, count) in unreadable.sorted(by: { $0.key < $1.key }) {
      notes.append("left \(Phrases.count(count, "record", "records")) alone: \(reason)")
    }
    if !unnamed.isEmpty {
      notes.append(
        "left deliveries alone to destinations that the rules no longer name for their records: \(Self.list(unnamed)); "
          + "`cdrelay deliveries cancel` or `close` lays them aside")
    }
    if !ended.isEmpty {
      notes.append(
        "left dead and cancelled deliveries alone to destinations that the rules still name: \(Self.list(ended)); "
          + "`cdrelay replay` without --reroute sends them again")
    }
    return notes
  }

  /// `made`: what was done; nil for a dry run.
  func json(made done: Rerouted?, _ estimates: [ReplayEstimate]) -> JSONObject {
    var object: JSONObject = ["records": .count(records)]
    if let done {
      object["made"] = .count(done.count)
      object["rerouted"] = .count(done.records)
      object["destinations"] = Self.object(done.made)
    } else {
      object["count"] = .count(count)
      object["destinations"] = Self.object(made.mapValues(\.count))
      object["estimates"] = .array(estimates.map { .object($0.json) })
    }
    object["unmatched"] = .count(unmatched)
    object["body_gone"] = .count(bodyGone)
    object["unreadable"] = Self.object(unreadable)
    object["no_longer_named"] = Self.object(unnamed)
    object["still_named"] = Self.object(ended)
    object["not_found"] = .array(notFound.map { .id($0) })
    return object
  }

  private static func list(_ counts: [String: Int]) -> String {
    sorted(counts).map { "\($0.key) \(Phrases.grouped($0.value))" }.joined(separator: ", ")
  }

  private static func object(_ counts: [String: Int]) -> JSON {
    .object(JSONObject(sorted(counts).map { JSONObject.Member(key: $0.key, value: .count($0.value)) }))
  }

  /// The largest first.
  private static func sorted(_ counts: [String: Int]) -> [(key: String, value: Int)] {
    counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
  }
}
