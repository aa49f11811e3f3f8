import DurableQueue
import RelayCore
import TestSupport
import Testing

@Suite struct ReroutingTests {
  private let database: DatabaseOnDisk
  private let visitor: QueueVisitor
  private let routes = [
    Route(destination: "crm", rule: "calls"), Route(destination: "archive", rule: "all", skipsRevisions: true),
  ]

  init() throws {
    database = try DatabaseOnDisk()
    visitor = try QueueVisitor(path: database.path)
    try database.rules("{}")
  }

  private func reroute(_ records: [RoutedRecord], perSecond: Double? = nil) throws -> Rerouted {
    let action = Action(at: database.now + 1000, user: "ann", command: "replay --reroute")
    var running = RunningAction(action)
    var due = DueTimes(now: action.at, perSecond: perSecond)
    return try visitor.reroute(records, rules: .stored(version: 1), due: &due, action: action, &running)
  }

  @Test func onlyWhatIsMissingIsMade() throws {
    let record = try database.record()
    let dead = try database.delivery(of: record, .dead)
    let routed = RoutedRecord(id: record, revision: 0, routes: routes)
    let made = try reroute([routed])
    #expect((made.records, made.made) == (1, ["archive": 1]))
    let deliveries = try visitor.deliveries(ofRecord: record)
    #expect(deliveries.map(\.destination) == ["crm", "archive"])
    #expect(deliveries[0].id == dead && deliveries[0].state == .dead)
    #expect((deliveries[1].state, deliveries[1].rule, deliveries[1].replays) == (.waiting, "all", 1))
    #expect(deliveries[1].nextAttemptAt == database.now + 1000)
    #expect(try reroute([routed]) == Rerouted())
    #expect(try database.integer("SELECT unsettled FROM queue_count") == 1)
    #expect(try database.text("SELECT count || ' ' || reason FROM action") == "1 by rules version 1")
  }

  @Test func aRecordThatNoRuleMatchedIsRoutedNow() throws {
    let record = try database.record(unrouted: true)
    let other = try database.record(unrouted: true)
    try database.execute("UPDATE record SET rules_version = 0")
    let made = try reroute([
      RoutedRecord(id: record, revision: 0, routes: routes), RoutedRecord(id: other, revision: 0, routes: []),
    ])
    #expect((made.records, made.count) == (1, 2))
    #expect(try database.text("SELECT unrouted || ' ' || rules_version FROM record WHERE id = \(record)") == "0 1")
    #expect(try database.text("SELECT unrouted || ' ' || rules_version FROM record WHERE id = \(other)") == "1 0")
    var unrouted = RecordFilter()
    unrouted.isUnrouted = true
    #expect(try visitor.recordIDs(unrouted, after: nil, limit: 9) == [other])
  }

  @Test func aRevisionDoesNotGoWhereRevisionsAreSkipped() throws {
    let record = try database.record()
    #expect(try reroute([RoutedRecord(id: record, revision: 1, routes: routes)]).made == ["crm": 1])
  }

  @Test func aRecordWithoutBodyGetsNone() throws {
    let record = try database.record(bodyGone: true)
    #expect(try reroute([RoutedRecord(id: record, revision: 0, routes: routes)]).count == 0)
  }

  @Test func aRateSpreadsThem() throws {
    let records = try (0..<3).map { _ in RoutedRecord(id: try database.record(), revision: 0, routes: routes) }
    #expect(try reroute(records, perSecond: 2).count == 6)
    #expect(
      try database.text("SELECT group_concat(next_attempt_at_ms - created_at_ms, ' ') FROM delivery")
        == "0 0 500 500 1000 1000")
  }

  @Test func recordsOfDeliveriesComeOnceAndInPages() throws {
    let records = try (0..<3).map { _ in try database.record() }
    for record in records { for to in ["crm", "archive"] { try database.delivery(of: record, to: to, .dead) } }
    var filter = DeliveryFilter()
    filter.states = [.dead]
    let first = try visitor.recordIDs(ofDeliveries: filter, after: nil, limit: 2)
    #expect(first == Array(records[..<2]))
    #expect(try visitor.recordIDs(ofDeliveries: filter, after: first.last, limit: 2) == [records[2]])
  }
}
