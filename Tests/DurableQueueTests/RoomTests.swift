import DurableQueue
import Glibc
import RelayCore
import SQLite
import Synchronization
import Telemetry
import TestSupport
import Testing

/// A queue that comes to its limits, and away from them.
@Suite struct RoomTests {
  /// How much the disk says is free.
  private final class Disk: Sendable {
    let free = Mutex<Int64>(1 << 40)

    func settings(_ change: (inout DurableQueue.Settings) -> Void = { _ in }) -> DurableQueue.Settings {
      var settings = DurableQueue.Settings()
      settings.lookMilliseconds = 10
      settings.limits.reserveBytes = 1 << 20
      settings.limits.minFreeBytes = 8 << 20
      settings.freeBytes = { [self] _ in free.withLock { $0 } }
      change(&settings)
      return settings
    }

    func has(_ bytes: Int64) {
      free.withLock { $0 = bytes }
    }
  }

  private func blocks(of path: String) -> Int64 {
    var status = stat()
    return stat(path, &status) == 0 ? Int64(status.st_blocks) * 512 : 0
  }

  @Test func theReserveHasRealBlocksAndIsItsOwnersAlone() throws {
    let fixture = try QueueFixture(settings: Disk().settings())
    #expect(blocks(of: fixture.path + ".reserve") >= 1 << 20)
    var status = stat()
    #expect(stat(fixture.path + ".reserve", &status) == 0 && status.st_mode & 0o777 == 0o600)
  }

  @Test func aDiskThatFillsRefusesRecordsGoesOnSendingAndRecovers() throws {
    let disk = Disk()
    let fixture = try QueueFixture(settings: disk.settings())
    let queue = fixture.queue
    let taker = fixture.startTaker(room: ["crm": 1])
    _ = queue.admit(.sample(key: "before"))
    _ = queue.admit(.sample(key: "waits"))
    let delivery = try #require(taker.nextTaken().first)
    #expect(queue.pressure == nil)

    disk.has(7 << 20)
    let refusing = fixture.lines.next("queue.refuses_records")
    #expect(refusing.contains("relay.queue.min_free_bytes") && refusing.contains("make room"))
    let pressure = Pressure(.freeBytes, found: 7 << 20, allowed: 8 << 20)
    #expect(queue.pressure == pressure)
    #expect(queue.admit(.sample(key: "during")).failure == .pressure(pressure))
    #expect(queue.quarantine(.sample("x")).failure == .pressure(pressure))
    #expect(blocks(of: fixture.path + ".reserve") > 0, "more is free than it holds")
    queue.settle([.sample(delivery, .delivered, at: fixture.time.now())])
    #expect(try queue.claim("crm").get().deliveries.count == 1)
    #expect(try fixture.count("delivery WHERE state = 'delivered'") == 1)
    #expect(queue.isWritable)

    disk.has(1000)
    let givenUp = fixture.lines.next("queue.refuses_records")
    #expect(givenUp.contains("relay.queue.reserve_bytes"))
    #expect(blocks(of: fixture.path + ".reserve") == 0)

    // Room for the reserve, and less than an eighth more.
    disk.has(9 << 20)
    #expect(try queue.claim("crm").get().deliveries.isEmpty)
    #expect(queue.pressure?.limit == .reserve)
    disk.has(11 << 20)
    fixture.lines.next("queue.takes_records_again")
    #expect(blocks(of: fixture.path + ".reserve") >= 1 << 20)
    #expect(try queue.admit(.sample(key: "during")).get().revision == 0)
  }

  @Test func withoutAReserveTheDiskIsAskedAgain() throws {
    let disk = Disk()
    let isFull = Mutex(false)
    let fixture = try QueueFixture(
      settings: disk.settings { settings in
        settings.limits.reserveBytes = 0
        settings.beforeCommit = { (_) throws(DatabaseError) in
          if isFull.withLock({ $0 }) { throw DatabaseError(code: 13, message: "database or disk is full") }
        }
      })
    isFull.withLock { $0 = true }
    #expect(fixture.queue.admit(.sample(key: "k")).failure == .diskFull)
    isFull.withLock { $0 = false }
    fixture.untilRecordsAreTaken()
    #expect(try fixture.queue.admit(.sample(key: "k")).get().revision == 0)
  }

  @Test func tooManyUnsettledDeliveriesRefuseRecordsUntilSomeAreSettled() throws {
    let fixture = try QueueFixture(settings: Disk().settings { $0.limits.maxUnsettledDeliveries = 8 })
    let queue = fixture.queue
    for number in 0..<8 { _ = queue.admit(.sample(key: "\(number)")) }
    fixture.lines.next("queue.refuses_records")
    let pressure = Pressure(.deliveries, found: 8, allowed: 8)
    #expect(queue.admit(.sample(key: "more")).failure == .pressure(pressure))
    // One is settled by the relay, the others are cancelled by a person.
    let claimed = try queue.claim("crm", limit: 1).get().deliveries
    queue.settle([.sample(try #require(claimed.first), .delivered, at: fixture.time.now())])
    queue.flush()
    let visitor = try QueueVisitor(path: fixture.path)
    let change = DeliveryChange.cancel(reason: "not wanted")
    let plan = try visitor.plan(change, DeliveryFilter())
    let action = Action(at: fixture.time.now(), user: "ann", command: "deliveries cancel", reason: nil)
    #expect(try visitor.change(change, DeliveryFilter(), plan: plan, action: action).changed == 7)
    fixture.lines.next("queue.takes_records_again")
    #expect(try queue.admit(.sample(key: "more")).get().revision == 0)
  }

  @Test func aDatabaseThatIsTooLargeRefusesRecordsUntilRowsAreDeleted() throws {
    let fixture = try QueueFixture(
      settings: Disk().settings {
        $0.limits.maxDatabaseBytes = 4 << 20
        $0.checkpointPages = 10
      })
    let queue = fixture.queue
    let body = [UInt8](repeating: 0x20, count: 400_000)
    var taken = 0
    while queue.admit(.sample(key: "\(taken)", to: [], body: body)).failure == nil { taken += 1 }
    #expect(taken < 20)
    #expect(queue.pressure?.limit == .databaseBytes)
    // As the relay deletes: freed pages are not written again, which would make the log as long as they are.
    try fixture.connect(.readWrite).execute("PRAGMA secure_delete = FAST; DELETE FROM record")
    fixture.lines.next("queue.takes_records_again")
    #expect(try queue.admit(.sample(key: "more")).get().revision == 0)
  }

  @Test func aFullWaitingLineIsToldWithoutALock() throws {
    let gate = Gate()
    var settings = DurableQueue.Settings.behind(gate)
    settings.waitingLimit = 2
    let fixture = try QueueFixture(settings: settings)
    let queue = fixture.queue
    gate.closed {
      for number in 0..<20 { queue.admit(.sample(key: "\(number)")) { _ in } }
      #expect(queue.pressure?.limit == .requests)
      // A claim is no stranger's: it is not refused.
      queue.claim(destination: "crm", limit: 1, byteLimit: 1) { result in #expect(result.failure == nil) }
    }
    queue.flush()
    #expect(queue.pressure == nil)
  }

  @Test func theMetricsSayWhatIs() throws {
    let disk = Disk()
    let fixture = try QueueFixture(settings: disk.settings())
    _ = fixture.queue.admit(.sample(key: "k", to: ["crm", "archive"]))
    disk.has(7 << 20)
    fixture.lines.next("queue.refuses_records")
    var page = MetricsPage()
    fixture.queue.write(to: &page)
    let lines = page.text.split(separator: "\n")
    for line in [
      "cdrelay_commit_seconds_count 1", "cdrelay_failed_commits_total 0", "cdrelay_queue_jobs_waiting 0",
      "cdrelay_unsettled_deliveries 2", "cdrelay_disk_free_bytes \(7 << 20)", "cdrelay_reserve_given_up 0",
      #"cdrelay_refusing{limit="min_free_bytes"} 1"#, #"cdrelay_refusing{limit="reserve_bytes"} 0"#,
    ] {
      #expect(lines.contains(Substring(line)), "\(line) is missing in\n\(page.text)")
    }
  }

  @Test func aVisitorOnAFullDiskGivesTheReserveUp() throws {
    let disk = Disk()
    // A reserve larger than what is free: as where other programs filled the disk since the last look.
    let fixture = try QueueFixture(settings: disk.settings())
    _ = fixture.queue.admit(.sample(key: "k"))
    fixture.queue.close()
    let visitor = try QueueVisitor(path: fixture.path, freeBytes: { _ in 1000 })
    let action = Action(at: fixture.time.now(), user: "ann", command: "deliveries cancel", reason: nil)
    let change = DeliveryChange.cancel(reason: "not wanted")
    let plan = try visitor.plan(change, DeliveryFilter())
    #expect(try visitor.change(change, DeliveryFilter(), plan: plan, action: action).changed == 1)
    #expect(blocks(of: fixture.path + ".reserve") == 0)
  }
}
