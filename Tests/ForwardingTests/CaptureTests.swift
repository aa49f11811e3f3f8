import DurableQueue
import Foundation
import RelayCore
import SQLite
import Synchronization
import TestSupport
import Testing

@testable import Forwarding

/// A real queue, and a real CRM that makes an object of the first record of a call and has it changed by the next ones.
@Suite("Capture")
struct CaptureTests {
  private func rules(_ url: String, _ more: String = "") -> String {
    """
    {"crm": {"url": "\(url)/calls", "allow_private": true, "body": {"n": "{{body.n}}"},
      "capture": {"value": "id", "update": {"url": "\(url)/calls/{{captured}}"}}\(more)}}
    """
  }

  /// Gives out `c1`, `c2`, … for each object that is made.
  private func crm(
    _ update: @escaping @Sendable (ScriptedDestination.Request) -> ScriptedDestination.Answer = { _ in .status(200) }
  ) throws -> ScriptedDestination {
    let made = Mutex(0)
    return try ScriptedDestination { request in
      guard request.method == "POST" else { return update(request) }
      let number = made.withLock { made in
        made += 1
        return made
      }
      return .status(201, body: #"{"id": "c\#(number)"}"#)
    }
  }

  private func lines(_ server: ScriptedDestination) -> [String] {
    server.requests.map { "\($0.method) \($0.target) \($0.text)" }
  }

  @Test("The next records of a call update what the first one made, also after a restart")
  func restarts() throws {
    let server = try crm()
    let relay = try RelayFixture(rules(server.url))
    relay.admit(call: "a", to: "crm")
    #expect(relay.watch.wait(1, "delivery.attempted", "status=201"))
    relay.stop()
    #expect(try relay.count(#"captured WHERE destination = 'crm' AND call = 'a' AND value = '"c1"'"#) == 1)
    try relay.startAgain(rules(server.url))
    relay.admit(call: "a", to: "crm")
    #expect(relay.watch.wait(1, "delivery.attempted", "status=200"))
    relay.admit(call: "b", to: "crm")
    relay.admit(to: "crm")
    #expect(relay.watch.wait(3, "delivery.attempted", "status=201"))
    relay.stop()
    #expect(lines(server).prefix(2) == [#"POST /calls {"n":1}"#, #"PATCH /calls/c1 {"n":2}"#])
    #expect(Set(lines(server).dropFirst(2)) == [#"POST /calls {"n":3}"#, #"POST /calls {"n":4}"#])
    // The last says of no call.
    #expect(try relay.count("captured") == 2)
    #expect(try relay.count("captured JOIN delivery ON delivery.id = captured.delivery") == 2)
  }

  @Test("However fast they come, a call is made once")
  func burst() throws {
    let server = try crm()
    let relay = try RelayFixture(rules(server.url))
    for number in 0..<60 { relay.admit(call: "call \(number % 6)", to: "crm") }
    #expect(relay.watch.wait(54, "delivery.attempted", "status=200"))
    relay.stop()
    #expect(server.requests.filter { $0.method == "POST" }.count == 6)
    for number in 1...6 {
      #expect(server.requests.filter { $0.target == "/calls/c\(number)" && $0.method == "PATCH" }.count == 9)
    }
  }

  @Test("An answer to an update means what it means to a delivery")
  func gone() throws {
    let server = try crm { _ in .status(404) }
    let relay = try RelayFixture(rules(server.url))
    relay.admit(2, call: "a", to: "crm")
    #expect(relay.watch.wait(1, "delivery.attempted", "status=404"))
    relay.stop()
    #expect(try relay.count("dead_letter WHERE status = 404") == 1)
    let answers = #", "answers": [{"when": {"status": 404}, "then": "delivered"}]"#
    let other = try RelayFixture(rules(server.url, answers))
    other.admit(2, call: "a", to: "crm")
    #expect(other.watch.wait(2, "delivery.attempted"))
    other.stop()
    #expect(try other.count("delivery WHERE state = 'delivered'") == 2)
  }

  @Test("An answer without the value is told of, and the next record makes another object")
  func nothing() throws {
    let server = try ScriptedDestination { _ in .status(201, body: #"{"ok": true}"#) }
    let relay = try RelayFixture(rules(server.url))
    relay.admit(2, call: "a", to: "crm")
    #expect(relay.watch.wait(2, "delivery.attempted", "status=201"))
    relay.stop()
    #expect(server.requests.map(\.method) == ["POST", "POST"])
    #expect(relay.watch.all("delivery.nothing_captured").count == 2)
    #expect(try relay.count("captured") == 0)
  }

  @Test("A replay of the first is an update too")
  func replayed() throws {
    let server = try crm()
    let relay = try RelayFixture(rules(server.url))
    relay.admit(call: "a", to: "crm")
    #expect(try relay.waits(for: "captured", toBe: 1))
    let visitor = try QueueVisitor(path: relay.folder.file("cdrelay.db"))
    let ids = try relay.deliveries()
    let action = Action(at: SystemTime().now(), user: "ann", command: "replay")
    #expect(try visitor.change(.replay, ids: ids, action: action).changed == 1)
    #expect(relay.watch.wait(1, "delivery.attempted", "status=200"))
    relay.stop()
    #expect(lines(server) == [#"POST /calls {"n":1}"#, #"PATCH /calls/c1 {"n":1}"#])
  }

  @Test("Of dead ones of a call that are replayed at once, one makes the object and the others update it")
  func replayedTogether() throws {
    let isReady = Mutex(false)
    let server = try ScriptedDestination { request in
      guard isReady.withLock({ $0 }) else { return .status(400) }
      return request.method == "POST" ? .status(201, body: #"{"id": "c1"}"#) : .status(200)
    }
    let relay = try RelayFixture(rules(server.url))
    relay.admit(3, call: "a", to: "crm")
    #expect(try relay.waits(for: "delivery WHERE state = 'dead'", toBe: 3))
    let refused = server.requests.count
    isReady.withLock { $0 = true }
    let visitor = try QueueVisitor(path: relay.folder.file("cdrelay.db"))
    let ids = try relay.deliveries()
    let action = Action(at: SystemTime().now(), user: "ann", command: "replay")
    #expect(try visitor.change(.replay, ids: ids, action: action).changed == 3)
    #expect(relay.watch.wait(2, "delivery.attempted", "status=200"))
    relay.stop()
    #expect(
      server.requests.dropFirst(refused).map { "\($0.method) \($0.target)" }
        == ["POST /calls", "PATCH /calls/c1", "PATCH /calls/c1"])
  }

  /// The answer came, the commit did not.
  @Test("Killed between the answer and the commit, the first is sent again with the same key")
  func killed() throws {
    let server = try crm()
    let relay = try RelayFixture(rules(server.url))
    relay.admit(call: "a", to: "crm")
    #expect(try relay.waits(for: "captured", toBe: 1))
    relay.stop()
    // As the file is where the last transaction is missing.
    try Connection(path: relay.folder.file("cdrelay.db"), mode: .readWrite).execute(
      """
      DELETE FROM captured; DELETE FROM attempt;
      UPDATE delivery SET state = 'sending', settled_at_ms = NULL, attempts = 0, tries = 0;
      UPDATE queue_count SET unsettled = 1
      """)
    try relay.startAgain(rules(server.url))
    #expect(relay.watch.wait(2, "delivery.attempted", "status=201"))
    relay.stop()
    #expect(server.requests.map(\.method) == ["POST", "POST"])
    #expect(Set(server.requests.map { $0["idempotency-key"] }).count == 1)
  }
}
