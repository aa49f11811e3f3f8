import Digests
import RelayCore
import SQLite
import Telemetry
import TestSupport
import Testing

@testable import DurableQueue

@Suite struct RetentionWalkTests {
  private static let day: Int64 = 86_400_000

  /// Runs to the end, in batches of so many rows.
  @discardableResult
  private func run(
    _ walk: RetentionWalk, at now: Instant, limit: Int = 7
  ) throws -> (removed: RetentionCounts, looked: Int) {
    var removed = RetentionCounts()
    var looked = 0
    while true {
      let batch = try walk.step(limit: limit, at: now)
      guard batch.looked > 0 else { return (removed, looked) }
      #expect(batch.looked <= limit)
      removed += batch.removed
      looked += batch.looked
    }
  }

  private func policy(bodies: Int64 = 90, rows: Int64 = 400) -> RetentionPolicy {
    var policy = RetentionPolicy()
    policy.bodies = bodies * Self.day
    (policy.delivered, policy.cancelled, policy.records) = (rows * Self.day, rows * Self.day, rows * Self.day)
    policy.quarantine = bodies * Self.day
    return policy
  }

  @Test func aRecordThatLostItsBodyIsStillKnown() throws {
    let fixture = try QueueFixture()
    let first = try fixture.queue.admit(.sample(key: "k")).get()
    let claimed = try fixture.queue.claim("crm").get()
    fixture.queue.settle(claimed.deliveries.map { .sample($0, .delivered, at: fixture.time.now()) })
    fixture.queue.flush()
    fixture.time.advance(milliseconds: 92 * Self.day)
    let connection = try fixture.connect(.readWrite)
    let walk = try RetentionWalk(connection: connection, policy: policy())
    let removed = try run(walk, at: fixture.time.now()).removed
    #expect(removed.bodies == 1 && removed.answers == 1 && removed.deliveries == 0 && removed.records == 0)
    #expect(
      try connection.text("SELECT ifnull(body, 'none') || headers || query FROM record") == "none[][]")
    #expect(try connection.integer("SELECT count(*) FROM attempt WHERE response IS NULL") == 1)
    let again = try fixture.queue.admit(.sample(key: "k")).get()
    #expect(again.isDuplicate && again.record == first.record)
    fixture.time.advance(milliseconds: 310 * Self.day)
    let rest = try run(walk, at: fixture.time.now()).removed
    #expect(rest.records == 1 && rest.deliveries == 1 && rest.attempts == 1 && rest.bodies == 0)
    #expect(try fixture.count("record") == 0)
    #expect(try fixture.queue.admit(.sample(key: "k")).get().isDuplicate == false)
  }

  @Test func itGoesOnWhereItWas() throws {
    let database = try DatabaseOnDisk()
    for _ in 0..<30 { try database.delivery(.delivered, at: database.now + -100 * Self.day) }
    let now = database.now + 91 * Self.day
    let walk = try RetentionWalk(connection: database.connection, policy: policy())
    #expect(try walk.step(limit: 12, at: now).looked == 12)
    // Another relay, later: it does not read again what was passed.
    let next = try RetentionWalk(connection: database.connection, policy: policy())
    let rest = try run(next, at: now)
    #expect(rest.removed.bodies == 18)
    #expect(rest.looked == 18)
    #expect(try run(next, at: now).looked == 0)
    #expect(try database.integer("SELECT count(*) FROM retention_later") == 0)
  }

  @Test func underAnotherPolicyAllIsWalkedAnew() throws {
    let database = try DatabaseOnDisk()
    try database.delivery(.delivered, at: database.now + -100 * Self.day)
    let now = database.now + 100 * Self.day
    try run(try RetentionWalk(connection: database.connection, policy: policy()), at: now)
    #expect(try database.integer("SELECT count(*) FROM record") == 1)
    let removed = try run(try RetentionWalk(connection: database.connection, policy: policy(rows: 90)), at: now).removed
    #expect(removed.records == 1)
    #expect(try database.text("SELECT group_concat(span) FROM retention_cursor") == "\(90 * Self.day)")
  }

  @Test func whatIsSettledLateGoesLate() throws {
    let database = try DatabaseOnDisk()
    let id = try database.delivery(.waiting, at: database.now + -100 * Self.day)
    try database.delivery(.delivered, at: database.now + -100 * Self.day)
    let walk = try RetentionWalk(connection: database.connection, policy: policy(rows: 2000))
    var now = database.now + 100 * Self.day
    #expect(try run(walk, at: now).removed.bodies == 1)
    #expect(try database.integer("SELECT look_at_ms FROM retention_later") == (now + Self.day).milliseconds)
    try database.execute(
      """
      UPDATE delivery SET state = 'delivered', next_attempt_at_ms = NULL, settled_at_ms = \(now.milliseconds) WHERE id = \(id)
      """)
    now = now + 89 * Self.day
    #expect(try run(walk, at: now).removed == RetentionCounts())
    now = now + 2 * Self.day
    #expect(try run(walk, at: now).removed.bodies == 1)
    #expect(try database.integer("SELECT count(*) FROM retention_later") == 0)
  }

  @Test func aDeliveryMadeLaterForAnOldRecordBelongsToIt() throws {
    let database = try DatabaseOnDisk()
    let record = try database.record(at: database.now + -100 * Self.day)
    try database.execute(
      """
      INSERT INTO delivery (id, record, destination, rule, state, created_at_ms, clock_started_at_ms, held_before_ms,
        next_attempt_at_ms)
      VALUES (9000000000000, \(record), 'crm', 'all', 'waiting', 0, 0, 0, 0)
      """)
    let walk = try RetentionWalk(connection: database.connection, policy: policy())
    #expect(try run(walk, at: database.now).removed == RetentionCounts())
    #expect(try database.integer("SELECT count(*) FROM record WHERE body IS NOT NULL") == 1)
  }

  @Test func onlySettledRequestsLeaveQuarantine() throws {
    let database = try DatabaseOnDisk()
    let kept = try database.quarantined(body: "a")
    for body in ["b", "c"] {
      let id = try database.quarantined(body: body)
      let settled = body == "b" ? database.now : database.now + 50 * Self.day
      try database.execute(
        "UPDATE quarantine SET state = 'discarded', settled_at_ms = \(settled.milliseconds) WHERE id = \(id)")
    }
    let walk = try RetentionWalk(connection: database.connection, policy: policy())
    #expect(try run(walk, at: database.now + 91 * Self.day, limit: 1).removed.quarantine == 1)
    #expect(try database.integer("SELECT count(*) FROM quarantine WHERE id = \(kept)") == 1)
    #expect(try database.integer("SELECT count(*) FROM quarantine") == 2)
  }

  /// Over months in which deliveries are settled, replayed and cancelled at random: nothing goes too early, and two days
  /// behind its time nothing is left.
  @Test func overMonthsItRemovesWhatTheDecisionsSay() throws {
    var random = SeededRandom(seed: UInt64.random(in: 0 ... .max))
    let database = try DatabaseOnDisk()
    var policy = RetentionPolicy()
    policy.bodies = 20 * Self.day
    // Not less than the bodies: of a delivery that is gone nobody knows when it was settled, and the body's time counts from
    // there.
    policy.delivered = [20, 30, 40].randomElement(using: &random)! * Self.day
    policy.cancelled = 30 * Self.day
    policy.dead = Bool.random(using: &random) ? 50 * Self.day : RetentionPolicy.forever
    policy.unrouted = 60 * Self.day
    policy.records = 60 * Self.day
    let walk = try RetentionWalk(connection: database.connection, policy: policy)
    var ids = IdentifierGenerator(process: 7)
    for step in 0..<150 {
      let now = database.now + Int64(step) * Self.day
      try database.execute("BEGIN")
      for _ in 0..<Int.random(in: 0..<6, using: &random) { try admit(database, &ids, now, &random) }
      try shake(database, now, &random)
      try database.execute("COMMIT")
      let before = try all(database)
      try run(walk, at: now, limit: Int.random(in: 1...9, using: &random))
      let after = try all(database)
      for record in before {
        let decision = policy.decide(record, at: now)
        let left = after.first { $0.id == record.id }
        if left == nil { #expect(decision.removesRecord, "seed \(random.seed), step \(step)") }
        if let left, record.hasBody, !left.hasBody {
          #expect(decision.removesBody, "seed \(random.seed), step \(step)")
        }
        let gone = record.deliveries.map(\.id).filter { id in left?.deliveries.contains { $0.id == id } != true }
        #expect(Set(gone).isSubset(of: decision.deliveries), "seed \(random.seed), step \(step)")
      }
      let overdue = now + (-2 * Self.day - 1)
      for record in after {
        let decision = policy.decide(record, at: overdue)
        #expect(
          decision.deliveries.isEmpty && !decision.removesBody && !decision.removesRecord,
          "\(record) at \(now), seed \(random.seed), step \(step)")
      }
    }
    #expect(try database.integer("SELECT count(*) FROM attempt WHERE delivery NOT IN (SELECT id FROM delivery)") == 0)
    #expect(
      try database.integer("SELECT count(*) FROM dead_letter WHERE delivery NOT IN (SELECT id FROM delivery)") == 0)
    #expect(try database.integer("SELECT count(*) FROM delivery WHERE record NOT IN (SELECT id FROM record)") == 0)
  }

  private func admit(
    _ database: DatabaseOnDisk, _ ids: inout IdentifierGenerator, _ now: Instant, _ random: inout SeededRandom
  ) throws {
    let deliveries = Int.random(in: 0...2, using: &random)
    let old = try database.record(unrouted: deliveries == 0, at: now)
    let id = ids.next(at: now)
    try database.execute("UPDATE record SET id = \(id) WHERE id = \(old)")
    for _ in 0..<deliveries {
      try database.execute(
        """
        INSERT INTO delivery (id, record, destination, rule, state, created_at_ms, clock_started_at_ms, held_before_ms,
          next_attempt_at_ms) VALUES (\(ids.next(at: now)), \(id), 'crm', 'all', 'waiting', 0, 0, 0, 0)
        """)
    }
  }

  /// Settles most of what waits; replays or cancels a little of the rest.
  private func shake(_ database: DatabaseOnDisk, _ now: Instant, _ random: inout SeededRandom) throws {
    for record in try all(database) {
      for delivery in record.deliveries {
        let draw = Int.random(in: 0..<100, using: &random)
        switch (delivery.state, draw) {
        case (.waiting, ..<70), (.dead, ..<3):
          let state = delivery.state == .dead ? "cancelled" : draw < 60 ? "delivered" : draw < 66 ? "dead" : "cancelled"
          try database.execute(
            """
            UPDATE delivery SET state = '\(state)', next_attempt_at_ms = NULL, settled_at_ms = \(now.milliseconds),
              reason = 'x', tries = tries + 1 WHERE id = \(delivery.id);
            INSERT INTO attempt VALUES (\(delivery.id), (SELECT tries FROM delivery WHERE id = \(delivery.id)), 0, 0, NULL,
              NULL, 'retry', NULL, x'6f6b');
            DELETE FROM dead_letter WHERE delivery = \(delivery.id);
            """)
          if state == "dead" { try database.execute("INSERT INTO dead_letter VALUES (\(delivery.id), 0, NULL, 'x')") }
        case (.delivered, 0) where record.hasBody, (.cancelled, 0) where record.hasBody:
          try database.execute(
            "UPDATE delivery SET state = 'waiting', next_attempt_at_ms = 0, settled_at_ms = NULL WHERE id = \(delivery.id)"
          )
        default: break
        }
      }
    }
  }

  private func all(_ database: DatabaseOnDisk) throws -> [AgingRecord] {
    try RetentionRows(connection: database.connection).records(after: 0, before: .max, limit: .max)
  }

  /// The whole way, by the writer itself.
  @Test func theWriterRemovesAndSaysSo() throws {
    var settings = DurableQueue.Settings()
    settings.retention = policy(bodies: 1, rows: 2)
    settings.retentionMilliseconds = 1
    let fixture = try QueueFixture(settings: settings)
    _ = try fixture.queue.admit(.sample(key: "k")).get()
    _ = try fixture.queue.admit(.sample(key: "waits")).get()
    let claimed = try fixture.queue.claim("crm", limit: 1).get()
    fixture.queue.settle(claimed.deliveries.map { .sample($0, .delivered, at: fixture.time.now()) })
    fixture.queue.flush()
    fixture.time.advance(milliseconds: 4 * Self.day)
    let line = fixture.lines.next("retention.done")
    #expect(line.contains("record=1 body=1 delivery=1 attempt=1 answer=0 dead_letter=0 quarantine=0"))
    #expect(try fixture.count("record") == 1)
    #expect(try fixture.count("delivery WHERE state = 'waiting'") == 1)
    var page = MetricsPage()
    fixture.queue.write(to: &page)
    #expect(page.text.contains(#"cdrelay_retention_removed_total{table="delivery"} 1"#))
    #expect(page.text.contains("cdrelay_retention_batch_seconds_count"))
    // Its pragmas are gone: the next commit is synced again.
    _ = try fixture.queue.admit(.sample(key: "next")).get()
    fixture.queue.close()
  }
}
