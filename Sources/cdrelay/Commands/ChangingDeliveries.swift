import DurableQueue
import RelayCore

import struct Foundation.TimeZone

extension Command {
  private static let changeOptions =
    DeliverySelection.options + [Option("--limit", "COUNT", "At most so many, the oldest ones. Default: all.")]
    + Confirmation.options + Visit.options + [Option("--json", nil, "What was done as one JSON object.")]
  private static let ids = Positional("ID", .any, "Ids of deliveries; in their place, a selection.")

  static let replay = Command(
    "replay", "Sends deliveries again",
    details: """
      Dead, delivered and cancelled deliveries become waiting, due now, with a fresh clock for giving up; their attempts
      are kept, and so is their id, by which a destination can tell a repetition. A selection without --state means dead
      ones. Deliveries that wait or are being sent are left alone, so a second start does nothing twice.
      """,
    positionals: [ids], options: changeOptions
  ) { try DeliveryChanging($0, .replay, verb: "replay", participle: "replayed").run() }

  static let deliveriesCancel = Command(
    "deliveries cancel", "Lays waiting deliveries aside, so that they are never sent",
    positionals: [ids], options: [reason] + changeOptions
  ) {
    try DeliveryChanging($0, .cancel(reason: try $0.requiredReason()), verb: "cancel", participle: "cancelled").run()
  }

  static let deliveriesClose = Command(
    "deliveries close", "Lays dead deliveries aside",
    positionals: [ids], options: [reason] + changeOptions
  ) { try DeliveryChanging($0, .close(reason: try $0.requiredReason()), verb: "close", participle: "closed").run() }

  static let reason = Option("--reason", "TEXT", "Why; it is kept.")
}

extension Invocation {
  func requiredReason() throws(UsageError) -> String {
    guard let reason = arguments["--reason"] else { throw UsageError("--reason TEXT is required: it is kept") }
    return reason
  }
}

/// What `replay`, `deliveries cancel` and `deliveries close` share: count, say, ask, change, tell.
private struct DeliveryChanging {
  let invocation: Invocation
  let change: DeliveryChange
  /// `replay`, `replayed`.
  let verb: String
  let participle: String

  init(_ invocation: Invocation, _ change: DeliveryChange, verb: String, participle: String) {
    self.invocation = invocation
    self.change = change
    self.verb = verb
    self.participle = participle
  }

  func run() throws -> ExitCode {
    let ids = try invocation.arguments.ids()
    guard ids.isEmpty || invocation.arguments["--limit"] == nil else {
      throw UsageError("--limit goes with a selection, not with ids")
    }
    let (visit, filter) = try Visit.begin(invocation) { try selection(ids, $0, $1) }
    let plan = try visit.visitor.plan(change, filter, limit: invocation.arguments.count("--limit"))
    let unknown = plan.count == 0 ? visit.unknownNames(invocation.arguments) : []
    if !unknown.isEmpty { throw CommandError(unknown.joined(separator: "\n")) }
    if invocation.arguments.has("--dry-run") {
      try write(plan)
      return .done
    }
    if plan.count > 1 { invocation.surroundings.complain(sentence(plan)) }
    guard try Confirmation(invocation: invocation).mayChange(plan.count, "\(verb.capitalized) them?") else {
      invocation.surroundings.complain("nothing was \(participle)")
      return .failed
    }
    return try tell(try perform(plan, filter, ids, visit.visitor), visit.visitor)
  }

  private func selection(
    _ ids: [Identifier], _ invocation: Invocation, _ zone: TimeZone
  ) throws -> DeliveryFilter {
    var filter = try DeliverySelection.filter(invocation, zone)
    guard ids.isEmpty || filter.isEmpty else { throw UsageError("give ids or a selection, not both") }
    guard !ids.isEmpty || !filter.isEmpty else {
      throw UsageError("say which deliveries to \(verb): ids, or a selection such as --destination NAME --since 24h")
    }
    if case .replay = change, filter.states.isEmpty, ids.isEmpty { filter.states = [.dead] }
    filter.ids = ids
    return filter
  }

  private func perform(
    _ plan: DeliveryPlan, _ filter: DeliveryFilter, _ ids: [Identifier], _ visitor: QueueVisitor
  ) throws -> DeliveryChanges {
    let action = invocation.action(reason: invocation.arguments["--reason"])
    if !ids.isEmpty { return try visitor.change(change, ids: ids, action: action) }
    return try visitor.change(change, filter, plan: plan, action: action) { done in
      Confirmation(invocation: invocation).progress(done, of: plan.count)
    }
  }

  private func write(_ plan: DeliveryPlan) throws {
    guard invocation.wantsJSON else { return try invocation.output.line(sentence(plan)) }
    var destinations = JSONObject()
    for share in plan.shares { destinations[share.destination] = .count(share.count) }
    try invocation.output.line([
      "count": .count(plan.count), "destinations": .object(destinations), "oldest": .instant(plan.oldest),
      "newest": .instant(plan.newest),
    ])
  }

  /// `3,000 deliveries to replay: crm 2,900, archive 100; the oldest arrived 3 days ago (…), the newest 2 h ago (…)`
  private func sentence(_ plan: DeliveryPlan) -> String {
    guard let oldest = plan.oldest, let newest = plan.newest else { return "no delivery to \(verb)" }
    let shares = plan.shares.map { "\($0.destination) \(Phrases.grouped($0.count))" }.joined(separator: ", ")
    let times = [oldest, newest].map { "\(Phrases.relative($0, to: invocation.now)) (\($0.rfc3339))" }
    return "\(Phrases.count(plan.count, "delivery", "deliveries")) to \(verb): \(shares); "
      + "the oldest arrived \(times[0]), the newest \(times[1])"
  }

  private func tell(_ changes: DeliveryChanges, _ visitor: QueueVisitor) throws -> ExitCode {
    if invocation.wantsJSON {
      try invocation.output.line([
        participle: .count(changes.changed), "skipped": .count(changes.skipped), "body_gone": .count(changes.bodyGone),
        "not_found": .array(changes.notFound.map { .id($0) }),
      ])
    } else {
      try invocation.output.line("\(participle) \(Phrases.count(changes.changed, "delivery", "deliveries"))")
    }
    if changes.skipped > 0 {
      let states = change.from.map(\.rawValue).joined(separator: ", ")
      invocation.surroundings.complain("left \(Phrases.grouped(changes.skipped)) alone that are not \(states)")
    }
    if changes.bodyGone > 0 {
      invocation.surroundings.complain(
        "left \(Phrases.grouped(changes.bodyGone)) alone, since the body of the record is no longer kept")
    }
    for id in changes.notFound { invocation.surroundings.complain(try visitor.noDelivery(id)) }
    return changes.notFound.isEmpty && changes.bodyGone == 0 ? .done : .failed
  }
}
