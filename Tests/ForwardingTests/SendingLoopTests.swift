import DurableQueue
import Foundation
import HTTPTypes
import RelayCore
import Rules
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import Forwarding

/// The loop against a queue that the test plays.
@Suite("Sending loop")
struct SendingLoopTests {
  private func forwarder(_ queue: PlayedQueue, _ url: String, _ watch: LogWatch) throws -> Forwarder {
    let settings = Forwarder.Settings(
      destinations: [try destination(url)], sources: [:], userAgent: "cdrelay/test")
    return try Forwarder(queue: queue, settings: settings, time: SystemTime(), log: watch.log)
  }

  @Test("While commits fail nothing new is sent or claimed; then it goes on by itself")
  func commitsFail() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let (queue, watch) = (PlayedQueue(), LogWatch())
    let forwarder = try forwarder(queue, server.url, watch)
    forwarder.commitsFail(true)
    forwarder.databaseChanged(holds: [:])
    forwarder.take([dueDelivery(1)])
    forwarder.start()
    // An unknown destination is put back in the turn in which the others were looked at.
    forwarder.take([dueDelivery(9, destination: "gone")])
    #expect(queue.wait { $0.settlements.contains { $0.delivery == Identifier(9) } })
    #expect(server.requests.isEmpty)
    #expect(queue.seen.claims == 0)
    #expect(queue.seen.granted == 0)
    forwarder.commitsFail(false)
    #expect(watch.wait(1, "delivery=1 ", "status=200"))
    forwarder.drain()
    #expect(queue.seen.settlements.map(\.outcome) == [.interrupted, .delivered])
    #expect(queue.seen.granted == 1024)
  }

  @Test("Outcomes of one turn are settled together, none is lost, none comes twice")
  func batches() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let (queue, watch) = (PlayedQueue(), LogWatch())
    let forwarder = try forwarder(queue, server.url, watch)
    forwarder.start()
    forwarder.databaseChanged(holds: [:])
    forwarder.take((1...500).map { dueDelivery($0) })
    #expect(watch.wait(500, "status=200"))
    forwarder.drain()
    let settled = queue.seen.settlements.map(\.delivery.number)
    #expect(settled.sorted() == Array(1...500))
    #expect(queue.seen.settlements.allSatisfy { $0.attempt?.requestHash?.count == 32 && $0.attempt?.status == 200 })
  }

  @Test("Draining with nothing in flight returns at once, and puts back what waited")
  func drainsAtOnce() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let (queue, watch) = (PlayedQueue(), LogWatch())
    let forwarder = try forwarder(queue, server.url, watch)
    forwarder.start()
    forwarder.take([dueDelivery(1), dueDelivery(2)])
    let before = ContinuousClock.now
    forwarder.drain(within: .seconds(60))
    #expect(ContinuousClock.now - before < .seconds(30))
    #expect(server.requests.isEmpty)
    #expect(
      queue.seen.settlements.map(\.reason) == [
        "the relay stopped before its turn", "the relay stopped before its turn",
      ])
    #expect(queue.seen.settlements.allSatisfy { $0.outcome == .interrupted && $0.attempt == nil })
  }
}

/// Remembers what it was asked, and claims nothing.
private final class PlayedQueue: DueQueue {
  struct Seen: Sendable {
    var settlements: [Settlement] = []
    var claims = 0
    var granted = 0
  }

  private let state = Mutex(Seen())
  private let changed = NSCondition()

  var seen: Seen { state.withLock { $0 } }

  /// False after a minute.
  func wait(until isTrue: (Seen) -> Bool) -> Bool {
    let end = Date().addingTimeInterval(60)
    changed.lock()
    defer { changed.unlock() }
    while !isTrue(seen) {
      if !changed.wait(until: end) { return isTrue(seen) }
    }
    return true
  }

  private func note(_ change: (inout Seen) -> Void) {
    state.withLock { change(&$0) }
    changed.lock()
    changed.broadcast()
    changed.unlock()
  }

  func grant(destination: String, room: Int) {
    note { $0.granted += room }
  }

  func claim(
    destination: String, limit: Int, byteLimit: Int, reply: @escaping @Sendable (Result<Claim, CommitFailure>) -> Void
  ) {
    note { $0.claims += 1 }
    reply(.success(Claim(deliveries: [], nextDueAt: nil)))
  }

  func settle(_ settlements: [Settlement]) {
    note { $0.settlements += settlements }
  }

  func synchronizeRuleHolds(_ held: RuleHolds) {}
  func hold(_ destination: String, _ kind: Hold.Kind, reason: String, until: Instant?) {}
  func release(_ destination: String, _ kind: Hold.Kind) {}
  func marked(_ record: Record) -> Record { record }
  func use(_ quota: QuotaUse, of destination: String) {}
}
