import DurableQueue
import RelayCore
import TestSupport
import Testing

/// Replays under a new id, and replays spread over time.
@Suite struct ReplayingTests {
  private let database: DatabaseOnDisk
  private let visitor: QueueVisitor

  init() throws {
    database = try DatabaseOnDisk()
    visitor = try QueueVisitor(path: database.path)
  }

  private func change(
    _ change: DeliveryChange, _ states: [DeliveryState], perSecond: Double? = nil, at now: Instant? = nil
  ) throws -> DeliveryChanges {
    var filter = DeliveryFilter()
    filter.states = states
    let plan = try visitor.plan(change, filter)
    let action = Action(at: now ?? database.now, user: "ann", command: "replay …")
    return try visitor.change(change, filter, plan: plan, perSecond: perSecond, action: action)
  }

  private func dueTimes(of destination: String = "crm") throws -> [Int64] {
    let text = try database.text(
      """
      SELECT group_concat(due, ' ') FROM (
        SELECT next_attempt_at_ms - \(database.now.milliseconds) AS due FROM delivery
        WHERE state = 'waiting' AND destination = '\(destination)' ORDER BY id)
      """)
    return (text ?? "").split(separator: " ").compactMap { Int64($0) }
  }

  @Test func aNewIdTakesThePlaceOfTheOld() throws {
    let record = try database.record()
    let old = try database.delivery(of: record, .dead, status: 409, rule: "calls")
    try database.execute(
      "INSERT INTO destination (name, held_total_ms, held_since_at_ms) VALUES ('crm', 700, NULL); UPDATE delivery SET replays = 2"
    )
    let changes = try change(.renew, [.dead])
    #expect(changes.changed == 1)
    let new = try #require(changes.renewals.first?.new)
    let fresh = try #require(try visitor.delivery(new))
    #expect(fresh.id != old)
    #expect((fresh.record, fresh.destination, fresh.rule, fresh.state) == (record, "crm", "calls", .waiting))
    #expect((fresh.attempts, fresh.tries, fresh.replays) == (0, 0, 3))
    #expect((fresh.nextAttemptAt, fresh.clockStartedAt) == (database.now, database.now))
    #expect(try database.integer("SELECT held_before_ms FROM delivery WHERE id = \(new)") == 700)
    let replaced = try #require(try visitor.delivery(old))
    #expect((replaced.state, replaced.reason) == (.cancelled, "replaced by delivery \(new)"))
    #expect(replaced.replacedBy == new)
    #expect(try visitor.attempts(of: old).count == 1)
    #expect(try database.integer("SELECT count(*) FROM dead_letter") == 0)
    #expect(try database.integer("SELECT unsettled FROM queue_count") == 1)
    #expect(try visitor.deliveries(ofRecord: record).map(\.id) == [old, new])
  }

  @Test func whatWasReplacedIsNotSentBesideItsReplacement() throws {
    let old = try database.delivery(.dead)
    let byPerson = try database.delivery(.cancelled, reason: "replaced by delivery \(old)")
    #expect(try change(.renew, [.dead]).changed == 1)
    for again in [DeliveryChange.replay, .renew] {
      let action = Action(at: database.now, user: "ann", command: "replay …")
      let changes = try visitor.change(again, ids: [old], action: action)
      #expect((changes.changed, changes.replaced) == (0, 1))
    }
    #expect(try database.integer("SELECT count(*) FROM delivery") == 3)
    // A person's words that look the same are only words.
    var filter = DeliveryFilter()
    filter.states = [.cancelled]
    #expect(try visitor.plan(.replay, filter).count == 1)
    #expect(try change(.replay, [.cancelled]).changed == 1)
    #expect(try visitor.delivery(byPerson)?.state == .waiting)
  }

  @Test func aRateSpreadsThemByDestination() throws {
    let record = try database.record()
    for _ in 0..<3 { try database.delivery(of: record, .dead) }
    for _ in 0..<2 { try database.delivery(of: record, to: "archive", .dead) }
    #expect(try change(.replay, [.dead], perSecond: 4).changed == 5)
    #expect(try dueTimes() == [0, 250, 500])
    #expect(try dueTimes(of: "archive") == [0, 250])
  }

  @Test func aSecondReplayGoesOnBehindTheFirst() throws {
    let record = try database.record()
    for _ in 0..<3 { try database.delivery(of: record, .dead) }
    #expect(try change(.replay, [.dead], perSecond: 0.5).changed == 3)
    // Tried since, with a delay of its own: no turn of the replay.
    try database.execute(
      "UPDATE delivery SET attempts = 1, tries = 1, next_attempt_at_ms = next_attempt_at_ms + 900000 WHERE id = 1002")
    for _ in 0..<2 { try database.delivery(of: record, .dead) }
    #expect(try change(.renew, [.dead], perSecond: 1, at: database.now + 1000).changed == 2)
    #expect(try dueTimes() == [900_000, 2000, 4000, 5000, 6000])
  }

  @Test func aFractionOfASecondAddsUp() throws {
    let record = try database.record()
    for _ in 0..<7 { try database.delivery(of: record, .dead) }
    #expect(try change(.replay, [.dead], perSecond: 3).changed == 7)
    #expect(try dueTimes() == [0, 333, 666, 1000, 1333, 1666, 2000])
    #expect(DueTimes.end(of: 7, perSecond: 3, now: database.now, last: nil) == database.now + 2000)
  }

  @Test func recentAttemptsAreThoseThatWereAnswered() throws {
    #expect(try visitor.recentAttempts(at: "crm") == nil)
    for _ in 0..<3 { try database.delivery(.dead, status: 503) }
    try database.delivery(to: "archive", .dead, status: 200)
    try database.execute(
      "UPDATE attempt SET took_ms = 1000 WHERE delivery = 1002; UPDATE attempt SET status = NULL WHERE delivery = 1004")
    #expect(try visitor.recentAttempts(at: "crm") == RecentAttempts(count: 2, meanTook: 706))
    #expect(try visitor.recentAttempts(at: "archive")?.count == 1)
  }
}
