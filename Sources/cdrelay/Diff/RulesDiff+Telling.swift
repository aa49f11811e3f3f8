import RelayCore

extension RulesDiff {
  /// What would change, a line each, with examples; what stays as it is is not told.
  var lines: [String] {
    var lines = [heading]
    for destination in destinations {
      for change in Change.allCases {
        guard let share = share(change, of: destination) else { continue }
        lines.append(sentence(change, share, destination))
        lines += share.examples.flatMap(Self.lines)
      }
    }
    return lines
  }

  /// What could not be told, and what no delivery shows.
  var notes: [String] {
    var notes: [String] = []
    if bodyGone > 0 {
      notes.append("\(Self.records(bodyGone)) can't be told: the body is no longer kept")
    }
    for (reason, count) in Self.sorted(refused) {
      notes.append("\(Self.records(count)) would not be taken any more: \(reason)")
    }
    if becomesUnrouted > 0 {
      notes.append("\(Self.records(becomesUnrouted)) would match no rule any more and be kept as unrouted")
    }
    if becomesRouted > 0 {
      notes.append("\(Self.records(becomesRouted)) that no rule matches would be sent somewhere")
    }
    for name in redefined {
      notes.append(
        "\(name) is defined otherwise, and no request of these records shows it (credentials are not compared)")
    }
    return notes
  }

  private var heading: String {
    guard records > 0 else { return "no record came in that time" }
    let looked = "\(Self.records(records)) of the last \(Phrases.count(Int(days.rounded(.up)), "day", "days"))"
    return isEmpty ? "no delivery would change: looked at \(looked)" : "looked at \(looked)"
  }

  /// `287 records (41 a day) would stop going to billing: rule billable calls 287`
  private func sentence(_ change: Change, _ share: Share, _ destination: String) -> String {
    let perDay = days < 2 ? "" : " (\(Self.perDay(Double(share.count) / days)) a day)"
    let what =
      switch change {
      case .gone: "would stop going to \(destination)"
      case .new: "would start going to \(destination)"
      case .changed: "would go to \(destination) as another request"
      }
    let places = change == .changed ? "\(Self.list(share.places)); " : ""
    return "\(Self.records(share.count))\(perDay) \(what): \(places)by \(Self.list(share.rules))"
  }

  private static func lines(_ example: Example) -> [String] {
    let head = "  \(example.record)  \(example.receivedAt.rfc3339)  \(example.source)"
    return [head + (example.why.map { "  \($0)" } ?? "")] + example.places.map { "      \($0.sentence)" }
  }

  /// One digit behind the point below ten.
  private static func perDay(_ rate: Double) -> String {
    rate < 10 ? Phrases.decimal((rate * 10).rounded() / 10) : Phrases.grouped(Int(rate.rounded()))
  }

  private static func records(_ count: Int) -> String { Phrases.count(count, "record", "records") }

  /// At most eight, the largest first.
  private static func list(_ counts: [String: Int]) -> String {
    let first = sorted(counts).prefix(8).map { "\($0.key) \(Phrases.grouped($0.value))" }
    return first.joined(separator: ", ") + (counts.count > 8 ? ", …" : "")
  }

  private static func sorted(_ counts: [String: Int]) -> [(key: String, value: Int)] {
    counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
  }
}

extension RulesDiff {
  var json: JSONObject {
    [
      "old": .string(old.path), "new": .string(new.path), "records": .count(records), "since": .instant(oldest),
      "days": .decimal(days), "body_gone": .count(bodyGone), "refused": Self.object(refused),
      "becomes_unrouted": .count(becomesUnrouted), "becomes_routed": .count(becomesRouted),
      "redefined": .array(redefined.map(JSON.string)),
      "destinations": .array(
        destinations.map { name in
          var object: JSONObject = ["destination": .string(name)]
          for change in Change.allCases {
            object[change.rawValue] = .object(json(change, share(change, of: name) ?? Share()))
          }
          return .object(object)
        }),
    ]
  }

  private func json(_ change: Change, _ share: Share) -> JSONObject {
    var object: JSONObject = [
      "count": .count(share.count), "per_day": .decimal(Double(share.count) / days),
      "rules": Self.object(share.rules),
    ]
    if change == .changed { object["places"] = Self.object(share.places) }
    object["examples"] = .array(
      share.examples.map { example in
        var object: JSONObject = [
          "record": .id(example.record), "received_at": .instant(example.receivedAt),
          "source": .string(example.source), "rule": .string(example.rule),
        ]
        if change == .changed {
          object["places"] = .array(example.places.map(\.json))
        } else {
          object["why"] = .text(example.why)
        }
        return .object(object)
      })
    return object
  }

  private static func object(_ counts: [String: Int]) -> JSON {
    .object(JSONObject(sorted(counts).map { JSONObject.Member(key: $0.key, value: .count($0.value)) }))
  }
}
