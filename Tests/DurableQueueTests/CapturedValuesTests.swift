import DurableQueue
import RelayCore
import SQLite
import TestSupport
import Testing

/// A value of an answer, kept with the call for the deliveries behind it.
@Suite struct CapturedValuesTests {
  private let fixture: QueueFixture

  init() throws {
    var settings = DurableQueue.Settings()
    (settings.destinations, settings.ordered, settings.capturing) = (["crm", "archive"], ["crm"], ["crm"])
    fixture = try QueueFixture(settings: settings)
  }

  private func admit(_ key: String, call: String?, to destinations: [String] = ["crm"]) throws {
    _ = try fixture.queue.admit(.sample(key: key, to: destinations, call: call)).get()
  }

  private func settle(_ delivery: DueDelivery, _ captured: JSON?, _ outcome: Settlement.Outcome = .delivered) {
    fixture.queue.settle([
      Settlement(
        delivery: delivery.id, destination: delivery.destination, outcome: outcome, reason: "because",
        attempt: Settlement.Attempt(
          startedAt: fixture.time.now(), took: 1, requestHash: nil, status: 200, response: nil),
        captured: captured, settledAt: fixture.time.now())
    ])
    fixture.queue.flush()
  }

  private func claimed(_ destination: String = "crm") throws -> [DueDelivery] {
    try fixture.queue.claim(destination).get().deliveries
  }

  @Test(arguments: [JSON.string("c/1 \u{e9}"), .integer(9_007_199_254_740_993)])
  func whatIsKeptIsGivenToTheNextOfTheCall(value: JSON) throws {
    try admit("1", call: "a", to: ["crm", "archive"])
    let first = try claimed()[0]
    #expect(first.captured == nil)
    settle(first, value)
    try admit("2", call: "a", to: ["crm", "archive"])
    try admit("3", call: "b")
    #expect(try claimed().map(\.captured) == [value, nil])
    #expect(try claimed("archive").map(\.captured) == [nil, nil], "it is that of another destination")
  }

  /// What a person sends again has no place in the line, so a record that comes then would be handed over beside it.
  @Test func nothingIsHandedOverPastAReplayOfItsCall() throws {
    let taker = fixture.startTaker(room: ["crm": 9, "archive": 9])
    try admit("1", call: "a")
    #expect(taker.nextDue() == ["crm"])
    settle(try claimed()[0], nil, .dead)
    let replay = Action(at: fixture.time.now(), user: "ann", command: "replay")
    _ = try QueueVisitor(path: fixture.path).change(.replay, ids: [Identifier(try deliveryID())], action: replay)
    let replayed = try claimed()[0]
    try admit("2", call: "a", to: ["crm", "archive"])
    #expect(taker.nextTaken().map(\.destination) == ["archive"])
    #expect(try claimed().isEmpty)
    settle(replayed, .string("c1"))
    fixture.time.advance(seconds: 1)
    #expect(try claimed().map(\.captured) == [.string("c1")])
  }

  private func deliveryID() throws -> Int64 {
    try fixture.connect().integer("SELECT min(id) FROM delivery") ?? 0
  }

  /// A record without a conversation is the call of its own id.
  @Test func theCallIsThatOfTheOrder() throws {
    try admit("k", call: nil)
    settle(try claimed()[0], .string("c1"))
    #expect(try fixture.connect().text("SELECT call FROM captured") == "k")
    try admit("2", call: "k")
    #expect(try claimed().map(\.captured) == [.string("c1")])
  }

  @Test func onlyWhatWasDeliveredLeavesSomething() throws {
    try admit("1", call: "a")
    let first = try claimed()[0]
    settle(first, .string("x"), .retry(at: fixture.time.now()))
    #expect(try fixture.count("captured") == 0)
    settle(try claimed()[0], nil)
    #expect(try fixture.count("captured") == 0)
    // Settled for good, it settles no more.
    settle(first, .string("x"))
    #expect(try fixture.count("captured") == 0)
  }

  /// What a person sends again has no place in the line; two of a call would both make an object.
  @Test func ofWhatIsReplayedTogetherOneMakesIt() throws {
    for key in ["1", "2", "3"] {
      try admit(key, call: "a")
      settle(try claimed()[0], nil, .dead)
    }
    let visitor = try QueueVisitor(path: fixture.path)
    var dead = DeliveryFilter()
    dead.states = [.dead]
    let replay = Action(at: fixture.time.now(), user: "ann", command: "replay")
    _ = try visitor.change(.replay, dead, plan: visitor.plan(.replay, dead), action: replay)
    let first = try claimed()
    #expect(first.map(\.captured) == [nil])
    #expect(try claimed().isEmpty, "the others are put off while one is under way")
    settle(first[0], .string("c1"))
    fixture.time.advance(seconds: 1)
    let second = try claimed()
    #expect(second.map(\.captured) == [.string("c1")])
    settle(second[0], nil)
    fixture.time.advance(seconds: 1)
    #expect(try claimed().map(\.captured) == [.string("c1")])
  }

  @Test func itIsThereAfterARestart() throws {
    try admit("1", call: "a")
    settle(try claimed()[0], .string("c1"))
    var settings = DurableQueue.Settings()
    (settings.destinations, settings.ordered, settings.capturing) = (["crm"], ["crm"], ["crm"])
    try fixture.reopen(settings: settings)
    try admit("2", call: "a")
    #expect(try claimed().map(\.captured) == [.string("c1")])
  }

  // MARK: - What else goes through every table

  private func filled() throws -> DatabaseOnDisk {
    let database = try DatabaseOnDisk()
    let record = try database.record(callID: "33639980042-7", from: "33639980042", body: "33639980042")
    let delivery = try database.delivery(of: record, .delivered, status: 200)
    let other = try database.record(callID: "b")
    let kept = try database.delivery(of: other, .delivered, status: 200)
    try database.execute(
      """
      INSERT INTO captured VALUES ('crm', '33639980042-7', '"c1"', 0, \(delivery)), ('crm', 'b', '2', 0, \(kept))
      """)
    return database
  }

  @Test func eraseTakesIt() throws {
    let database = try filled()
    let person = Person.number(try #require(NumberSearch("+33639980042")))
    let visitor = try QueueVisitor(path: database.path)
    let receipt = try visitor.erase(
      person, try visitor.find(person), waiting: nil,
      action: Action(at: database.now, user: "ann", command: "erase --number …"))
    #expect(receipt.records == 1 && receipt.traces == 0)
    #expect(try database.text("SELECT group_concat(call) FROM captured") == "b")
  }

  @Test func retentionTakesItWithItsDelivery() throws {
    let database = try filled()
    var policy = RetentionPolicy()
    policy.delivered = 1000
    let walk = try RetentionWalk(connection: database.connection, policy: policy)
    let later = database.now + 200 * 86_400_000
    while try walk.step(limit: 7, at: later).looked > 0 {}
    #expect(try database.integer("SELECT count(*) FROM delivery") == 0)
    #expect(try database.integer("SELECT count(*) FROM captured") == 0)
  }

  /// The object may be gone.
  @Test func aFreshIdMakesAnotherOne() throws {
    let database = try filled()
    let id = Identifier(try #require(try database.integer("SELECT delivery FROM captured WHERE call = 'b'")))
    let action = Action(at: database.now, user: "ann", command: "replay --fresh-id")
    #expect(try QueueVisitor(path: database.path).change(.renew, ids: [id], action: action).changed == 1)
    #expect(try database.text("SELECT group_concat(call) FROM captured") == "33639980042-7")
  }

  @Test func theCheckKnowsIt() throws {
    let database = try filled()
    let visitor = try QueueVisitor(path: database.path)
    #expect(try visitor.check(now: database.now, integrity: .full).faults == [])
    try database.execute("INSERT INTO captured VALUES ('crm', 'c', '3', 0, 7)")
    #expect(try visitor.check(now: database.now).faults.map(\.kind) == [.capturedWithoutDelivery])
  }

  @Test func theSchemaRefusesWhatIsTooLong() throws {
    let database = try filled()
    for value in ["''", "'\(String(repeating: "x", count: 1025))'"] {
      #expect(throws: DatabaseError.self) {
        try database.execute("UPDATE captured SET value = \(value)")
      }
    }
  }
}
