import DurableQueue
import RelayCore
import SQLite
import TestSupport
import Testing

@Suite struct HoldingTests {
  let fixture: QueueFixture
  var queue: DurableQueue { fixture.queue }

  init() throws {
    fixture = try QueueFixture()
  }

  @Test func aHeldDestinationIsHandedNothing() throws {
    let taker = fixture.startTaker(room: ["crm": 5])
    queue.hold("crm", .credentials, reason: "status 401: mend the key")
    _ = queue.admit(.sample(key: "k"))
    #expect(taker.nextDue() == ["crm"])
    queue.release("crm", .credentials)
    _ = queue.admit(.sample(key: "l"))
    #expect(taker.nextTaken().count == 1)
  }

  @Test func aHoldSaysSinceWhenAndWhyAndTheTakerHearsOfIt() throws {
    let taker = fixture.startTaker()
    let since = fixture.time.now()
    queue.hold("crm", .credentials, reason: "status 401")
    queue.flush()
    fixture.time.advance(seconds: 60)
    queue.hold("crm", .credentials, reason: "status 403")
    queue.flush()
    let expected = HoldState(
      holds: [Hold(kind: .credentials, since: since, reason: "status 403")], heldTotal: 0, heldSince: since)
    #expect(queue.holds == ["crm": expected])
    taker.next { if case .changed(let holds) = $0 { holds["crm"] == expected } else { false } }
  }

  @Test func timeBehindABreakerOrALimitCountsTowardsGivingUp() throws {
    let until = fixture.time.now() + 60_000
    queue.hold("crm", .breaker, reason: "10 failures in a row", until: until)
    queue.hold("crm", .limit, reason: "status 429", until: until)
    queue.flush()
    fixture.time.advance(seconds: 10)
    #expect(queue.holds["crm"]?.held(at: fixture.time.now()) == 0)
    #expect(queue.holds["crm"]?.holds.map(\.until) == [until, until])
    queue.hold("crm", .credentials, reason: "status 401")
    queue.flush()
    fixture.time.advance(seconds: 10)
    queue.release("crm", .credentials)
    queue.flush()
    fixture.time.advance(seconds: 10)
    #expect(queue.holds["crm"]?.held(at: fixture.time.now()) == 10_000)
    try fixture.reopen()
    #expect(queue.holds["crm"]?.holds.map(\.kind) == [.breaker, .limit])
  }

  @Test func theUseOfAQuotaIsKept() throws {
    let quota = QuotaUse(sent: 17, ends: fixture.time.now() + 3_600_000)
    queue.use(quota, of: "crm")
    queue.flush()
    try fixture.reopen()
    #expect(queue.holds["crm"] == HoldState(quota: quota))
  }

  @Test func heldTimeIsCountedOnceHoweverManyHoldsOverlap() throws {
    queue.hold("crm", .credentials, reason: "status 401")
    queue.flush()
    fixture.time.advance(seconds: 10)
    queue.hold("crm", .person, reason: "maintenance")
    queue.flush()
    fixture.time.advance(seconds: 10)
    queue.release("crm", .credentials)
    queue.flush()
    fixture.time.advance(seconds: 10)
    #expect(queue.holds["crm"]?.held(at: fixture.time.now()) == 30_000)
    try fixture.reopen()
    fixture.time.advance(seconds: 10)
    _ = queue.admit(.sample(key: "held"))
    queue.release("crm", .person)
    queue.release("crm", .person)
    queue.flush()
    fixture.time.advance(seconds: 10)
    #expect(queue.holds["crm"] == HoldState(heldTotal: 40_000))
    _ = queue.admit(.sample(key: "free"))
    #expect(
      try fixture.connect().text("SELECT group_concat(held_before_ms) FROM delivery ORDER BY id") == "40000,40000")
  }

  @Test func theRuleFileHoldsExactlyWhatItNames() throws {
    queue.hold("crm", .person, reason: "maintenance")
    queue.synchronizeRuleHolds(RuleHolds(written: ["crm": "paused", "archive": "not enabled"]))
    queue.flush()
    #expect(queue.holds["crm"]?.holds.map(\.kind) == [.person, .rules].sorted { $0.rawValue < $1.rawValue })
    #expect(queue.holds["archive"]?.holds.map(\.reason) == ["not enabled"])
    queue.synchronizeRuleHolds(RuleHolds(written: ["archive": "paused"]))
    queue.flush()
    #expect(queue.holds["crm"]?.holds.map(\.kind) == [.person])
    #expect(queue.holds["archive"]?.holds.map(\.reason) == ["paused"])
    try fixture.reopen()
    #expect(queue.holds["archive"]?.isHeld == true)
  }

  @Test func whatAnotherProcessChangesIsNoticed() throws {
    let taker = fixture.startTaker()
    let visitor = try fixture.connect(.readWrite)
    try visitor.transaction {
      try HoldBook(connection: visitor).hold("crm", .person, reason: "maintenance", at: fixture.time.now())
    }
    let heard = taker.next {
      if case .changed(let holds) = $0 { holds["crm"]?.holds.first?.reason == "maintenance" } else { false }
    }
    #expect(heard != nil)
    #expect(queue.holds["crm"]?.isHeld == true)
  }
}

@Suite struct QuarantineTests {
  @Test func aContentIsKeptOnceAndCounted() throws {
    let fixture = try QueueFixture()
    let queue = fixture.queue
    let first = try queue.quarantine(.sample("nonsense")).get()
    #expect(first.times == 1)
    let again = try queue.quarantine(.sample("nonsense", at: fixture.time.now() + 5000)).get()
    #expect(again.times == 2)
    #expect(again.id == first.id)
    #expect(try queue.quarantine(.sample("nonsense", source: "other")).get().times == 1)
    let database = try fixture.connect()
    #expect(try database.integer("SELECT count(*) FROM quarantine") == 2)
    #expect(
      try database.text(
        "SELECT CAST(body AS TEXT) || ' ' || reason || ' ' || (last_received_at_ms - received_at_ms) FROM quarantine")
        == "nonsense not JSON: expected a value at byte 0 5000")
    #expect(try database.integer("SELECT quarantined FROM source_hour WHERE source = 'pbx'") == 2)
  }

  @Test func aSourceFillsOnlyItsShare() throws {
    var settings = DurableQueue.Settings()
    settings.quarantineLimit = 2
    let fixture = try QueueFixture(settings: settings)
    for text in ["a", "b"] { #expect(try fixture.queue.quarantine(.sample(text)).get().times == 1) }
    #expect(fixture.queue.quarantine(.sample("c")).failure == .quarantineFull(limit: 2))
    #expect(try fixture.queue.quarantine(.sample("a")).get().times == 2)
    #expect(try fixture.queue.quarantine(.sample("c", source: "other")).get().times == 1)
    #expect(try fixture.count("quarantine") == 3)
  }

  @Test func refusalsAreCountedWithTheNextCommitOrTheClock() throws {
    let fixture = try QueueFixture()
    for _ in 0..<3 { fixture.queue.countRefused(source: "pbx") }
    _ = fixture.queue.admit(.sample(key: "k"))
    #expect(try fixture.connect().text("SELECT refused || ' ' || accepted FROM source_hour") == "3 1")
    fixture.queue.countRefused(source: "pbx")
    fixture.queue.close()
    #expect(try fixture.connect().integer("SELECT refused FROM source_hour") == 4)
  }

  @Test func theHourIsThatOfReceipt() throws {
    let fixture = try QueueFixture()
    let hour = fixture.time.now()
    #expect(hour.milliseconds % 3_600_000 == 0)
    for (key, at) in [("a", hour), ("b", hour + 3_599_999), ("c", hour + 3_600_000)] {
      _ = fixture.queue.admit(.sample(key: key, at: at))
    }
    #expect(
      try fixture.connect().text(
        """
        SELECT group_concat((hour_at_ms - \(hour.milliseconds)) || ':' || accepted || ':'
          || (last_record_at_ms - \(hour.milliseconds))) FROM source_hour
        """) == "0:2:3599999,3600000:1:3600000")
  }
}

@Suite struct RulesVersionTests {
  @Test func theSameTextIsTheSameVersion() throws {
    let fixture = try QueueFixture()
    #expect(try fixture.queue.registerRules(text: "{}") == 1)
    #expect(try fixture.queue.registerRules(text: "{}") == 1)
    #expect(try fixture.queue.registerRules(text: "{ }") == 2)
    try fixture.reopen()
    #expect(try fixture.queue.registerRules(text: "{ }") == 2)
    #expect(try fixture.queue.registerRules(text: "{}") == 3)
    #expect(try fixture.connect().text("SELECT text FROM rules_version WHERE version = 2") == "{ }")
  }
}
