import Digests
import HTTPTypes
import RelayCore
import SQLite
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import DurableQueue

/// The table `refused` stays within its bounds, and never costs a record anything.
@Suite struct KeepingRefusedTests {
  private let day: Int64 = 86_400_000

  private func offer(_ text: String, to queue: DurableQueue, limits: NewRefused.Limits? = nil, at now: Instant) {
    queue.keepRefused(source: "pbx", bytes: text.utf8.count, limit: limits?.bytes ?? 1 << 30) {
      .sample(text, limits: limits ?? .init(count: 1000, bytes: 1 << 30), at: now)
    }
  }

  private func metrics(_ queue: DurableQueue) -> (kept: Int, dropped: Int) {
    var page = MetricsPage()
    queue.refusedTray.write(to: &page)
    func value(_ name: String) -> Int {
      let line = page.text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
      return line.flatMap { Int($0.dropFirst(name.count + 1)) } ?? -1
    }
    return (value("cdrelay_refused_kept_total"), value("cdrelay_refused_dropped_total"))
  }

  @Test func itIsWrittenWithinASecondWithoutAnybodyElsesCommit() throws {
    let fixture = try QueueFixture()
    let seen = Mailbox<Void>()
    fixture.queue.close()
    var settings = DurableQueue.Settings()
    settings.beforeCommit = { _ in seen.put(()) }
    try fixture.reopen(settings: settings)
    offer("a", to: fixture.queue, at: fixture.time.now())
    #expect(seen.next() != nil)
    fixture.queue.close()
    #expect(try fixture.count("refused WHERE state = 'kept' AND times = 1") == 1)
    #expect(metrics(fixture.queue) == (1, 0))
  }

  @Test func aFloodKeepsWhatASecondHasRoomFor() throws {
    let fixture = try QueueFixture()
    for number in 0..<5000 { offer("body \(number)", to: fixture.queue, at: fixture.time.now()) }
    fixture.queue.close()
    let kept = try fixture.count("refused")
    // The writer may have looked once or twice meanwhile.
    #expect(kept >= RefusedTray.countLimit && kept <= 10 * RefusedTray.countLimit)
    #expect(metrics(fixture.queue) == (kept, 5000 - kept))
  }

  @Test func theOldestGoWhereThereAreTooMany() throws {
    let fixture = try QueueFixture()
    for number in 0..<10 {
      offer("\(number)", to: fixture.queue, limits: .init(count: 3, bytes: 1 << 20), at: fixture.time.now())
    }
    fixture.queue.close()
    #expect(try text(fixture, "SELECT group_concat(CAST(body AS TEXT), '') FROM refused") == "789")
  }

  @Test func theOldestGoWhereTheyAreTooLarge() throws {
    let fixture = try QueueFixture()
    let body = String(repeating: "x", count: 999)
    for number in 0..<10 {
      offer(body + "\(number)", to: fixture.queue, limits: .init(count: 100, bytes: 4500), at: fixture.time.now())
    }
    fixture.queue.close()
    #expect(try text(fixture, "SELECT group_concat(substr(CAST(body AS TEXT), 1000), '') FROM refused") == "6789")
    #expect(try fixture.connect().integer("SELECT sum(bytes) FROM refused") ?? 0 <= 4500)
  }

  @Test func theBoundIsEachSourcesOwn() throws {
    let fixture = try QueueFixture()
    offer("old", to: fixture.queue, at: fixture.time.now())
    fixture.queue.keepRefused(source: "other", bytes: 1, limit: 100) {
      .sample("b", source: "other", limits: .init(count: 1, bytes: 100), at: fixture.time.now())
    }
    fixture.queue.close()
    #expect(try fixture.count("refused") == 2)
  }

  @Test func whatIsTooOldGoesAlsoWhereNothingComes() throws {
    let fixture = try QueueFixture()
    offer("old", to: fixture.queue, at: fixture.time.now())
    fixture.queue.close()
    fixture.time.advance(seconds: 7 * 86_400 - 1)
    try fixture.reopen()
    fixture.queue.close()
    #expect(try fixture.count("refused") == 1)
    fixture.time.advance(seconds: 1)
    try fixture.reopen()
    fixture.queue.close()
    #expect(try fixture.count("refused") == 0)
  }

  @Test func aReSendLivesOnAndIsCounted() throws {
    let fixture = try QueueFixture()
    offer("a", to: fixture.queue, at: fixture.time.now())
    fixture.queue.close()
    fixture.time.advance(seconds: 3 * 86_400)
    try fixture.reopen()
    offer("a", to: fixture.queue, at: fixture.time.now())
    fixture.queue.close()
    #expect(try fixture.count("refused WHERE times = 2") == 1)
    #expect(try fixture.connect().integer("SELECT last_received_at_ms - received_at_ms FROM refused") == 3 * day)
    #expect(try fixture.connect().integer("SELECT expires_at_ms - received_at_ms FROM refused") == 10 * day)
  }

  /// Even a full table of them, or a disk that takes nothing: records go on.
  @Test func whatCantBeWrittenIsDroppedAndCountedAndNoRecordSuffers() throws {
    let fixture = try QueueFixture()
    try fixture.connect(.readWrite).execute(
      "CREATE TRIGGER no BEFORE INSERT ON refused BEGIN SELECT RAISE(ABORT, 'no'); END")
    offer("a", to: fixture.queue, at: fixture.time.now())
    #expect(try fixture.queue.admit(.sample(key: "k")).get().outcome == .accepted(revision: 0))
    fixture.queue.close()
    #expect(try fixture.count("refused") == 0)
    #expect(metrics(fixture.queue) == (0, 1))
    #expect(fixture.queue.isWritable)
  }

  @Test func whatIsOfferedBehindTheEndIsDropped() throws {
    let fixture = try QueueFixture()
    fixture.queue.close()
    offer("a", to: fixture.queue, at: fixture.time.now())
    #expect(metrics(fixture.queue) == (0, 1))
  }

  private func text(_ fixture: QueueFixture, _ sql: String) throws -> String? {
    try fixture.connect().text(sql)
  }
}

/// What waits for the writer is bounded, whoever sends it.
@Suite struct RefusedTrayTests {
  private let tray = RefusedTray()
  private let now = ManualTime().now()

  private func offer(_ bytes: Int, source: String = "pbx") {
    tray.offer(source: source, bytes: bytes, limit: .max) { .sample("", source: source, at: now) }
  }

  @Test func aSourceHasRoomForSoManyAndTheNextForItsOwn() {
    for _ in 0..<(2 * RefusedTray.countLimit) { offer(1) }
    offer(1, source: "other")
    #expect(tray.take().count == RefusedTray.countLimit + 1)
    offer(1)
    #expect(tray.take().count == 1)
  }

  @Test func aLongBodyWaitsAlone() {
    offer(RefusedTray.byteLimit + 1)
    offer(1)
    #expect(tray.take().count == 1)
    offer(1)
    offer(RefusedTray.byteLimit)
    offer(RefusedTray.byteLimit - 1)
    offer(1)
    #expect(tray.take().count == 2)
  }

  @Test func whatFindsNoRoomIsNotEvenMade() {
    tray.offer(source: "pbx", bytes: 101, limit: 100) {
      Issue.record("made")
      return .sample("", at: now)
    }
    #expect(tray.take().isEmpty)
  }
}

extension NewRefused {
  static func sample(
    _ text: String, source: String = "pbx", limits: Limits = .init(count: 1000, bytes: 1 << 20), at now: Instant
  ) -> NewRefused {
    let body = Array(text.utf8)
    return NewRefused(
      source: source, receivedAt: now, expiresAt: now + 7 * 86_400_000, sender: "203.0.113.9",
      credential: "token 00c0ffee", status: 401, reason: "no valid credential",
      raw: RawRecord(body: body, contentType: nil, headers: HTTPHeaders(), query: FormFields()), size: body.count,
      contentHash: SHA256.hash(body), limits: limits)
  }
}
