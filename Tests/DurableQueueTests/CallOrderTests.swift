import DurableQueue
import Foundation
import RelayCore
import Telemetry
import TestSupport
import Testing

/// `"order": "per_call"`: of one call only the first that is not settled may go.
@Suite struct CallOrderTests {
  private let fixture: QueueFixture

  init() throws {
    fixture = try QueueFixture(settings: Self.ordered)
  }

  private static var ordered: DurableQueue.Settings {
    var settings = DurableQueue.Settings()
    (settings.destinations, settings.ordered) = (["crm", "archive"], ["crm"])
    return settings
  }

  private static var unordered: DurableQueue.Settings {
    var settings = ordered
    settings.ordered = []
    return settings
  }

  /// Records of these calls, keyed by number, to `crm`.
  private func admit(_ calls: String...) throws {
    for call in calls {
      let number = try fixture.count("record") + 1
      _ = try fixture.queue.admit(.sample(key: "\(number)", call: call)).get()
    }
  }

  private func claimed() throws -> [DueDelivery] {
    try fixture.queue.claim("crm").get().deliveries
  }

  private func settle(_ delivery: DueDelivery, _ outcome: Settlement.Outcome) {
    fixture.queue.settle([.sample(delivery, outcome, reason: "because", at: fixture.time.now())])
    fixture.queue.flush()
  }

  private func keys(_ deliveries: [DueDelivery]) -> [String] {
    deliveries.compactMap { (try? JSONParser.parse($0.raw.body))?["key"]?.string }
  }

  private func visitor() throws -> QueueVisitor {
    try QueueVisitor(path: fixture.path)
  }

  private var action: Action { Action(at: fixture.time.now(), user: "ann", command: "test") }

  @Test func othersFlowOnAndTheNextIsDueAtOnce() throws {
    let taker = fixture.startTaker()
    try admit("a", "a", "b", "a")
    let claim = try fixture.queue.claim("crm").get()
    #expect(keys(claim.deliveries) == ["1", "3"])
    #expect(claim.nextDueAt == nil, "what waits behind another is never due")
    // Of the first and the third.
    for _ in 0..<2 { #expect(taker.nextDue() == ["crm"]) }
    settle(claim.deliveries[0], .delivered)
    #expect(taker.nextDue() == ["crm"])
    #expect(try keys(claimed()) == ["2"])
    #expect(try claimed().isEmpty)
  }

  @Test func onlyTheFirstIsHandedOverInMemory() throws {
    let taker = fixture.startTaker(room: ["crm": 9])
    try admit("a", "a")
    #expect(keys(taker.nextTaken()) == ["1"])
    #expect(try fixture.count("delivery WHERE state = 'waiting'") == 1)
    #expect(try claimed().isEmpty)
    try admit("b")
    #expect(keys(taker.nextTaken()) == ["3"])
  }

  @Test func whatIsTriedAgainKeepsItsPlace() throws {
    try admit("a", "a")
    settle(try claimed()[0], .retry(at: fixture.time.now() + 60_000))
    #expect(try claimed().isEmpty)
    fixture.time.advance(milliseconds: 60_000)
    let again = try claimed()
    #expect(keys(again) == ["1"])
    settle(again[0], .postponed(until: fixture.time.now()))
    #expect(try keys(claimed()) == ["1"])
  }

  @Test func theDeadAndTheCancelledLetTheNextGo() throws {
    try admit("a", "a", "a", "a")
    settle(try claimed()[0], .dead)
    let second = try claimed()
    #expect(keys(second) == ["2"])
    settle(second[0], .interrupted)
    let rows = try visitor().deliveries(ofRecord: second[0].record)
    // The third leaves from the middle, which lets nobody go; then the first in line.
    let third = try #require(try fixture.connect().integer("SELECT max(delivery) FROM call_order WHERE place = 3"))
    #expect(try visitor().change(.cancel(reason: "no"), ids: [Identifier(third)], action: action).changed == 1)
    #expect(try fixture.count("delivery WHERE next_attempt_at_ms = \(CallOrder.never.milliseconds)") == 1)
    #expect(try visitor().change(.cancel(reason: "no"), ids: rows.map(\.id), action: action).changed == 1)
    #expect(try keys(claimed()) == ["4"])
  }

  @Test func whatAPersonSendsAgainNeitherWaitsNorIsWaitedFor() throws {
    try admit("a", "a")
    let first = try claimed()[0]
    settle(first, .dead)
    #expect(try keys(claimed()) == ["2"])
    #expect(try visitor().change(.replay, ids: [first.id], action: action).changed == 1)
    #expect(try keys(claimed()) == ["1"])
    try admit("a")
    #expect(try claimed().isEmpty, "the second is still on its way")
    #expect(try fixture.count("call_order WHERE delivery = \(first.id)") == 0)
  }

  @Test func nothingIsWrittenForOtherDestinationsOrWithoutACall() throws {
    _ = try fixture.queue.admit(.sample(key: "1", to: ["archive"], call: "a")).get()
    _ = try fixture.queue.admit(.sample(key: "", to: ["crm"])).get()
    #expect(try fixture.count("call_order") == 0)
    // Without what the legs share, the record's own id stands for the call.
    _ = try fixture.queue.admit(.sample(key: "2")).get()
    _ = try fixture.queue.admit(.sample(key: "2", content: "revised")).get()
    #expect(try fixture.count("call_order WHERE call = '2'") == 2)
  }

  @Test func aPersonIsToldBehindWhat() throws {
    try admit("a", "a", "a")
    let first = try claimed()[0]
    let ids = try visitor().summary(DeliveryFilter(), by: []).first?.count
    #expect(ids == 3)
    var rows: [DeliveryRow] = []
    try visitor().forEachDelivery(DeliveryFilter()) { rows.append($0) }
    #expect(rows.map(\.isBehind) == [true, true, false])
    #expect(rows[0].nextAttemptAt == nil)
    #expect(try visitor().delivery(ahead: rows[0].id) == first.id)
    #expect(try visitor().delivery(ahead: rows[1].id) == first.id)
    #expect(try visitor().delivery(ahead: first.id) == nil)
    #expect(try visitor().check(now: fixture.time.now()).faults == [])
    // As no transaction leaves it.
    try fixture.connect(.readWrite).execute("DELETE FROM call_order WHERE delivery = \(first.id)")
    let faults = try visitor().check(now: fixture.time.now()).faults
    #expect(faults.map(\.kind) == [.behindNothing])
    #expect(faults[0].ids == [rows[1].id])
  }

  @Test func aStartWithoutTheOrderLetsAllGoAndOneWithItKeepsIt() throws {
    try admit("a", "a", "b", "b")
    try fixture.reopen(settings: Self.ordered)
    #expect(try keys(claimed()) == ["1", "3"])
    try fixture.reopen(settings: Self.unordered)
    #expect(try Set(keys(claimed())) == ["1", "2", "3", "4"])
    #expect(try fixture.count("call_order") == 0)
    try admit("a", "a")
    // What waited already has no place: later ones of its call don't wait for it.
    try fixture.reopen(settings: Self.ordered)
    try admit("a")
    #expect(try keys(claimed()).count == 7)
  }

  @Test func theOrderIsThatOfReceiptAlsoWhereTheClockWasSetBack() throws {
    try admit("a")
    fixture.time.advance(milliseconds: -3_600_000)
    try fixture.reopen(settings: Self.ordered)
    try admit("a")
    fixture.time.advance(milliseconds: 3_600_000)
    let first = try claimed()
    #expect(keys(first) == ["1"])
    settle(first[0], .delivered)
    #expect(try keys(claimed()) == ["2"])
  }

  /// A start that looks for times set by a wrong clock takes none of these for one.
  @Test func whatIsBehindIsNotTakenForTheFuture() throws {
    try admit("a", "a")
    try fixture.reopen(settings: Self.ordered)
    #expect(try fixture.count("delivery WHERE next_attempt_at_ms = \(CallOrder.never.milliseconds)") == 1)
    fixture.queue.flush()
    #expect(try visitor().lastSpread(to: "crm") == fixture.time.now())
  }

  /// The files as they are behind any commit are what a SIGKILL leaves.
  @Test(arguments: [1, 2, UInt64.random(in: 3...(.max))]) func aKillAtAnyCommitLeavesNothingStuck(
    seed: UInt64
  ) throws {
    var random = SeededRandom(seed: seed)
    var inHand: [DueDelivery] = []
    for step in 0..<40 {
      switch Int.random(in: 0..<3, using: &random) {
      case 0: try admit(["a", "b"].randomElement(using: &random) ?? "a")
      case 1: inHand += try claimed()
      default:
        guard let index = inHand.indices.randomElement(using: &random) else { continue }
        let outcomes: [Settlement.Outcome] = [.delivered, .dead, .interrupted]
        settle(inHand.remove(at: index), outcomes.randomElement(using: &random) ?? .delivered)
      }
      if step % 4 == 3 { try expectAllGo(copy: step, "seed \(seed)") }
    }
  }

  private func expectAllGo(copy: Int, _ comment: Comment) throws {
    let path = fixture.folder.file("copy-\(copy).db")
    for end in ["", "-wal"] where FileManager.default.fileExists(atPath: fixture.path + end) {
      try FileManager.default.copyItem(atPath: fixture.path + end, toPath: path + end)
    }
    let queue = try DurableQueue.open(path: path, settings: Self.ordered, time: fixture.time, log: .silent)
    defer { queue.close() }
    var last: [String: Int] = [:]
    while true {
      let deliveries = try queue.claim("crm").get().deliveries
      if deliveries.isEmpty { break }
      var calls: Set<String> = []
      let visitor = try QueueVisitor(path: path)
      for delivery in deliveries {
        let call = try #require(try visitor.record(delivery.record)?.conversationID)
        #expect(calls.insert(call).inserted, "two of a call at a time; \(comment)")
        let number = try #require(keys([delivery]).first.flatMap(Int.init))
        #expect(last[call, default: 0] < number, comment)
        last[call] = number
      }
      queue.settle(deliveries.map { .sample($0, .delivered, at: fixture.time.now()) })
    }
    queue.flush()
    let visitor = try QueueVisitor(path: path)
    let left = try visitor.status(dayStart: fixture.time.now())
    #expect(left.waiting == 0 && left.sending == 0, comment)
  }
}
