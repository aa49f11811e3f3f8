import DurableQueue
import RelayCore
import SQLite
import Synchronization
import TestSupport
import Testing

@Suite struct FailingDiskTests {
  /// What the next transactions meet; set by tests, read on the writer's thread.
  private final class Disk: Sendable {
    enum Weather { case fine, full, broken }

    let weather = Mutex(Weather.fine)

    var settings: DurableQueue.Settings {
      var settings = DurableQueue.Settings()
      settings.lookMilliseconds = 300
      settings.beforeCommit = { [self] (connection) throws(DatabaseError) in
        switch weather.withLock({ $0 }) {
        case .fine: try connection.execute("PRAGMA max_page_count = 1073741823")
        // SQLite sets the limit to the present size where this is below it.
        case .full: try connection.execute("PRAGMA max_page_count = 1")
        case .broken: throw DatabaseError(code: 10, message: "disk I/O error")
        }
      }
      return settings
    }

    func turns(_ next: Weather) {
      weather.withLock { $0 = next }
    }
  }

  private let large = [UInt8](repeating: 0x20, count: 200_000)

  @Test func aFullDiskRefusesKeepsSettlementsAndRecovers() throws {
    let disk = Disk()
    let fixture = try QueueFixture(settings: disk.settings)
    let queue = fixture.queue
    let taker = fixture.startTaker(room: ["crm": 1])
    _ = queue.admit(.sample(key: "before"))
    let delivery = try #require(taker.nextTaken().first)
    #expect(queue.isWritable)

    disk.turns(.full)
    queue.settle([.sample(delivery, .delivered, at: fixture.time.now(), response: large)])
    let refused = queue.admit(.sample(key: "during", body: large)).failure
    taker.next { if case .failing(true) = $0 { true } else { false } }
    #expect(!queue.isWritable)
    #expect(queue.claim("crm").failure == .diskFull)
    let pressure = try #require(queue.pressure)
    #expect(pressure.limit == .reserve)
    // By its own transaction, or by that of the settlement before it.
    #expect(refused == .diskFull || refused == .pressure(pressure))
    #expect(queue.quarantine(.sample("x")).failure == .pressure(pressure))
    #expect(try fixture.count("delivery WHERE state = 'sending'") == 1)

    disk.turns(.fine)
    taker.next { if case .failing(false) = $0 { true } else { false } }
    #expect(queue.isWritable)
    fixture.untilRecordsAreTaken()
    #expect(try fixture.count("delivery WHERE state = 'delivered'") == 1)
    #expect(try fixture.count("attempt WHERE length(response) = 200000") == 1)
    #expect(try queue.admit(.sample(key: "during", body: large)).get().revision == 0)
    #expect(try fixture.connect().text("PRAGMA integrity_check") == "ok")
  }

  @Test func aBrokenDiskIsProbedWithoutAnybodyAsking() throws {
    let disk = Disk()
    let fixture = try QueueFixture(settings: disk.settings)
    let taker = fixture.startTaker()
    disk.turns(.broken)
    let failure = fixture.queue.admit(.sample(key: "k")).failure
    #expect(failure == .failed("SQLite error 10 (disk I/O error): disk I/O error"))
    fixture.queue.hold("crm", .credentials, reason: "status 401")
    disk.turns(.fine)
    taker.next { if case .failing(false) = $0 { true } else { false } }
    fixture.queue.flush()
    #expect(fixture.queue.holds["crm"]?.isHeld == true)
    #expect(try fixture.count("record") == 0)
  }

  @Test func whatHandedOverIsNotCountedWhereTheCommitFailed() throws {
    let disk = Disk()
    let fixture = try QueueFixture(settings: disk.settings)
    let taker = fixture.startTaker(room: ["crm": 1])
    disk.turns(.full)
    #expect(fixture.queue.admit(.sample(key: "k", body: Array(large.prefix(65000)))).failure == .diskFull)
    disk.turns(.fine)
    fixture.untilRecordsAreTaken()
    // The room is still there.
    #expect(try fixture.queue.admit(.sample(key: "k")).get().revision == 0)
    #expect(taker.nextTaken().count == 1)
  }

  @Test func aJobThatTheSchemaRefusesFailsAlone() throws {
    let gate = Gate()
    let fixture = try QueueFixture(settings: .behind(gate))
    let queue = fixture.queue
    let taker = fixture.startTaker(room: ["crm": 10])
    _ = queue.admit(.sample(key: "first"))
    let delivery = try #require(taker.nextTaken().first)
    let good = NewRecord.sample(key: "good")
    let impossible = NewRecord.sample(key: "good", scope: "impossible", bodyHash: [1, 2, 3])
    let results = Mutex<[Result<CommitReceipt, CommitFailure>]>([])
    gate.closed {
      queue.admit(.sample(key: "blocker", to: [])) { _ in }
      for new in [.sample(key: "1"), impossible, good] {
        queue.admit(new) { result in results.withLock { $0.append(result) } }
      }
      queue.settle([.sample(delivery, .delivered, at: fixture.time.now())])
    }
    queue.flush()
    let replies = results.withLock { $0 }
    #expect(replies.map { $0.failure == nil } == [true, false, true])
    guard case .failed(let reason) = replies[1].failure else {
      Issue.record("expected a refused row, found \(String(describing: replies[1].failure))")
      return
    }
    #expect(reason.contains("CHECK constraint failed: record_body_sha256_is_32_bytes"))
    #expect(try fixture.count("record") == 4)
    #expect(try fixture.count("delivery WHERE state = 'sending'") == 2)
    #expect(try fixture.count("delivery WHERE state = 'delivered'") == 1)
    #expect(taker.nextTaken().count == 2)
    #expect(queue.isWritable)
  }

  @Test func aSettlementThatTheSchemaRefusesHoldsUpNoOther() throws {
    let fixture = try QueueFixture()
    let queue = fixture.queue
    let now = fixture.time.now()
    for key in ["good", "impossible"] { _ = queue.admit(.sample(key: key)) }
    let deliveries = try queue.claim("crm").get().deliveries
    let impossible = Settlement(
      delivery: deliveries[1].id, destination: "crm", outcome: .delivered, reason: nil,
      attempt: Settlement.Attempt(startedAt: now, took: 1, requestHash: [1], status: 200, response: nil),
      settledAt: now)
    queue.settle([impossible, .sample(deliveries[0], .delivered, at: now)])
    queue.flush()
    #expect(try fixture.connect().text("SELECT group_concat(state) FROM delivery ORDER BY id") == "delivered,sending")
    // The next start sends it again.
    try fixture.reopen()
    #expect(try fixture.queue.claim("crm").get().deliveries.map(\.id) == [deliveries[1].id])
  }
}
