import DurableQueue
import Providers
import RelayCore
import Rules

import struct Foundation.TimeZone

/// `replay --reroute`: asks the rules anew for records that are stored, and makes the deliveries that they do not have.
struct Rerouting {
  private let invocation: Invocation
  private let ids: [Identifier]
  private let limit: Int
  private let perSecond: Double?

  init(_ invocation: Invocation) throws {
    self.invocation = invocation
    ids = try invocation.arguments.ids()
    let limit = try invocation.arguments.count("--limit")
    guard ids.isEmpty || limit == nil else { throw UsageError("--limit goes with a selection, not with ids") }
    self.limit = limit ?? .max
    perSecond = try invocation.arguments.perSecond("--rate")
  }

  func run() throws -> ExitCode {
    let (visit, selection) = try Visit.begin(invocation, selection)
    guard let rules = visit.rules else {
      throw CommandError("the database holds no rules that this program can read: name the rule file with --rules FILE")
    }
    let router = RecordRouter(visitor: visit.visitor, rules: rules)
    var walk = try Walk(selection, ids: ids, limit: limit, visit.visitor)
    var survey = RerouteSurvey(notFound: walk.notFound)
    while let id = try walk.next(visit.visitor) { survey.add(try router.look(at: id)) }
    let unknown = survey.records == 0 ? visit.unknownNames(invocation.arguments) : []
    if !unknown.isEmpty { throw CommandError(unknown.joined(separator: "\n")) }
    let estimates = try ReplayEstimate.all(survey.shares, visit, perSecond: perSecond, now: invocation.now)
    if invocation.arguments.has("--dry-run") {
      if invocation.wantsJSON {
        try invocation.output.line(survey.json(made: nil, estimates))
      } else {
        for line in [survey.sentence] + estimates.map(\.sentence) { try invocation.output.line(line) }
      }
      survey.notes.forEach(invocation.surroundings.complain)
      return survey.exitCode
    }
    if survey.count > 1 {
      ([survey.sentence] + estimates.map(\.sentence)).forEach(invocation.surroundings.complain)
    }
    guard try Confirmation(invocation: invocation).mayChange(survey.count, "Make them?") else {
      invocation.surroundings.complain("nothing was made")
      return .failed
    }
    try walk.restart(until: survey.last, ids: ids)
    let made = try perform(&walk, router, visit, total: survey.records)
    if invocation.wantsJSON {
      try invocation.output.line(survey.json(made: made, estimates))
    } else {
      try invocation.output.line(RerouteSurvey.sentence(of: made))
    }
    survey.notes.forEach(invocation.surroundings.complain)
    return survey.exitCode
  }

  /// Which records to look at.
  enum Selection {
    case deliveries(DeliveryFilter)
    case records(RecordFilter)
  }

  private func selection(_ invocation: Invocation, _ zone: TimeZone) throws -> Selection {
    var filter = try DeliverySelection.filter(invocation, zone)
    guard ids.isEmpty || filter.isEmpty else { throw UsageError("give ids or a selection, not both") }
    if invocation.arguments.has("--unrouted") {
      let ofDeliveries = ["--state", "--destination", "--rule", "--status", "--reason-has"]
      if let option = ofDeliveries.first(where: { !invocation.arguments.all($0).isEmpty }) {
        throw UsageError("\(option) does not go with --unrouted: a record that no rule matched has no delivery")
      }
      guard ids.isEmpty else { throw UsageError("give ids or --unrouted, not both") }
      var records = RecordFilter()
      records.isUnrouted = true
      records.calls = filter.calls
      records.sources = filter.sources
      (records.since, records.until) = (filter.since, filter.until)
      return .records(records)
    }
    guard !ids.isEmpty || !filter.isEmpty else {
      throw UsageError("say which records to reroute: ids, --unrouted, or a selection such as --destination NAME")
    }
    if filter.states.isEmpty { filter.states = [.dead, .cancelled] }
    return .deliveries(filter)
  }

  private func perform(
    _ walk: inout Walk, _ router: RecordRouter, _ visit: Visit, total: Int
  ) throws -> Rerouted {
    let action = invocation.action()
    let routing: RoutingRules = visit.rulesVersion.map { .stored(version: $0) } ?? .file(text: router.rules.text)
    let progress = Progress(invocation.surroundings, total: total, participle: "looked at", things: "records")
    var running = RunningAction(action)
    var due = DueTimes(now: action.at, perSecond: perSecond)
    var sum = Rerouted()
    var batch: [RoutedRecord] = []
    var pending = 0
    var looked = 0
    func flush() throws {
      guard !batch.isEmpty else { return }
      let made = try visit.visitor.reroute(batch, rules: routing, due: &due, action: action, &running)
      sum.records += made.records
      for (destination, count) in made.made { sum.made[destination, default: 0] += count }
      (batch, pending) = ([], 0)
      try progress.show(looked)
    }
    while let id = try walk.next(visit.visitor) {
      looked += 1
      let look = try router.look(at: id)
      if let record = look.toMake { batch.append(record) }
      pending += look.destinations.count
      if pending >= QueueVisitor.batchSize { try flush() }
    }
    try flush()
    return sum
  }
}

/// Goes over the ids of records, the oldest first, page by page.
private struct Walk {
  private let selection: Rerouting.Selection
  private let limit: Int
  /// Given on the command line; nil where a selection is.
  private let given: [Identifier]?
  private(set) var notFound: [Identifier] = []
  private var page: ArraySlice<Identifier> = []
  private var after: Identifier?
  private var left: Int
  private var until: Identifier?

  /// `ids`: of records, or of deliveries, whose records are meant.
  init(_ selection: Rerouting.Selection, ids: [Identifier], limit: Int, _ visitor: QueueVisitor) throws {
    self.limit = limit
    left = limit
    switch selection {
    case .deliveries(let filter): self.selection = .deliveries(try visitor.resolved(filter))
    case .records: self.selection = selection
    }
    guard !ids.isEmpty else {
      given = nil
      return
    }
    var records: Set<Identifier> = []
    for id in ids {
      let record = try visitor.delivery(id)?.record ?? visitor.record(id)?.id
      if let record { records.insert(record) } else { notFound.append(id) }
    }
    given = records.sorted()
    page = records.sorted()[...]
  }

  /// From the first one on, as far as this one: records that came meanwhile are left for another time.
  mutating func restart(until last: Identifier?, ids: [Identifier]) throws {
    until = last
    after = nil
    left = limit
    page = (given ?? [])[...]
  }

  mutating func next(_ visitor: QueueVisitor) throws -> Identifier? {
    if page.isEmpty, given == nil, left > 0 {
      page =
        switch selection {
        case .deliveries(let filter): try visitor.recordIDs(ofDeliveries: filter, after: after, limit: left)[...]
        case .records(let filter): try visitor.recordIDs(filter, after: after, limit: left)[...]
        }
      left -= page.count
      after = page.last
    }
    guard let id = page.popFirst(), until.map({ id <= $0 }) ?? true else { return nil }
    return id
  }
}

/// What the rules in force say of stored records.
private struct RecordRouter {
  let visitor: QueueVisitor
  let rules: RuleFile

  func look(at id: Identifier) throws -> RerouteLook {
    guard let row = try visitor.record(id), let raw = try visitor.raw(ofRecord: id) else {
      return RerouteLook(id: id, receivedAt: nil, toMake: nil, obstacle: .bodyGone, others: [])
    }
    let deliveries = try visitor.deliveries(ofRecord: id)
    func stays(_ obstacle: RerouteLook.Obstacle) -> RerouteLook {
      RerouteLook(id: id, receivedAt: row.receivedAt, toMake: nil, obstacle: obstacle, others: [])
    }
    guard let source = rules.source(named: row.source) else {
      return stays(.unreadable("\(rules.path) has no enabled source \(row.source)"))
    }
    let routes: [Route]
    do {
      routes = rules.route(try Decoder.decode(raw, settings: source.settings))
    } catch {
      return stays(.unreadable("their bodies are not acceptable any more: \(error.reason)"))
    }
    let record = RoutedRecord(id: id, revision: row.revision, routes: routes)
    let missing = record.missing(deliveries.map(\.destination))
    let others = deliveries.filter { $0.state != .delivered && $0.replacedBy == nil }.map { delivery in
      RerouteLook.Other(
        destination: delivery.destination, state: delivery.state,
        isNamed: routes.contains { $0.destination == delivery.destination })
    }
    return RerouteLook(
      id: id, receivedAt: row.receivedAt, toMake: missing.isEmpty ? nil : record,
      obstacle: routes.isEmpty ? .unmatched : nil, others: others, destinations: missing.map(\.destination))
  }
}
