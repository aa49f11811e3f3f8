import DurableQueue
import RelayCore

import struct Foundation.TimeZone

extension Command {
  static let deliveriesCancel = Command(
    "deliveries cancel", "Lays waiting deliveries aside, so that they are never sent",
    positionals: [DeliveryChanging.ids],
    options: [requiredReason] + DeliveryChanging.selection + DeliveryChanging.ending
  ) {
    try DeliveryChanging($0, .cancel(reason: try $0.requiredReason()), verb: "cancel", participle: "cancelled").run()
  }

  static let deliveriesClose = Command(
    "deliveries close", "Lays dead deliveries aside",
    positionals: [DeliveryChanging.ids],
    options: [requiredReason] + DeliveryChanging.selection + DeliveryChanging.ending
  ) { try DeliveryChanging($0, .close(reason: try $0.requiredReason()), verb: "close", participle: "closed").run() }

  static let reason = Option("--reason", "TEXT", "Why; it is kept.")
  private static let requiredReason = Option("--reason", "TEXT", "Why, always; it is kept.")
}

extension Invocation {
  func requiredReason() throws(UsageError) -> String {
    guard let reason = arguments["--reason"] else { throw UsageError("--reason TEXT is required: it is kept") }
    return reason
  }
}

/// What `replay`, `deliveries cancel` and `deliveries close` share: count, say, ask, change, tell.
struct DeliveryChanging {
  let invocation: Invocation
  let change: DeliveryChange
  /// `replay`, `replayed`.
  let verb: String
  let participle: String
  /// Of each destination, becomes due; nil: all at once.
  let perSecond: Double?

  static let ids = Positional("ID", .any, "Ids of deliveries; in their place, a selection.")
  static let selection =
    DeliverySelection.options + [Option("--limit", "COUNT", "At most so many, the oldest ones. Default: all.")]
  static let ending =
    Confirmation.options + Visit.options + [Option("--json", nil, "What was done as one JSON object.")]

  init(
    _ invocation: Invocation, _ change: DeliveryChange, verb: String, participle: String, perSecond: Double? = nil
  ) {
    self.invocation = invocation
    self.change = change
    self.verb = verb
    self.participle = participle
    self.perSecond = perSecond
  }

  private var isReplay: Bool { verb == "replay" }
  private var possibleStates: String { change.from.map(\.rawValue).joined(separator: ", ") }

  func run() throws -> ExitCode {
    let ids = try invocation.arguments.ids()
    guard ids.isEmpty || invocation.arguments["--limit"] == nil else {
      throw UsageError("--limit goes with a selection, not with ids")
    }
    let (visit, selected) = try Visit.begin(invocation) { try selection(ids, $0, $1) }
    let filter = try visit.visitor.resolved(selected)
    let plan = try visit.visitor.plan(change, filter, limit: invocation.arguments.count("--limit"))
    let unknown = plan.count == 0 ? visit.unknownNames(invocation.arguments) : []
    if !unknown.isEmpty { throw CommandError(unknown.joined(separator: "\n")) }
    let estimates =
      try isReplay ? ReplayEstimate.all(plan.shares, visit, perSecond: perSecond, now: invocation.now) : []
    if invocation.arguments.has("--dry-run") {
      try write(plan, estimates)
      let missing = try visit.visitor.missing(ids)
      for id in missing { invocation.surroundings.complain(try visit.visitor.noDelivery(id)) }
      return missing.isEmpty ? .done : .failed
    }
    if plan.count > 1 { ([sentence(plan)] + estimates.map(\.sentence)).forEach(invocation.surroundings.complain) }
    guard try Confirmation(invocation: invocation).mayChange(plan.count, "\(verb.capitalized) them?") else {
      invocation.surroundings.complain("nothing was \(participle)")
      return .failed
    }
    return try tell(try perform(plan, filter, ids, visit.visitor), ids, visit.visitor)
  }

  private func selection(
    _ ids: [Identifier], _ invocation: Invocation, _ zone: TimeZone
  ) throws -> DeliveryFilter {
    var filter = try DeliverySelection.filter(invocation, zone)
    guard ids.isEmpty || filter.isEmpty else { throw UsageError("give ids or a selection, not both") }
    guard !ids.isEmpty || !filter.isEmpty else {
      throw UsageError("say which deliveries to \(verb): ids, or a selection such as --destination NAME --since 24h")
    }
    if isReplay, filter.states.isEmpty, ids.isEmpty { filter.states = [.dead] }
    guard filter.states.isEmpty || filter.states.contains(where: change.from.contains) else {
      let states = filter.states.map(\.rawValue).joined(separator: ", ")
      throw UsageError("--state \(states): \(verb) is for deliveries that are \(possibleStates)")
    }
    filter.ids = ids
    return filter
  }

  private func perform(
    _ plan: DeliveryPlan, _ filter: DeliveryFilter, _ ids: [Identifier], _ visitor: QueueVisitor
  ) throws -> DeliveryChanges {
    let action = invocation.action(reason: invocation.arguments["--reason"])
    if !ids.isEmpty { return try visitor.change(change, ids: ids, perSecond: perSecond, action: action) }
    let progress = Progress(invocation.surroundings, total: plan.count, participle: participle)
    return try visitor.change(
      change, filter, plan: plan, perSecond: perSecond, action: action, progress: progress.show)
  }

  private func write(_ plan: DeliveryPlan, _ estimates: [ReplayEstimate]) throws {
    guard invocation.wantsJSON else {
      for line in [sentence(plan)] + estimates.map(\.sentence) { try invocation.output.line(line) }
      return
    }
    var destinations = JSONObject()
    for share in plan.shares { destinations[share.destination] = .count(share.count) }
    var object: JSONObject = [
      "count": .count(plan.count), "destinations": .object(destinations), "oldest": .instant(plan.oldest),
      "newest": .instant(plan.newest),
    ]
    if isReplay { object["estimates"] = .array(estimates.map { .object($0.json) }) }
    try invocation.output.line(object)
  }

  /// `3,000 deliveries to replay: crm 2,900, archive 100; the oldest arrived 3 days ago (…), the newest 2 h ago (…)`
  private func sentence(_ plan: DeliveryPlan) -> String {
    guard let oldest = plan.oldest, let newest = plan.newest else { return "no delivery to \(verb)" }
    let shares = plan.shares.map { "\($0.destination) \(Phrases.grouped($0.count))" }.joined(separator: ", ")
    let times = [oldest, newest].map { "\(Phrases.relative($0, to: invocation.now)) (\($0.rfc3339))" }
    return "\(Phrases.count(plan.count, "delivery", "deliveries")) to \(verb): \(shares); "
      + "the oldest arrived \(times[0]), the newest \(times[1])"
  }

  private func tell(_ changes: DeliveryChanges, _ ids: [Identifier], _ visitor: QueueVisitor) throws -> ExitCode {
    if invocation.wantsJSON {
      var object: JSONObject = [
        participle: .count(changes.changed), "skipped": .count(changes.skipped), "body_gone": .count(changes.bodyGone),
        "not_found": .array(changes.notFound.map { .id($0) }),
      ]
      if isReplay { object["replaced"] = .count(changes.replaced) }
      if change == .renew {
        object["renewed"] = .array(changes.renewals.map { .object(["id": .id($0.old), "new_id": .id($0.new)]) })
      }
      try invocation.output.line(object)
    } else {
      let manner = change == .renew ? changes.changed == 1 ? " under a new id" : " under new ids" : ""
      try invocation.output.line("\(participle) \(Phrases.count(changes.changed, "delivery", "deliveries"))\(manner)")
      if !ids.isEmpty {
        for renewal in changes.renewals { try invocation.output.line("\(renewal.old) goes again as \(renewal.new)") }
      }
    }
    for line in leftAlone(changes) { invocation.surroundings.complain(line) }
    for id in changes.notFound { invocation.surroundings.complain(try visitor.noDelivery(id)) }
    return changes.notFound.isEmpty && changes.bodyGone == 0 ? .done : .failed
  }

  private func leftAlone(_ changes: DeliveryChanges) -> [String] {
    let reasons = [
      (changes.skipped, "that are not \(possibleStates)"),
      (changes.replaced, "whose place another delivery took; their reason names it"),
      (changes.bodyGone, "since the body of the record is no longer kept"),
    ]
    return reasons.filter { $0.0 > 0 }.map { count, reason in
      "left \(Phrases.grouped(count)) alone" + (reason.hasPrefix("since") ? ", " : " ") + reason
    }
  }
}
