import DurableQueue
import RelayCore
import SQLite
import TestSupport
import Testing

@Suite struct ClaimingTests {
  let fixture: QueueFixture
  var queue: DurableQueue { fixture.queue }

  init() throws {
    fixture = try QueueFixture()
  }

  @Test func theLongestDueComesFirstUpToTheLimit() throws {
    for number in 0..<5 {
      _ = queue.admit(.sample(key: "\(number)", to: ["crm", "archive"]))
      fixture.time.advance(milliseconds: 10)
    }
    let first = try queue.claim("crm", limit: 3).get()
    #expect(first.deliveries.compactMap { JSONText.key(of: $0) } == ["0", "1", "2"])
    #expect(first.nextDueAt == fixture.time.now() + -20)
    #expect(try fixture.count("delivery WHERE state = 'sending' AND destination = 'crm'") == 3)
    let second = try queue.claim("crm", limit: 3).get()
    #expect(second.deliveries.compactMap { JSONText.key(of: $0) } == ["3", "4"])
    #expect(second.nextDueAt == nil)
    #expect(try fixture.count("delivery WHERE state = 'waiting' AND destination = 'archive'") == 5)
  }

  @Test func whatIsNotDueStaysAndTellsWhen() throws {
    _ = queue.admit(.sample(key: "k"))
    let delivery = try #require(try queue.claim("crm").get().deliveries.first)
    let later = fixture.time.now() + 5000
    queue.settle([.sample(delivery, .retry(at: later), at: fixture.time.now())])
    let none = try queue.claim("crm").get()
    #expect(none.deliveries.isEmpty)
    #expect(none.nextDueAt == later)
    fixture.time.advance(milliseconds: 5000)
    let again = try queue.claim("crm").get().deliveries
    #expect(again.map(\.id) == [delivery.id])
    #expect(again.first?.attempts == 1)
    #expect(again.first?.tries == 1)
  }

  @Test func bodiesStayWithinTheByteLimitButOneAlwaysComes() throws {
    for (key, size) in [("a", 600), ("b", 300), ("c", 200), ("d", 5000)] {
      _ = queue.admit(.sample(key: key, body: [UInt8](repeating: 0x20, count: size)))
      fixture.time.advance(milliseconds: 1)
    }
    var sizes: [[Int]] = []
    while true {
      let claim = try queue.claim("crm", byteLimit: 1000).get()
      if claim.deliveries.isEmpty { break }
      sizes.append(claim.deliveries.map(\.raw.body.count))
      #expect((claim.nextDueAt == nil) == (sizes.count == 3))
    }
    #expect(sizes == [[600, 300], [200], [5000]])
  }

  @Test func aClaimedDeliveryIsWhatWasAdmitted() throws {
    let new = NewRecord.sample(key: "k", at: Instant(milliseconds: 1_700_000_000_123))
    _ = queue.admit(.sample(key: "k", content: "zero"))
    let receipt = try queue.admit(new).get()
    let delivery = try #require(try queue.claim("crm").get().deliveries.last)
    #expect(delivery.record == receipt.record)
    #expect(delivery.raw == new.raw)
    #expect(delivery.source == "pbx")
    #expect(delivery.provider == .generic)
    #expect(delivery.rule == "all")
    #expect(delivery.revision == 1)
    #expect(delivery.receivedAt == new.receivedAt)
    #expect(delivery.clockStartedAt == fixture.time.now())
  }
}

@Suite struct SettlingTests {
  let fixture: QueueFixture
  var queue: DurableQueue { fixture.queue }

  init() throws {
    fixture = try QueueFixture()
  }

  /// `state attempts tries next reason`, the times as seconds from now.
  private func row(_ delivery: DueDelivery) throws -> String? {
    try fixture.connect().text(
      """
      SELECT state || ' ' || attempts || ' ' || tries || ' '
        || coalesce((next_attempt_at_ms - \(fixture.time.now().milliseconds)) / 1000, '-') || ' '
        || coalesce((settled_at_ms - \(fixture.time.now().milliseconds)) / 1000, '-') || ' ' || coalesce(reason, '-')
      FROM delivery WHERE id = \(delivery.id.number)
      """)
  }

  private func sending(_ key: String = "k") throws -> DueDelivery {
    _ = queue.admit(.sample(key: key))
    return try #require(try queue.claim("crm").get().deliveries.first)
  }

  @Test func everyOutcomeHasItsState() throws {
    let now = fixture.time.now()
    let cases: [(Settlement.Outcome, Bool, String)] = [
      (.delivered, true, "delivered 1 1 - 0 because"),
      (.retry(at: now + 60_000), true, "waiting 1 1 60 - because"),
      (.dead, true, "dead 1 1 - 0 because"),
      (.postponed(until: now + 30_000), true, "waiting 0 1 30 - because"),
      (.postponed(until: now + 30_000), false, "waiting 0 0 30 - because"),
      (.interrupted, true, "waiting 0 1 0 - because"),
      (.interrupted, false, "waiting 0 0 0 - because"),
    ]
    var deliveries: [DueDelivery] = []
    for index in cases.indices { _ = queue.admit(.sample(key: "\(index)")) }
    deliveries = try queue.claim("crm").get().deliveries
    queue.settle(
      zip(deliveries, cases).map { .sample($0, $1.0, reason: "because", at: now, isTried: $1.1) })
    queue.flush()
    for (delivery, expected) in zip(deliveries, cases) { #expect(try row(delivery) == expected.2) }
    #expect(
      try fixture.connect().text("SELECT group_concat(outcome) FROM (SELECT outcome FROM attempt ORDER BY delivery)")
        == "delivered,retry,dead,postponed,interrupted")
  }

  @Test func attemptsAreNumberedAndKeepWhatCameBack() throws {
    let delivery = try sending()
    let now = fixture.time.now()
    queue.settle([.sample(delivery, .retry(at: now), reason: "status 503", status: 503, at: now)])
    let again = try #require(try queue.claim("crm").get().deliveries.first)
    queue.settle([.sample(again, .interrupted, reason: "stopped", status: nil, at: now)])
    let third = try #require(try queue.claim("crm").get().deliveries.first)
    #expect(third.attempts == 1)
    #expect(third.tries == 2)
    queue.settle([.sample(third, .dead, reason: "status 410", status: 410, at: now, response: Array("gone".utf8))])
    queue.flush()
    let database = try fixture.connect()
    #expect(
      try database.text("SELECT group_concat(number || ':' || coalesce(status, '-')) FROM attempt")
        == "1:503,2:-,3:410")
    #expect(try database.text("SELECT CAST(response AS TEXT) FROM attempt WHERE number = 3") == "gone")
    #expect(try database.text("SELECT status || ' ' || reason FROM dead_letter") == "410 status 410")
  }

  @Test func onlyWhatIsSendingSettles() throws {
    let delivery = try sending()
    let now = fixture.time.now()
    queue.settle([.sample(delivery, .delivered, at: now)])
    queue.settle([.sample(delivery, .dead, reason: "status 410", at: now)])
    queue.settle([.sample(delivery, .retry(at: now), at: now)])
    queue.flush()
    #expect(try row(delivery) == "delivered 1 1 - 0 -")
    #expect(try fixture.count("attempt") == 1)
    #expect(try fixture.count("dead_letter") == 0)
  }

  @Test func aDeliveryWithoutAReasonForItsDeathGetsOne() throws {
    let delivery = try sending()
    queue.settle([.sample(delivery, .dead, at: fixture.time.now())])
    queue.flush()
    #expect(try row(delivery) == "dead 1 1 - 0 given up")
  }

  @Test func whatWasBeingSentWhenTheProcessDiedIsDueAgainAndNotCounted() throws {
    let taker = fixture.startTaker(room: ["crm": 1])
    _ = queue.admit(.sample(key: "handed over"))
    let handed = taker.nextTaken()
    _ = queue.admit(.sample(key: "on disk"))
    let claimed = try queue.claim("crm").get().deliveries
    #expect(try fixture.count("delivery WHERE state = 'sending'") == 2)
    try fixture.reopen()
    #expect(try row(claimed[0]) == "waiting 0 0 0 - interrupted: the relay stopped before an answer was kept")
    let again = try queue.claim("crm").get().deliveries
    #expect(Set(again.map(\.id)) == Set((handed + claimed).map(\.id)))
  }

  @Test func aReplayedDeliveryCountsItsAttemptsAnew() throws {
    let delivery = try sending()
    queue.settle([.sample(delivery, .dead, reason: "status 410", at: fixture.time.now())])
    queue.flush()
    let now = fixture.time.now().milliseconds
    try fixture.connect(.readWrite).execute(
      """
      UPDATE delivery SET state = 'waiting', next_attempt_at_ms = \(now), settled_at_ms = NULL,
        attempts_before_replay = attempts, replays = replays + 1, clock_started_at_ms = \(now);
      """)
    let replayed = try #require(try queue.claim("crm").get().deliveries.first)
    #expect(replayed.attempts == 0)
    #expect(replayed.tries == 1)
    #expect(replayed.replays == 1)
    queue.settle([.sample(replayed, .dead, reason: "status 404", status: 404, at: fixture.time.now())])
    queue.flush()
    #expect(try row(delivery) == "dead 2 2 - 0 status 404")
    #expect(try fixture.connect().text("SELECT reason FROM dead_letter") == "status 404")
  }
}

enum JSONText {
  static func key(of delivery: DueDelivery) -> String? {
    (try? JSONParser.parse(delivery.raw.body))?["key"]?.string
  }
}
