import RelayCore

/// What the provider has of a span of time against what we have: counts by hour, and the calls that one side lacks. Bounded:
/// the list is cut, the counts are whole.
struct Reconciliation: Sendable, Equatable {
  enum Finding: String, Sendable, CaseIterable {
    /// Both have it, alike.
    case same
    /// The provider has it, we have not.
    case missing
    /// We have it, the provider has not.
    case extra
    /// Both have it, and it is not the same.
    case different
  }

  struct Counts: Sendable, Equatable {
    /// Calls that the provider has.
    var provider = 0
    /// Calls that we have; those that are fetched now are none of them.
    var ours = 0
    var missing = 0
    /// Of the missing ones: fetched and stored now.
    var stored = 0
    var extra = 0
    var different = 0

    var isEven: Bool { missing == 0 && extra == 0 && different == 0 }
  }

  /// A call of the list.
  struct Listed: Sendable, Equatable {
    var finding: Finding
    var at: Instant?
    /// The provider's id; nil where it gives none.
    var id: String?
    /// Of ours: nil for a missing one that is not stored.
    var record: Identifier?
    var direction: String?
    var status: String?
    var from: String?
    var to: String?
    /// What differs, by the names of the call's fields.
    var fields: [String] = []
  }

  let source: String
  let from: Instant
  let to: Instant
  /// Up to when was asked for; what lies between is left out, since it may be under way. nil where nothing was.
  var wantedTo: Instant?
  /// By the beginning of the hour.
  private(set) var hours: [Instant: Counts] = [:]
  private(set) var total = Counts()
  private(set) var listed: [Listed] = []
  /// Rows that the API gave, also those of one call's second leg and those that are none.
  var fetched = 0
  /// Rows that can't be read as calls.
  var bad = 0
  /// Why, the first few reasons.
  private(set) var badReasons: [String] = []
  /// Rows of people whom `erase` removed: they stay away.
  var erased = 0
  /// Calls that the API counts and did not give.
  var shortfall = 0
  var requests = 0
  private let limit: Int

  static let hour: Int64 = 3_600_000

  init(source: String, from: Instant, to: Instant, limit: Int) {
    self.source = source
    self.from = from
    self.to = to
    self.limit = limit
  }

  /// `isStored`: a missing one that was fetched.
  mutating func add(_ call: Listed, isStored: Bool = false) {
    let at = call.at ?? from
    let hour = Instant(milliseconds: at.milliseconds.flooredDivision(by: Self.hour).quotient * Self.hour)
    hours[hour, default: Counts()].add(call.finding, isStored: isStored)
    total.add(call.finding, isStored: isStored)
    if call.finding != .same, listed.count < limit { listed.append(call) }
  }

  mutating func addBad(_ reason: String) {
    bad += 1
    if badReasons.count < 5, !badReasons.contains(reason) { badReasons.append(reason) }
  }

  /// Calls of the list that stand behind its end.
  var unlisted: Int { total.missing + total.extra + total.different - listed.count }

  /// Missing still: not fetched.
  var isComplete: Bool { total.missing == total.stored && shortfall == 0 }
}

extension Reconciliation.Counts {
  mutating func add(_ finding: Reconciliation.Finding, isStored: Bool) {
    switch finding {
    case .same:
      provider += 1
      ours += 1
    case .missing:
      provider += 1
      missing += 1
      if isStored { stored += 1 }
    case .extra:
      ours += 1
      extra += 1
    case .different:
      provider += 1
      ours += 1
      different += 1
    }
  }

  static func + (left: Self, right: Self) -> Self {
    var sum = left
    sum.provider += right.provider
    sum.ours += right.ours
    sum.missing += right.missing
    sum.stored += right.stored
    sum.extra += right.extra
    sum.different += right.different
    return sum
  }
}

// MARK: - As JSON

extension Reconciliation {
  /// `numbers`: with the numbers of callers, for a person who asked; what is kept in the database has none.
  func json(numbers: Bool, listed count: Int = .max) -> JSONObject {
    var object: JSONObject = [
      "source": .string(source), "from": .instant(from), "to": .instant(to), "left_out_until": .instant(wantedTo),
    ]
    for member in total.json.members { object[member.key] = member.value }
    object["fetched"] = .count(fetched)
    object["bad"] = .count(bad)
    object["bad_reasons"] = .array(badReasons.map { .string($0) })
    object["erased"] = .count(erased)
    object["shortfall"] = .count(shortfall)
    object["requests"] = .count(requests)
    object["hours"] = .array(
      hours.sorted { $0.key < $1.key }.map { hour, counts in
        var row: JSONObject = ["hour": .instant(hour)]
        for member in counts.json.members { row[member.key] = member.value }
        return .object(row)
      })
    object["calls"] = .array(listed.prefix(count).map { .object($0.json(numbers: numbers)) })
    object["calls_not_listed"] = .count(unlisted + max(0, listed.count - count))
    return object
  }
}

extension Reconciliation.Counts {
  var json: JSONObject {
    [
      "provider": .count(provider), "ours": .count(ours), "missing": .count(missing), "stored": .count(stored),
      "extra": .count(extra), "different": .count(different),
    ]
  }
}

extension Reconciliation.Listed {
  func json(numbers: Bool) -> JSONObject {
    var object: JSONObject = [
      "finding": .string(finding.rawValue), "at": .instant(at), "id": .text(id), "record": .id(record),
      "direction": .text(direction), "status": .text(status),
    ]
    if numbers {
      object["from"] = .text(from)
      object["to"] = .text(to)
    }
    if !fields.isEmpty { object["fields"] = .array(fields.map { .string($0) }) }
    return object
  }
}
