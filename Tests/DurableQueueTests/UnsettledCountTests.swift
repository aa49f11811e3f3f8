import DurableQueue
import RelayCore
import SQLite
import TestSupport
import Testing

/// The number of deliveries that are not settled, kept beside them, is always what a count of the rows gives.
@Suite struct UnsettledCountTests {
  private static let unsettled = "delivery WHERE state IN ('waiting', 'sending')"

  private func kept(_ fixture: QueueFixture) throws -> Int {
    Int(try fixture.connect().integer("SELECT unsettled FROM queue_count") ?? -1)
  }

  @Test func itFollowsEverythingThatHappens() throws {
    var random = SeededRandom(seed: UInt64.random(in: 0 ... .max))
    let fixture = try QueueFixture()
    let visitor = try QueueVisitor(path: fixture.path)
    for step in 0..<150 {
      try act(&random, step, fixture, visitor)
      fixture.queue.flush()
      let counted = try fixture.count(Self.unsettled)
      #expect(try kept(fixture) == counted, "seed \(random.seed), step \(step)")
    }
    try fixture.reopen()
    #expect(try kept(fixture) == fixture.count(Self.unsettled), "seed \(random.seed)")
  }

  private func act(
    _ random: inout SeededRandom, _ step: Int, _ fixture: QueueFixture, _ visitor: QueueVisitor
  ) throws {
    let now = fixture.time.now()
    let action = Action(at: now, user: "ann", command: "test", reason: nil)
    switch Int.random(in: 0..<7, using: &random) {
    case 0, 1, 2:
      let destinations = Array(["crm", "archive", "billing"].shuffled(using: &random).prefix(step % 4))
      // Some come again, some are revisions.
      let key = "\(Int.random(in: 0..<40, using: &random))"
      let content = "\(Int.random(in: 0..<3, using: &random))"
      _ = fixture.queue.admit(
        .sample(key: key, content: content, to: destinations, skipsRevisions: Bool.random(using: &random)))
    case 3, 4:
      let claim = try fixture.queue.claim("crm", limit: Int.random(in: 1...4, using: &random)).get()
      fixture.queue.settle(
        claim.deliveries.map { delivery in
          let outcomes: [Settlement.Outcome] = [
            .delivered, .dead, .retry(at: now), .postponed(until: now), .interrupted,
          ]
          return .sample(delivery, outcomes.randomElement(using: &random) ?? .dead, reason: "status 503", at: now)
        })
      // One that is not sending any more changes nothing.
      if let first = claim.deliveries.first { fixture.queue.settle([.sample(first, .delivered, at: now)]) }
    case 5:
      let change: DeliveryChange = Bool.random(using: &random) ? .replay : .close(reason: "old")
      let plan = try visitor.plan(change, DeliveryFilter())
      _ = try visitor.change(change, DeliveryFilter(), plan: plan, action: action)
    default:
      let ids = try visitor.plan(.cancel(reason: "x"), DeliveryFilter(), limit: 2)
      _ = try visitor.change(.cancel(reason: "x"), DeliveryFilter(), plan: ids, action: action)
    }
  }

  @Test func aReplayOutOfQuarantineCounts() throws {
    let fixture = try QueueFixture()
    let receipt = try fixture.queue.quarantine(.sample("{broken")).get()
    let visitor = try QueueVisitor(path: fixture.path)
    let action = Action(at: fixture.time.now(), user: "ann", command: "test", reason: nil)
    var running = RunningAction(action)
    _ = try visitor.replay(receipt.id, in: .quarantine, rules: .file(text: "{}"), action: action, &running) { _ in
      .sample(key: "mended", to: ["crm", "archive"])
    }
    #expect(try kept(fixture) == 2)
  }

  @Test func anOlderDatabaseIsCountedOnce() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("cdrelay.db")
    try DatabaseFile.open(path: path, time: ManualTime(), migrations: [Schema.migrations[0]]).connection.execute(
      """
      INSERT INTO record VALUES (1, 's', 'generic', 'cdr', 1, zeroblob(24), zeroblob(16), 0, 0, '', '', zeroblob(32), 1,
        NULL, NULL, NULL, NULL, NULL, NULL, '[]', '[]', NULL);
      INSERT INTO delivery (id, record, destination, rule, state, created_at_ms, clock_started_at_ms, held_before_ms,
        next_attempt_at_ms, settled_at_ms) VALUES
        (1, 1, 'crm', 'all', 'waiting', 1, 1, 0, 1, NULL), (2, 1, 'crm', 'all', 'sending', 1, 1, 0, NULL, NULL),
        (3, 1, 'crm', 'all', 'delivered', 1, 1, 0, NULL, 1)
      """)
    let again = try DatabaseFile.open(path: path, time: ManualTime())
    #expect(try again.connection.integer("SELECT unsettled FROM queue_count") == 2)
  }
}
