import DurableQueue
import RelayCore
import Rules

extension Command {
  static let status = Command(
    "status", "Shows sources, queue and destinations",
    details: """
      Counts of today begin at midnight in the time zone of the rule file, else UTC.
      """,
    options: [Option("--problems", nil, "Only what a person should mend, a line each; exit code 1 if there is any.")]
      + Visit.options + [Option("--json", nil, "One JSON object; with --problems one a line.")]
  ) { invocation in
    let visit = try Visit(invocation)
    let dayStart = Moment.startOfDay(invocation.now, in: visit.zone)
    let limits = QueueLimits(visit.rules?.relay.queue ?? QueueSettings())
    let status = try visit.visitor.status(dayStart: dayStart, limits: limits).completed(with: visit.rules)
    if invocation.arguments.has("--problems") {
      let problems = try Situation(status, visit.visitor, visit.rules, limits, invocation.now).conditions
      for problem in problems {
        if invocation.wantsJSON {
          try invocation.output.line(problem.json)
        } else {
          try invocation.output.line(problem.sentence)
        }
      }
      return problems.isEmpty ? .done : .failed
    }
    let rules = try RulesStatus(visit.visitor)
    let reconciliations = try visit.visitor.reconciliations()
    if invocation.wantsJSON {
      var object = status.json(invocation.now, reconciliations)
      object["rules"] = rules.json
      try invocation.output.line(object)
    } else {
      try StatusPage(status: status, rules: rules, reconciliations: reconciliations, now: invocation.now).write(
        to: invocation.output)
    }
    return .done
  }
}

extension Situation {
  /// As a command beside the relay sees it. What is late the relay alone can see: it has kept it.
  init(
    _ status: QueueStatus, _ visitor: QueueVisitor, _ rules: RuleFile?, _ limits: QueueLimits, _ now: Instant
  ) throws {
    self.init(status: status, rules: rules, limits: limits, now: now)
    rulesLoadedAt = try visitor.newestRules()?.loadedAt
    rulesLoad = try visitor.lastRulesLoad()
    reconciliations = try visitor.reconciliations()
    callsRefused = try visitor.callsRefused(of: rules)
    late = try visitor.toldAlerts().compactMap { alert in
      guard alert.kind == Condition.Kind.lateDelivery.rawValue, let destination = alert.destination else { return nil }
      return (destination: destination, since: alert.beganAt, sentence: alert.text)
    }
  }
}

/// The status as people read it.
private struct StatusPage {
  let status: QueueStatus
  let rules: RulesStatus
  let reconciliations: [KeptReconciliation]
  let now: Instant

  func write(to output: Output) throws {
    if let pressure = status.pressure { try output.line(pressure.sentence) }
    let counts = [
      (status.waiting, "waiting"), (status.sending, "sending"), (status.delivered, "delivered"), (status.dead, "dead"),
    ]
    let oldest = status.oldestWaitingSince.map { "; the oldest has waited \(Phrases.span(now - $0))" } ?? ""
    try output.line(
      "Deliveries: " + counts.map { "\(Phrases.grouped($0.0)) \($0.1)" }.joined(separator: ", ") + oldest)
    let refused = status.refusedCount
    try output.line(
      "Unrouted: \(Phrases.count(status.unrouted, "record", "records")). "
        + "Quarantine: \(Phrases.count(status.quarantined, "request", "requests"))."
        + (refused > 0 ? " Refused and kept: \(Phrases.count(refused, "request", "requests"))." : ""))
    try output.line(
      "Database: \(DiskSpace.words(status.room.databaseBytes)); \(DiskSpace.words(status.room.freeBytes)) free on its disk."
    )
    for line in rules.lines(now: now) { try output.line(line) }
    try writeSources(to: output)
    if !reconciliations.isEmpty { try output.line() }
    for kept in reconciliations { try output.line(kept.sentence(now: now)) }
    try writeDestinations(to: output)
  }

  private func writeSources(to output: Output) throws {
    guard !status.sources.isEmpty else { return }
    var table = Table(
      ("SOURCE", .left), ("LAST RECORD", .right), ("ACCEPTED TODAY", .right), ("DUPLICATE", .right),
      ("REFUSED", .right),
      ("QUARANTINED", .right))
    for source in status.sources {
      table.add(
        source.name, source.lastRecordAt.map { Phrases.relative($0, to: now) } ?? "never",
        Phrases.grouped(source.accepted), Phrases.grouped(source.duplicate), Phrases.grouped(source.refused),
        Phrases.grouped(source.quarantined))
    }
    try output.line()
    try table.write(to: output)
  }

  private func writeDestinations(to output: Output) throws {
    guard !status.destinations.isEmpty else { return }
    try output.line()
    try DestinationTable.write(status.destinations, now: now, to: output)
  }
}

extension QueueStatus {
  /// With the sources and destinations of the rules first, in file order, also those that nothing happened to yet.
  func completed(with rules: RuleFile?) -> QueueStatus {
    guard let rules else { return self }
    var completed = self
    let sources = rules.sources.filter(\.isEnabled).map(\.name)
    completed.sources =
      sources.map { name in self.sources.first { $0.name == name } ?? SourceStatus(name: name) }
      + self.sources.filter { !sources.contains($0.name) }
    completed.destinations = self.destinations.completed(with: rules)
    return completed
  }

  /// Of all sources.
  var refusedCount: Int { refused.reduce(0) { $0 + $1.count } }

  func json(_ now: Instant, _ reconciliations: [KeptReconciliation]) -> JSONObject {
    var sourcesByName = JSONObject()
    for source in sources {
      var object = source.json
      object["reconcile"] = reconciliations.first { $0.source == source.name }?.json ?? .null
      sourcesByName[source.name] = .object(object)
    }
    var destinationsByName = JSONObject()
    for destination in destinations { destinationsByName[destination.name] = .object(destination.json(now)) }
    return [
      "waiting": .count(waiting), "sending": .count(sending), "delivered": .count(delivered), "dead": .count(dead),
      "unrouted": .count(unrouted), "quarantined": .count(quarantined), "refused": .count(refusedCount),
      "oldest_waiting_seconds": oldestWaitingSince.map { .integer(max(0, now - $0) / 1000) } ?? .null,
      "database_bytes": .integer(room.databaseBytes), "disk_free_bytes": .integer(room.freeBytes),
      "refusing": .text(pressure?.limit.rawValue),
      "sources": .object(sourcesByName), "destinations": .object(destinationsByName),
    ]
  }
}

extension SourceStatus {
  fileprivate var json: JSONObject {
    [
      "last_record_at": .instant(lastRecordAt), "accepted_today": .count(accepted),
      "duplicate_today": .count(duplicate), "refused_today": .count(refused), "quarantined_today": .count(quarantined),
    ]
  }
}
