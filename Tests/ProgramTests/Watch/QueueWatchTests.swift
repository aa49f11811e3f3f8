import DurableQueue
import RelayCore
import Rules
import SQLite
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import cdrelay

/// The watch on a real database, told of by a channel that the test holds, at the test's own time.
@Suite struct QueueWatchTests {
  private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    var log: Log { Log(level: .info, timestamp: { "" }) { [self] line in lines.withLock { $0.append(line) } } }
    func count(_ text: String) -> Int { lines.withLock { $0.count { $0.contains(text) } } }
  }

  private final class Receiver: AlertChannel {
    var events: [JSON] = []
    var reason: String?

    func tell(_ event: [UInt8], isWanted: () -> Bool) -> String? {
      if reason == nil, let json = try? JSONParser.parse(event) { events.append(json) }
      return reason
    }

    var told: [String] {
      events.map {
        "\($0["event"]?.string ?? "") \($0["condition"]?.string ?? "") \($0["destination"]?.string ?? $0["source"]?.string ?? "")"
      }
    }
  }

  private let database: DatabaseOnDisk
  private let time: ManualTime
  private let lines = Lines()
  private let receiver = Receiver()
  private let rules: RuleFile

  init() throws {
    database = try DatabaseOnDisk()
    time = ManualTime(database.now)
    let text = """
      {"alerts": {"least_seconds_between": 0, "oldest_waiting_minutes": 10},
       "sources": {"pbx": {"provider": "generic", "auth": "none", "expect": {"every_minutes": 30}}},
       "destinations": {"crm": {"url": "https://crm.example.com/"}},
       "rules": [{"name": "all", "send_to": ["crm"]}]}
      """
    rules = try RuleFile.parse(Array(text.utf8), path: "rules.json", secrets: SecretsResolver(environment: [:]))
    try database.rules(text)
  }

  private func watch(pressure: Pressure? = nil, free: Int64 = 1 << 40) throws -> QueueWatch {
    try QueueWatch(
      path: database.path, settings: rules.alerts,
      sources: .init(pressure: { pressure }, freeBytes: { free }, isWritable: { true }), log: lines.log)
  }

  private func look(_ watch: QueueWatch, _ more: Int64 = 0) throws {
    time.advance(milliseconds: more)
    _ = try watch.look(rules, at: time.now())
    watch.tell(by: receiver, rules.alerts, host: "relay", time: time, isWanted: { true }, told: { _ in })
  }

  @Test func theFirstDeadLetterBeginsAndTheLastEnds() throws {
    let watch = try watch()
    try look(watch)
    #expect(receiver.told == [])
    let first = try database.delivery(.dead, status: 400)
    let second = try database.delivery(.dead, status: 400)
    try look(watch, 2000)
    try look(watch, 2000)
    #expect(receiver.told == ["begins dead_letters crm"])
    #expect(receiver.events.first?["text"]?.string?.hasPrefix("crm: 2 deliveries are dead. ") == true)
    for id in [first, second] {
      try database.execute("UPDATE delivery SET state = 'cancelled' WHERE id = \(id)")
      try look(watch, 2000)
    }
    #expect(receiver.told == ["begins dead_letters crm", "ends dead_letters crm"])
  }

  @Test func aRestartTellsNothingTwice() throws {
    try database.delivery(.dead, status: 400)
    try look(watch())
    try look(watch(), 2000)
    #expect(receiver.told == ["begins dead_letters crm"])
    try database.execute("UPDATE delivery SET state = 'cancelled'")
    try look(watch(), 2000)
    try look(watch(), 2000)
    #expect(receiver.told == ["begins dead_letters crm", "ends dead_letters crm"])
  }

  @Test func whatFailedIsToldLater() throws {
    let watch = try watch()
    try database.delivery(.dead, status: 400)
    receiver.reason = "status 500"
    try look(watch)
    try look(watch, 2000)
    #expect(lines.count("alert.failed") == 1)
    receiver.reason = nil
    try look(watch, 8000)
    #expect(receiver.told == ["begins dead_letters crm"])
  }

  @Test func aHeldDestinationIsToldButNotOneThatAPersonHolds() throws {
    let watch = try watch()
    try database.execute(
      """
      INSERT INTO destination (name, held_since_at_ms) VALUES ('crm', 1);
      INSERT INTO hold (destination, kind, since_at_ms, reason) VALUES ('crm', 'person', 1, 'maintenance')
      """)
    try look(watch)
    #expect(receiver.told == [])
    try database.execute(
      "INSERT INTO hold (destination, kind, since_at_ms, reason) VALUES ('crm', 'credentials', 1, 'status 401')")
    try look(watch, 2000)
    #expect(receiver.told == ["begins destination_held crm"])
    #expect(receiver.events.first?["held_by"] == .string("credentials"))
    try database.execute("DELETE FROM hold WHERE kind = 'credentials'")
    try look(watch, 2000)
    #expect(receiver.told == ["begins destination_held crm", "ends destination_held crm"])
  }

  @Test func aSilentSourceIsToldUntilARecordComes() throws {
    let watch = try watch()
    try look(watch, 29 * 60_000)
    #expect(receiver.told == [])
    try look(watch, 60_000)
    #expect(receiver.told == ["begins source_silent pbx"])
    let now = time.now().milliseconds
    try database.execute(
      "INSERT INTO source_hour (source, hour_at_ms, accepted, last_record_at_ms) VALUES ('pbx', \(now - now % 3_600_000), 1, \(now))"
    )
    try look(watch, 2000)
    #expect(receiver.told == ["begins source_silent pbx", "ends source_silent pbx"])
  }

  @Test func aLateDeliveryIsLoggedOnceAndShownByStatus() throws {
    let watch = try watch()
    try database.delivery(.waiting)
    try look(watch)
    try look(watch, 74_000)
    #expect(lines.count("delivery.late") == 0)
    // 60 s, and the 15 s that an attempt may take.
    try look(watch, 1000)
    try look(watch, 30_000)
    #expect(lines.count(" delivery.late ") == 1)
    #expect(receiver.told.contains("begins late_delivery crm"))
    let problems = CalledCommand("status --problems --json", database: database, now: time.now()).json
    #expect(problems.contains { $0["problem"] == .string("late_delivery") })
    try database.execute("UPDATE delivery SET state = 'sending', next_attempt_at_ms = NULL")
    try look(watch, 2000)
    #expect(lines.count("delivery.late_no_more") == 1)
    #expect(receiver.told.contains("ends late_delivery crm"))
  }

  @Test func theQuarantineTheDiskAndWhatWaitsLong() throws {
    _ = try database.quarantined(body: "[]")
    _ = try database.refused(body: "[]")
    try database.delivery(.waiting, at: database.now + -11 * 60_000, next: database.now + 60_000)
    try database.delivery(to: "gone", .waiting)
    try look(watch(free: 100 << 20))
    #expect(
      Set(receiver.told) == [
        "begins disk_low ", "begins quarantined ", "begins refused_kept telecmi", "begins waiting_long crm",
        "begins destination_unknown gone",
      ])
    let pressure = Pressure(.freeBytes, found: 1 << 20, allowed: 64 << 20)
    try look(watch(pressure: pressure, free: 1 << 20), 2000)
    #expect(receiver.told.contains("begins refusing_records "))
    #expect(receiver.told.contains("ends disk_low "))
  }
}
