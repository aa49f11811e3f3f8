import DurableQueue
import HTTPTypes
import RelayCore
import SQLite
import TestSupport
import Testing

@Suite struct LookingTests {
  private func list(
    _ database: DatabaseOnDisk, limit: Int? = nil, _ set: (inout DeliveryFilter) -> Void
  ) throws
    -> [Identifier]
  {
    var filter = DeliveryFilter()
    set(&filter)
    var ids: [Identifier] = []
    try QueueVisitor(path: database.path).forEachDelivery(filter, limit: limit) { ids.append($0.id) }
    return ids
  }

  @Test func theDeliveriesOfARecordAreFoundWheneverTheyWereMade() throws {
    let database = try DatabaseOnDisk()
    let record = try database.record()
    let first = try database.delivery(of: record, .waiting)
    try database.delivery(.waiting)
    // Beyond the ids that follow the record's, on both sides.
    let late = try database.delivery(of: record, to: "archive", .waiting)
    let early = try database.delivery(of: record, to: "billing", .waiting)
    try database.execute(
      "UPDATE delivery SET id = 9999999999 WHERE id = \(late); UPDATE delivery SET id = 5 WHERE id = \(early)")
    let visitor = try QueueVisitor(path: database.path)
    #expect(try visitor.deliveries(ofRecord: record).map(\.id) == [Identifier(5), first, Identifier(9_999_999_999)])
  }

  @Test func eachFilterFindsItsOwnNewestFirst() throws {
    let database = try DatabaseOnDisk()
    let old = try database.delivery(.dead, status: 503, at: database.now + -3_600_000)
    let other = try database.record(source: "callr")
    let refused = try database.delivery(of: other, to: "archive", .dead, reason: "Connection refused", rule: "legs")
    let fresh = try database.delivery(.waiting)
    #expect(try list(database) { _ in } == [fresh, refused, old])
    #expect(try list(database, limit: 2) { _ in } == [fresh, refused])
    #expect(try list(database) { $0.states = [.dead, .delivered] } == [refused, old])
    #expect(try list(database) { $0.destinations = ["archive"] } == [refused])
    #expect(try list(database) { $0.sources = ["callr"] } == [refused])
    #expect(try list(database) { $0.rules = ["legs"] } == [refused])
    #expect(try list(database) { $0.statuses = [.exactly(503)] } == [old])
    #expect(try list(database) { $0.statuses = [.hundred(5)] } == [old])
    #expect(try list(database) { $0.statuses = [.exactly(404), .hundred(4)] } == [])
    #expect(try list(database) { $0.reason = "connection" } == [refused])
    #expect(try list(database) { $0.since = database.now } == [fresh, refused])
    #expect(try list(database) { $0.until = database.now } == [old])
  }

  @Test func deliveriesAreFoundByCallAndNumber() throws {
    let database = try DatabaseOnDisk()
    let record = try database.record(callID: "c1", from: "+33639980042", to: "440000000001")
    let other = try database.record(callID: "c2", from: "33639980043", to: "440000000001")
    let first = try database.delivery(of: record, .dead)
    let second = try database.delivery(of: other, .dead)
    // One that a command made later stands apart from its record.
    try database.execute(
      "UPDATE delivery SET id = 9999999999 WHERE id = \(database.delivery(of: record, to: "archive", .waiting))")
    let late = Identifier(9_999_999_999)
    #expect(try list(database) { $0.calls.ids = ["c1"] } == [late, first])
    #expect(try list(database) { $0.calls.ids = ["c1", "c2"] } == [late, second, first])
    #expect(try list(database) { $0.calls.ids = ["c"] } == [])
    #expect(try list(database) { $0.calls.numbers = ["06 39 98 00 42"] } == [late, first])
    #expect(try list(database) { $0.calls.numbers = ["440000000001"] } == [late, second, first])
    #expect(
      try list(database) {
        $0.calls.ids = ["c2"]
        $0.calls.numbers = ["0639980042"]
      } == [])
    #expect(
      try list(database) {
        $0.calls.numbers = ["440000000001"]
        $0.states = [.dead]
      } == [second, first])
    var filter = DeliveryFilter()
    filter.calls.ids = ["c1"]
    let visitor = try QueueVisitor(path: database.path)
    #expect(
      try visitor.summary(filter, by: [.source, .state]).map(\.values) == [
        ["telecmi", "dead"], ["telecmi", "waiting"],
      ])
    #expect(try visitor.plan(.replay, filter).count == 1)
  }

  @Test func aSummaryTurnsManyIntoFewLines() throws {
    let database = try DatabaseOnDisk()
    for _ in 0..<3 { try database.delivery(.dead, status: 422) }
    try database.delivery(to: "archive", .dead, status: 410, at: database.now + -1000)
    let groups = try QueueVisitor(path: database.path).summary(DeliveryFilter(), by: [.destination, .status, .reason])
    #expect(groups.map(\.values) == [["crm", "422", "status 422"], ["archive", "410", "status 410"]])
    #expect(groups.map(\.count) == [3, 1])
    #expect(groups[1].oldest == database.now + -1000)
  }

  @Test(arguments: [
    "+33 6 39 98 00 42", "0033639980042", "06 39 98 00 42", "06.39.98.00.42", "33639980042", "+33 (0)6 39 98 00 42",
  ])
  func aPhoneNumberIsFoundInAnySpelling(_ spelling: String) throws {
    let database = try DatabaseOnDisk()
    let record = try database.record(from: "+33639980042", to: "440000000001")
    _ = try database.record(from: "33639980043", to: "142")
    #expect(try find(spelling, in: database) == [record])
  }

  @Test func shortNumbersMustBeEqual() throws {
    let database = try DatabaseOnDisk()
    let record = try database.record(from: "204", to: "440000000204")
    #expect(try find("204", in: database) == [record])
    #expect(try find("4", in: database) == [])
  }

  @Test func aRecordIsFoundByAnyOfItsIds() throws {
    let database = try DatabaseOnDisk()
    let record = try database.record(callID: "16132200-57fa-47b5-888d-4ab5b7e631ee")
    #expect(try find("16132200-57fa-47b5-888d-4ab5b7e631ee", in: database) == [record])
    #expect(try find(record.description, in: database) == [record])
    #expect(try find("16132200", in: database) == [])
  }

  private func find(_ what: String, in database: DatabaseOnDisk) throws -> [Identifier] {
    var filter = RecordFilter()
    filter.what = what
    var ids: [Identifier] = []
    try QueueVisitor(path: database.path).forEachRecord(filter) { ids.append($0.id) }
    return ids
  }

  @Test func whatWasReceivedComesBackByteForByte() throws {
    let database = try DatabaseOnDisk()
    let raw = try QueueVisitor(path: database.path).raw(ofRecord: database.record(body: #"{ "a" : 1.0 }"#))
    #expect(raw?.body == Array(#"{ "a" : 1.0 }"#.utf8))
    #expect(raw?.contentType == "application/json")
    #expect(raw?.headers["user-agent"] == "test")
    #expect(try QueueVisitor(path: database.path).raw(ofRecord: database.record(bodyGone: true)) == nil)
  }

  @Test func theStatusCountsWhatThereIs() throws {
    let database = try DatabaseOnDisk()
    try database.delivery(.waiting, at: database.now + -240_000)
    try database.delivery(to: "archive", .waiting)
    try database.delivery(.sending)
    try database.delivery(.delivered)
    try database.delivery(.dead)
    try database.delivery(.cancelled)
    _ = try database.record(unrouted: true)
    _ = try database.quarantined(body: "[]")
    let hour = database.now.milliseconds
    try database.execute(
      """
      INSERT INTO source_hour VALUES ('telecmi', \(hour - 86_400_000), 90, 9, 9, 9, 5), ('telecmi', \(hour), 4, 3, 2, 1, 77)
      """)
    let status = try QueueVisitor(path: database.path).status(dayStart: database.now)
    #expect((status.waiting, status.sending, status.delivered, status.dead) == (2, 1, 1, 1))
    #expect((status.unrouted, status.quarantined) == (1, 1))
    #expect(status.oldestWaitingSince == database.now + -240_000)
    #expect(status.destinations.map(\.name) == ["archive", "crm"])
    #expect(status.destinations[1].waiting == 1)
    let source = try #require(status.sources.first)
    #expect((source.accepted, source.duplicate, source.refused, source.quarantined) == (4, 3, 2, 1))
    #expect(source.lastRecordAt == Instant(milliseconds: 77))
  }

  @Test func pauseAndResumeCountTheTimeHeld() throws {
    let database = try DatabaseOnDisk()
    let visitor = try QueueVisitor(path: database.path)
    func action(_ at: Instant) -> Action { Action(at: at, user: "ann", command: "destinations") }
    #expect(try visitor.pause("crm", reason: "migration", action: action(database.now)))
    #expect(try !visitor.pause("crm", reason: "again", action: action(database.now + 5)))
    try database.execute(
      "INSERT INTO hold (destination, kind, since_at_ms, reason) VALUES ('crm', 'credentials', 1, 'status 401')")
    let removed = try visitor.resume("crm", action: action(database.now + 1000))
    #expect(removed.map(\.kind) == [.credentials, .person])
    #expect(try visitor.holdState(of: "crm") == HoldState(heldTotal: 1000))
    #expect(try visitor.resume("crm", action: action(database.now + 2000)).isEmpty)
    #expect(try database.integer("SELECT count(*) FROM action") == 2)
  }

  /// The delivery whose answer told to wait goes with its destination; one that a person spread over time does not.
  @Test func whatWasToldToWaitIsLetGoToo() throws {
    let database = try DatabaseOnDisk()
    let told = try database.delivery(.waiting, status: 429, next: database.now + 600_000)
    let spread = try database.delivery(.waiting, status: 503, next: database.now + 500_000)
    let until = (database.now + 600_000).milliseconds
    try database.execute(
      """
      UPDATE attempt SET outcome = 'postponed' WHERE delivery = \(told);
      INSERT INTO destination (name, held_total_ms, held_since_at_ms) VALUES ('crm', 0, 1);
      INSERT INTO hold (destination, kind, since_at_ms, until_at_ms, reason) VALUES ('crm', 'limit', 1, \(until), 'told')
      """)
    let visitor = try QueueVisitor(path: database.path)
    #expect(try visitor.resume("crm", action: Action(at: database.now, user: "ann", command: "")).count == 1)
    #expect(
      try database.integer("SELECT next_attempt_at_ms FROM delivery WHERE id = \(told)") == database.now.milliseconds)
    #expect(
      try database.integer("SELECT next_attempt_at_ms FROM delivery WHERE id = \(spread)")
        == (database.now + 500_000).milliseconds)
  }

  @Test func aHoldOfTheRuleFileStays() throws {
    let database = try DatabaseOnDisk()
    try database.execute(
      "INSERT INTO destination (name, held_total_ms, held_since_at_ms) VALUES ('crm', 0, 1); INSERT INTO hold (destination, kind, since_at_ms, reason) VALUES ('crm', 'rules', 1, 'paused')"
    )
    let visitor = try QueueVisitor(path: database.path)
    #expect(try visitor.resume("crm", action: Action(at: database.now, user: "ann", command: "")).isEmpty)
    #expect(try visitor.holdState(of: "crm").holds.map(\.kind) == [.rules])
  }
}
