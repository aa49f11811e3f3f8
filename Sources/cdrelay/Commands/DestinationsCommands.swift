import DurableQueue
import RelayCore
import Rules

extension Command {
  static let destinationsList = Command(
    "destinations list", "Lists destinations, with what waits and what holds them",
    options: Visit.options + [Option("--json", nil, "One JSON object a line.")]
  ) { invocation in
    let visit = try Visit(invocation)
    let destinations = try visit.visitor.destinations().completed(with: visit.rules)
    if invocation.wantsJSON {
      for destination in destinations {
        var object: JSONObject = ["name": .string(destination.name)]
        for member in destination.json(invocation.now).members { object[member.key] = member.value }
        try invocation.output.line(object)
      }
    } else {
      try DestinationTable.write(destinations, now: invocation.now, to: invocation.output)
    }
    return .done
  }

  static let destinationsPause = Command(
    "destinations pause", "Holds a destination: its deliveries wait, none dies",
    positionals: [Positional("NAME", .one, "The destination.")],
    options: [reason] + Visit.options + [Option("--json", nil, "What was done as one JSON object.")]
  ) { invocation in
    let visit = try Visit(invocation)
    let name = try visit.destination(invocation.arguments.positionals[0])
    let reason = invocation.arguments["--reason"] ?? "paused by \(invocation.surroundings.user)"
    let action = invocation.action(reason: invocation.arguments["--reason"])
    let isNew = try visit.visitor.pause(name, reason: reason, action: action)
    guard !invocation.wantsJSON else {
      try invocation.output.line(["destination": .string(name), "held": .bool(true), "changed": .bool(isNew)])
      return .done
    }
    try invocation.output.line(
      isNew
        ? "\(name) is held; `cdrelay destinations resume \(name)` lets it go on"
        : "\(name) was held by a person already")
    return .done
  }

  static let destinationsResume = Command(
    "destinations resume", "Lets a held destination go on",
    details: """
      Takes away the hold of a person, those of refused credentials, refused records, an open circuit breaker and a limit,
      which you say are mended, and that of a restored backup, in which you say that nothing waits any more that was sent
      since. What the rule file holds ("paused", "enabled") stays held.
      """,
    positionals: [Positional("NAME", .one, "The destination.")],
    options: [reason] + Visit.options + [Option("--json", nil, "What was done as one JSON object.")]
  ) { invocation in
    let visit = try Visit(invocation)
    let name = try visit.destination(invocation.arguments.positionals[0])
    let action = invocation.action(reason: invocation.arguments["--reason"])
    let removed = try visit.visitor.resume(name, action: action)
    let left = try visit.visitor.holdState(of: name).holds.first
    if invocation.wantsJSON {
      try invocation.output.line([
        "destination": .string(name), "held": .bool(left != nil), "changed": .bool(!removed.isEmpty),
      ])
    } else {
      for hold in removed {
        try invocation.output.line(
          "\(name) is no longer held by \(hold.holder), as it was for \(Phrases.span(invocation.now - hold.since)): "
            + hold.reason)
      }
      if removed.isEmpty, left == nil { try invocation.output.line("\(name) is not held") }
    }
    if let left {
      invocation.surroundings.complain("\(name) stays held by \(left.holder): \(left.reason). \(left.mending(name))")
      return .failed
    }
    return .done
  }
}

extension Visit {
  /// A destination that the rules or the database know.
  func destination(_ name: String) throws -> String {
    if try rules?.destination(named: name) != nil || visitor.knows(destination: name) { return name }
    let known = try visitor.destinations().completed(with: rules).map(\.name)
    throw CommandError("no destination \(name)" + NearestName.question(name, among: known))
  }
}

extension [DestinationStatus] {
  /// With the destinations of the rules first, in file order, also those that nothing happened to yet.
  func completed(with rules: RuleFile?) -> [DestinationStatus] {
    let names = rules?.destinations.map(\.name) ?? []
    let others = filter { !names.contains($0.name) }.map { destination in
      var destination = destination
      destination.isOrphaned = rules != nil
      return destination
    }
    return names.map { name in first { $0.name == name } ?? DestinationStatus(name: name) } + others
  }
}

extension DestinationStatus {
  /// What to do with deliveries that wait for a destination which the rule file does not name.
  static func orphanRemedy(_ name: String) -> String {
    "Put it back into the rule file; or give their records to the destinations of today's rules "
      + "(`cdrelay replay --reroute --state waiting --destination \(name)`) and lay them aside "
      + "(`cdrelay deliveries cancel --destination \(name) --reason TEXT`)."
  }

  /// All but the name.
  func json(_ now: Instant) -> JSONObject {
    [
      "waiting": .count(waiting), "sending": .count(sending), "dead": .count(dead),
      "oldest_waiting_seconds": oldestWaitingSince.map { .integer(Swift.max(0, now - $0) / 1000) } ?? .null,
      "orphaned": .bool(isOrphaned), "held": .bool(hold.isHeld),
      "held_since": .instant(hold.heldSince ?? hold.holds.first?.since),
      "holds": .array(
        hold.holds.map { hold in
          .object([
            "kind": .string(hold.kind.rawValue), "since": .instant(hold.since), "until": .instant(hold.until),
            "reason": .string(hold.reason),
            "mend": .string(hold.mending(name)),
          ])
        }),
    ]
  }
}

/// Destinations as people read them.
enum DestinationTable {
  static func write(_ destinations: [DestinationStatus], now: Instant, to output: Output) throws {
    var table = Table(
      ("DESTINATION", .left), ("WAITING", .right), ("SENDING", .right), ("DEAD", .right), ("OLDEST WAITS", .right),
      ("HELD", .left))
    for destination in destinations {
      let holds = destination.hold.holds.map { "by \($0.holder) since \(Phrases.span(now - $0.since))" }
      table.add(
        destination.name, Phrases.grouped(destination.waiting), Phrases.grouped(destination.sending),
        Phrases.grouped(destination.dead), destination.oldestWaitingSince.map { Phrases.span(now - $0) } ?? "-",
        destination.isOrphaned ? "orphaned" : holds.isEmpty ? "no" : holds.joined(separator: ", "))
    }
    try table.write(to: output)
    for destination in destinations where destination.isOrphaned && destination.waiting + destination.sending > 0 {
      let count = Phrases.count(destination.waiting + destination.sending, "delivery waits", "deliveries wait")
      try output.line(
        "\(destination.name) is orphaned: \(count), and it is not in the rule file. "
          + DestinationStatus.orphanRemedy(destination.name))
    }
    for destination in destinations where !destination.isOrphaned || destination.waiting > 0 {
      for hold in destination.hold.holds {
        try output.line("\(destination.name) is held: \(hold.reason). \(hold.mending(destination.name))")
      }
    }
  }
}
