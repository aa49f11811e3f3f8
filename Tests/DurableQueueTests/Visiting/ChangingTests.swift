import DurableQueue
import RelayCore
import SQLite
import TestSupport
import Testing

@Suite struct ChangingTests {
  private func action(_ database: DatabaseOnDisk) -> Action {
    Action(at: database.now, user: "ann", command: "replay …", reason: nil)
  }

  private func replayDead(_ database: DatabaseOnDisk) throws -> DeliveryChanges {
    let visitor = try QueueVisitor(path: database.path)
    var filter = DeliveryFilter()
    filter.states = [.dead]
    let plan = try visitor.plan(.replay, filter)
    return try visitor.change(.replay, filter, plan: plan, action: action(database))
  }

  @Test func aReplayKeepsAttemptsAndStartsAFreshClock() throws {
    let database = try DatabaseOnDisk()
    let id = try database.delivery(.dead, status: 410, at: database.now + -86_400_000)
    try database.execute(
      """
      INSERT INTO destination (name, held_total_ms, held_since_at_ms) VALUES ('crm', 5000, \(database.now.milliseconds - 700));
      INSERT INTO hold (destination, kind, since_at_ms, reason) VALUES ('crm', 'person', \(database.now.milliseconds - 700), 'why')
      """)
    #expect(try replayDead(database).changed == 1)
    let row = try #require(try QueueVisitor(path: database.path).delivery(id))
    #expect(row.state == .waiting)
    #expect(row.nextAttemptAt == database.now)
    #expect(row.clockStartedAt == database.now)
    #expect((row.attempts, row.attemptsBeforeReplay, row.tries, row.replays) == (1, 1, 1, 1))
    #expect(row.reason == "status 410")
    #expect(try database.integer("SELECT held_before_ms FROM delivery") == 5700)
    #expect(try database.integer("SELECT count(*) FROM dead_letter") == 0)
    #expect(try database.integer("SELECT count(*) FROM attempt") == 1)
  }

  @Test func whatWaitsOrIsBeingSentIsSkippedAndCounted() throws {
    let database = try DatabaseOnDisk()
    let ids = try [
      database.delivery(.waiting, next: database.now + 60_000), database.delivery(.sending), database.delivery(.dead),
      database.delivery(.delivered), database.delivery(.cancelled),
    ]
    let visitor = try QueueVisitor(path: database.path)
    let changes = try visitor.change(.replay, ids: ids + [Identifier(7)], action: action(database))
    #expect((changes.changed, changes.skipped) == (3, 2))
    #expect(changes.notFound == [Identifier(7)])
    #expect(try visitor.delivery(ids[0])?.nextAttemptAt == database.now + 60_000)
    #expect(try visitor.delivery(ids[1])?.state == .sending)
  }

  @Test func aReplayWithoutBodyIsNotMade() throws {
    let database = try DatabaseOnDisk()
    let id = try database.delivery(of: database.record(bodyGone: true), .dead)
    let changes = try replayDead(database)
    #expect((changes.changed, changes.bodyGone) == (0, 1))
    #expect(try QueueVisitor(path: database.path).delivery(id)?.state == .dead)
    #expect(try database.integer("SELECT count(*) FROM action") == 0)
  }

  @Test func cancelAndCloseEndWithTheReason() throws {
    let database = try DatabaseOnDisk()
    let waiting = try database.delivery(.waiting)
    let dead = try database.delivery(.dead, status: 410)
    let visitor = try QueueVisitor(path: database.path)
    let ids = [waiting, dead]
    #expect(try visitor.change(.cancel(reason: "test calls"), ids: ids, action: action(database)).changed == 1)
    #expect(try visitor.delivery(dead)?.state == .dead)
    #expect(try visitor.change(.close(reason: "contract ended"), ids: ids, action: action(database)).changed == 1)
    #expect(try visitor.delivery(waiting)?.state == .cancelled)
    #expect(try visitor.delivery(waiting)?.reason == "test calls")
    #expect(try visitor.delivery(dead)?.state == .cancelled)
    #expect(try visitor.delivery(dead)?.reason == "contract ended")
    #expect(try database.integer("SELECT count(*) FROM dead_letter") == 0)
  }

  @Test func atMost500RowsAreChangedInATransaction() throws {
    let database = try DatabaseOnDisk()
    let record = try database.record()
    try database.execute("BEGIN")
    for _ in 0..<1234 { try database.delivery(of: record, .dead) }
    try database.execute("COMMIT")
    let visitor = try QueueVisitor(path: database.path)
    var filter = DeliveryFilter()
    filter.destinations = ["crm"]
    let plan = try visitor.plan(.replay, filter)
    #expect(plan.count == 1234)
    var steps: [Int] = []
    let changes = try visitor.change(.replay, filter, plan: plan, action: action(database)) { (done: Int) throws in
      // Another connection sees whole batches, and the count of the action with them.
      #expect(try database.integer("SELECT count(*) FROM delivery WHERE state = 'waiting'") == Int64(done))
      #expect(try database.integer("SELECT count FROM action") == Int64(done))
      steps.append(done)
    }
    #expect(steps == [500, 1000, 1234])
    #expect(changes.changed == 1234)
    #expect(try database.text("SELECT user || ' ' || command FROM action") == "ann replay …")
  }

  @Test func aStopInTheMiddleAndASecondStartDoNothingTwice() throws {
    struct Stopped: Error {}
    let database = try DatabaseOnDisk()
    let record = try database.record()
    try database.execute("BEGIN")
    for _ in 0..<700 { try database.delivery(of: record, .dead) }
    try database.execute("COMMIT")
    let visitor = try QueueVisitor(path: database.path)
    var filter = DeliveryFilter()
    filter.states = [.dead]
    let plan = try visitor.plan(.replay, filter)
    #expect(throws: Stopped.self) {
      try visitor.change(.replay, filter, plan: plan, action: action(database)) { _ in throw Stopped() }
    }
    #expect(try replayDead(database).changed == 200)
    #expect(try database.integer("SELECT max(replays) FROM delivery") == 1)
  }

  @Test func deliveriesThatComeLaterAreLeftAlone() throws {
    let database = try DatabaseOnDisk()
    try database.delivery(.dead)
    let visitor = try QueueVisitor(path: database.path)
    var filter = DeliveryFilter()
    filter.states = [.dead]
    let plan = try visitor.plan(.replay, filter)
    let later = try database.delivery(.dead)
    #expect(try visitor.change(.replay, filter, plan: plan, action: action(database)).changed == 1)
    #expect(try visitor.delivery(later)?.state == .dead)
  }

  @Test func aLockedDatabaseIsSaidSo() throws {
    let database = try DatabaseOnDisk()
    let id = try database.delivery(.dead)
    let visitor = try QueueVisitor(path: database.path, busyTimeout: 10)
    try database.execute("BEGIN IMMEDIATE")
    let error = #expect(throws: VisitError.self) {
      try visitor.change(.replay, ids: [id], action: action(database))
    }
    #expect(
      error?.description
        == "\(database.path): another process keeps its write lock; nothing more was changed, try again")
    try database.execute("ROLLBACK")
    #expect(try visitor.change(.replay, ids: [id], action: action(database)).changed == 1)
  }
}
