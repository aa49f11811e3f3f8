import Foundation
import Synchronization
import TestSupport

/// Authenticated senders that post records one behind the other, each on a connection of its own, and keep what they were
/// answered. A record that was not accepted is sent again, as a sender with patience would.
final class Senders: Sendable {
  struct Ledger {
    var acknowledged: Set<String> = []
    /// How often each status came.
    var statuses: [Int: Int] = [:]
    /// What a 503 said, once each.
    var refusals: Set<String> = []
    /// 503 without Retry-After.
    var refusalsWithoutTime = 0
    /// No answer within the sender's patience, or the connection broke.
    var unanswered = 0
    /// Seconds of the slowest answer.
    var slowest = 0.0
  }

  private let state = Mutex((ledger: Ledger(), isStopped: false))
  private let changed = NSCondition()
  private let ended = DispatchGroup()

  init(port: Int, count: Int, bodyBytes: Int, patienceSeconds: Int = 20, prefix: String = "") {
    for sender in 0..<count {
      ended.enter()
      Thread { [self] in
        run(port: port, "\(prefix)s\(sender)-", bodyBytes, patienceSeconds)
        ended.leave()
      }.start()
    }
  }

  var ledger: Ledger { state.withLock { $0.ledger } }

  /// Waits until the ledger says so; false after the limit.
  func wait(seconds: Double = 60, until holds: (Ledger) -> Bool) -> Bool {
    let end = Date().addingTimeInterval(seconds)
    changed.lock()
    defer { changed.unlock() }
    while !holds(ledger) {
      if !changed.wait(until: end) { return holds(ledger) }
    }
    return true
  }

  func stop() {
    state.withLock { $0.isStopped = true }
    ended.wait()
  }

  private func run(port: Int, _ prefix: String, _ bodyBytes: Int, _ patience: Int) {
    var connection: HTTPConnection?
    var number = 0
    let pause = DispatchSemaphore(value: 0)
    while !state.withLock({ $0.isStopped }) {
      let id = "\(prefix)\(number)"
      let began = Date()
      do {
        let open = try connection ?? HTTPConnection(port: port, timeoutSeconds: patience)
        connection = open
        let answer = try open.post("/hooks/telecmi/the-token", Self.body(id, bodyBytes))
        note(id, answer, Date().timeIntervalSince(began))
        if answer.head.lowercased().contains("connection: close") { connection = nil }
        if answer.status == 200 { number += 1 } else { _ = pause.wait(timeout: .now() + 0.01) }
      } catch {
        connection = nil
        change { $0.unanswered += 1 }
        _ = pause.wait(timeout: .now() + 0.01)
      }
    }
  }

  private func note(_ id: String, _ answer: HTTPConnection.Response, _ seconds: Double) {
    change { ledger in
      ledger.statuses[answer.status, default: 0] += 1
      ledger.slowest = max(ledger.slowest, seconds)
      if answer.status == 200 {
        ledger.acknowledged.insert(id)
      } else {
        if ledger.refusals.count < 100 { ledger.refusals.insert(answer.text) }
        if !answer.head.lowercased().contains("retry-after:") { ledger.refusalsWithoutTime += 1 }
      }
    }
  }

  private func change(_ body: (inout Ledger) -> Void) {
    state.withLock { body(&$0.ledger) }
    changed.lock()
    changed.broadcast()
    changed.unlock()
  }

  /// A CDR with a recording's name of that length.
  private static func body(_ id: String, _ bytes: Int) -> [UInt8] {
    var body = TeleCMISample.outgoingMissed(id: id)
    body.removeLast()
    return body + Array(#","filename":"\#(String(repeating: "r", count: bytes))"}"#.utf8)
  }
}
