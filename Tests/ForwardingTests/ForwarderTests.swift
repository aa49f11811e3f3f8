import DurableQueue
import Foundation
import RelayCore
import Synchronization
import TestSupport
import Testing

@testable import Forwarding

/// The whole way out: a real queue on a real file, real sockets.
@Suite("Forwarding")
struct ForwarderTests {
  private func rule(_ name: String, _ url: String, _ more: String = "") -> String {
    #""\#(name)": {"url": "\#(url)", "allow_private": true\#(more.isEmpty ? "" : ", " + more)}"#
  }

  private func rules(_ destinations: String...) -> String {
    "{" + destinations.joined(separator: ",") + "}"
  }

  private let quick = #""retry": {"first_delay_seconds": 0.2, "max_delay_seconds": 0.4}"#

  @Test("503 for a while, then 200: all arrive, every attempt is kept")
  func recovers() throws {
    let server = try ScriptedDestination { $0.number <= 3 ? .status(503, body: "busy") : .status(200) }
    let relay = try RelayFixture(rules(rule("crm", server.url, quick)))
    relay.admit(2, to: "crm")
    #expect(relay.watch.wait(2, "delivery.attempted", "status=200"))
    relay.stop()
    #expect(try relay.count("delivery WHERE state = 'delivered'") == 2)
    #expect(
      try relay.count("attempt WHERE outcome = 'retry' AND status = 503 AND response = CAST('busy' AS BLOB)") == 3)
    #expect(try relay.count("attempt WHERE outcome = 'delivered' AND status = 200") == 2)
    #expect(Set(server.requests.map(\.text)) == [#"{"n":1}"#, #"{"n":2}"#])
    #expect(
      relay.watch.all("info delivery.attempted", "destination=crm", "attempt=1", "status=503", "retry_in_s=1").count
        >= 1)
    let ids = Set(server.requests.compactMap { $0["idempotency-key"] })
    #expect(ids.count == 2)
  }

  @Test("An error deep in a long 200 is seen; a 200 that can't be read is delivered, with a warning for each try")
  func longErrorInside200() throws {
    let filling = String(repeating: "x", count: 100_000)
    let server = try ScriptedDestination { request in
      switch request.number {
      case 1: .status(200, body: #"{"log": "\#(filling)", "code": 502}"#)
      case 2: .status(200, body: #"{"log": "\#(filling)", "code": "#)
      default: .status(200, body: #"{"code": 200}"#)
      }
    }
    let answers = #""answers": [{"when": {"status": 200, "body": {"code": 502}}, "then": "retry"}]"#
    let relay = try RelayFixture(rules(rule("crm", server.url, quick + ", " + answers)))
    relay.admit(to: "crm")
    #expect(relay.watch.wait(1, "delivery.answer_unreadable", "destination=crm", "attempt=2", "status=200", "no JSON"))
    relay.admit(to: "crm")
    #expect(relay.watch.wait(2, "debug delivery.attempted", "status=200"))
    relay.stop()
    #expect(relay.watch.all("delivery.answer_unreadable").count == 1)
    #expect(try relay.count("attempt WHERE outcome = 'retry'") == 1)
    #expect(try relay.count("attempt WHERE length(response) = 4096") == 2)
    #expect(try relay.count("delivery WHERE state = 'delivered'") == 2)
  }

  @Test("Of an answer that sends back what it was sent no secret is kept")
  func echoed() throws {
    let server = try ScriptedDestination { request in
      .status(200, body: request.headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n"))
    }
    let relay = try RelayFixture(rules(rule("crm", server.url, #""auth": {"bearer": "s3cret/of+crm"}"#)))
    relay.admit(to: "crm")
    #expect(relay.watch.wait(1, "delivery.attempted", "status=200"))
    relay.stop()
    #expect(server.requests.first?["authorization"] == "Bearer s3cret/of+crm")
    #expect(try relay.count("attempt WHERE CAST(response AS TEXT) LIKE '%authorization: Bearer •••%'") == 1)
    #expect(try relay.count("attempt WHERE CAST(response AS TEXT) LIKE '%s3cret%'") == 0)
  }

  @Test("410 is dead at once, with the reason")
  func dies() throws {
    let server = try ScriptedDestination { _ in .status(410) }
    let relay = try RelayFixture(rules(rule("crm", server.url)))
    relay.admit(to: "crm")
    #expect(relay.watch.wait(1, "warning delivery.attempted", "status=410"))
    relay.stop()
    #expect(try relay.count("dead_letter WHERE status = 410 AND reason = 'status 410'") == 1)
    #expect(server.requests.count == 1)
  }

  @Test("401 holds the destination, none dies, and after the key is mended all arrive")
  func heldAndReleased() throws {
    let isMended = Mutex(false)
    let server = try ScriptedDestination { _ in .status(isMended.withLock { $0 } ? 200 : 401) }
    let relay = try RelayFixture(rules(rule("crm", server.url, #""max_in_flight": 2"#)))
    relay.admit(500, to: "crm")
    #expect(relay.watch.wait(1, "warning destination.held", "destination=crm", #"reason="status 401: the credentials"#))
    relay.stop()
    #expect(server.requests.count <= 2)
    #expect(try relay.count("delivery WHERE state = 'waiting' AND attempts = 0") == 500)
    #expect(try relay.count("hold WHERE destination = 'crm' AND kind = 'credentials'") == 1)

    // A start probes once, at once.
    let before = server.requests.count
    try relay.startAgain(rules(rule("crm", server.url)))
    #expect(relay.watch.wait(before + 1, "delivery.attempted", "status=401"))
    relay.stop()
    #expect(server.requests.count == before + 1)
    #expect(try relay.count("delivery WHERE state = 'waiting' AND attempts = 0") == 500)

    isMended.withLock { $0 = true }
    try relay.startAgain(rules(rule("crm", server.url)))
    #expect(relay.watch.wait(500, "delivery.attempted", "status=200"))
    relay.stop()
    #expect(relay.watch.all("destination.released").count == 1)
    #expect(relay.watch.all("destination.held").count == 1)
    #expect(try relay.count("delivery WHERE state = 'delivered'") == 500)
    #expect(try relay.count("hold") == 0)
  }

  @Test("A destination that never answers does not slow the one beside it")
  func hangs() throws {
    let hanging = try ScriptedDestination { _ in .silence }
    let healthy = try ScriptedDestination { _ in .status(200) }
    let relay = try RelayFixture(
      rules(rule("hanging", hanging.url, #""timeout_seconds": 120"#), rule("healthy", healthy.url)))
    relay.admit(300, to: "hanging", "healthy")
    #expect(relay.watch.wait(300, "destination=healthy", "status=200"))
    #expect(hanging.wait(requests: 8))
    #expect(hanging.requests.count == 8)
    relay.stop(within: .milliseconds(50))
    #expect(try relay.count("delivery WHERE destination = 'healthy' AND state = 'delivered'") == 300)
    // What hung is put back, uncounted, with its try kept; what had not begun without one.
    #expect(try relay.count("delivery WHERE destination = 'hanging' AND state = 'waiting' AND attempts = 0") == 300)
    #expect(try relay.count("attempt WHERE outcome = 'interrupted' AND status IS NULL") == 8)
  }

  @Test("Draining lets what is in flight end")
  func drains() throws {
    let gate = DispatchSemaphore(value: 0)
    let server = try ScriptedDestination { _ in
      gate.wait()
      return .status(200)
    }
    let relay = try RelayFixture(rules(rule("crm", server.url, #""max_in_flight": 1"#)))
    relay.admit(3, to: "crm")
    #expect(server.wait(requests: 1))
    DispatchQueue.global().asyncAfter(deadline: .now() + 0.1) { gate.signal() }
    relay.stop()
    #expect(server.requests.count == 1)
    #expect(try relay.count("delivery WHERE state = 'delivered'") == 1)
    #expect(try relay.count("delivery WHERE state = 'waiting' AND tries = 0") == 2)
    gate.signal()
  }

  @Test("A backlog far beyond memory is drained from disk, each delivery once")
  func backlog() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let relay = try RelayFixture(rules(rule("crm", server.url, #""paused": true"#)))
    relay.admit(3000, to: "crm")
    relay.stop()
    #expect(server.requests.isEmpty)
    #expect(try relay.count("delivery WHERE state = 'waiting'") == 3000)
    try relay.startAgain(rules(rule("crm", server.url, #""max_in_flight": 32"#)))
    #expect(relay.watch.wait(3000, "status=200"))
    relay.stop()
    #expect(server.requests.count == 3000)
    #expect(Set(server.requests.map(\.text)).count == 3000)
    #expect(server.connectionCount <= 32)
    #expect(try relay.count("delivery WHERE state = 'delivered'") == 3000)
  }

  @Test("A record that does not fit the template is dead, naming the path; those of others flow")
  func unrenderable() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let relay = try RelayFixture(
      rules(
        rule("crm", server.url, #""body": {"n": "{{body.n}}"}"#),
        rule("strict", server.url, #""body": {"x": "{{body.x | required}}"}"#)))
    relay.admit(to: "crm", "strict")
    #expect(relay.watch.wait(1, "destination=crm", "status=200"))
    #expect(relay.watch.wait(1, "warning delivery.attempted", "destination=strict"))
    relay.stop()
    #expect(try relay.count("dead_letter WHERE status IS NULL AND reason LIKE 'destinations.strict.body.x: %'") == 1)
    #expect(try relay.count("attempt WHERE outcome = 'dead' AND request_sha256 IS NULL") == 1)
    #expect(server.requests.map(\.text) == [#"{"n":1}"#])
  }

  @Test("A template is filled from what is read from disk as from what comes fresh")
  func rendersFromDisk() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let body = #""body": {"n": "{{body.n}}", "from": "{{source}}"}"#
    let relay = try RelayFixture(rules(rule("crm", server.url, body)))
    relay.admit(to: "crm")
    #expect(relay.watch.wait(1, "status=200"))
    relay.stop()
    try relay.startAgain(rules(rule("crm", server.url, body + #", "paused": true"#)))
    relay.admit(to: "crm")
    relay.stop()
    try relay.startAgain(rules(rule("crm", server.url, body)))
    #expect(relay.watch.wait(2, "status=200"))
    relay.stop()
    #expect(server.requests.map(\.text) == [#"{"n":1,"from":"pbx"}"#, #"{"n":2,"from":"pbx"}"#])
  }

  @Test("A destination that left the rule file keeps what waits for it")
  func orphans() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let relay = try RelayFixture(rules(rule("crm", server.url)))
    relay.admit(to: "crm", "gone")
    #expect(relay.watch.wait(1, "destination=crm", "status=200"))
    relay.stop()
    #expect(try relay.count("delivery WHERE destination = 'gone' AND state = 'waiting' AND tries = 0") == 1)
  }

  @Test("A rate is kept on the wire")
  func paced() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let relay = try RelayFixture(rules(rule("crm", server.url, #""rate_per_second": 20"#)))
    let before = ContinuousClock.now
    relay.admit(30, to: "crm")
    #expect(relay.watch.wait(30, "status=200"))
    #expect(ContinuousClock.now - before > .seconds(1))
    relay.stop()
  }

  @Test("A person's pause takes effect while it runs, and ends")
  func paused() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let relay = try RelayFixture(rules(rule("crm", server.url)))
    relay.queue.hold("crm", .person, reason: "maintenance")
    relay.admit(5, to: "crm")
    // What was claimed before the sending loop heard of it is put back.
    #expect(try relay.waits(for: "delivery WHERE state = 'waiting'", toBe: 5))
    #expect(server.requests.isEmpty)
    relay.queue.release("crm", .person)
    #expect(relay.watch.wait(5, "status=200"))
    relay.stop()
    #expect(try relay.count("delivery WHERE state = 'delivered'") == 5)
  }

  @Test("Each try is told, and no URL is")
  func noURLIsLogged() throws {
    let server = try ScriptedDestination { $0.number == 1 ? .status(404) : .status(200) }
    let relay = try RelayFixture(rules(rule("crm", server.url + "/hidden-token")))
    relay.admit(to: "crm")
    #expect(relay.watch.wait(1, "status=404"))
    relay.admit(to: "crm")
    #expect(relay.watch.wait(1, "status=200"))
    relay.stop()
    #expect(relay.watch.all("hidden-token").isEmpty)
  }
}
