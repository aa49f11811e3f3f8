import DurableQueue
import Foundation
import RelayCore
import Synchronization
import TestSupport
import Testing

@testable import Forwarding

/// A rule file that changes while deliveries go out: a real queue on a real file, real sockets.
@Suite("Changing rules: forwarding")
struct ChangingRulesTests {
  private func rules(_ destinations: (name: String, url: String, more: String)...) -> String {
    let members = destinations.map { name, url, more in
      """
      "\(name)": {"url": "\(url)", "allow_private": true, \(more.isEmpty ? "" : more + ",")
       "retry": {"first_delay_seconds": 0.1, "max_delay_seconds": 0.4}}
      """
    }
    return "{" + members.joined(separator: ",") + "}"
  }

  @Test("What waits for a retry goes to the new URL, and what comes too")
  func newURL() throws {
    let (old, new) = (try ScriptedDestination { _ in .status(503) }, try ScriptedDestination { _ in .status(200) })
    let relay = try RelayFixture(rules(("crm", old.url, "")))
    relay.admit(3, to: "crm")
    #expect(old.wait(requests: 3))
    try relay.use(rules(("crm", new.url, "")))
    relay.admit(1, to: "crm")
    #expect(try relay.waits(for: "delivery WHERE state = 'delivered'", toBe: 4))
    relay.stop()
    #expect(Set(new.requests.map(\.text)).count == 4)
  }

  @Test("A destination that is new gets what comes, and one that is gone keeps what waits until it is back")
  func goneAndBack() throws {
    let (crm, archive) = (try ScriptedDestination { _ in .status(200) }, try ScriptedDestination { _ in .status(200) })
    let relay = try RelayFixture(rules(("crm", crm.url, "")))
    relay.admit(1, to: "crm")
    #expect(crm.wait(requests: 1))
    try relay.use(rules(("archive", archive.url, "")))
    relay.admit(5, to: "archive", "crm")
    #expect(try relay.waits(for: "delivery WHERE state = 'delivered' AND destination = 'archive'", toBe: 5))
    #expect(try relay.waits(for: "delivery WHERE state = 'waiting' AND destination = 'crm'", toBe: 5))
    #expect(crm.requests.count == 1)
    try relay.use(rules(("archive", archive.url, ""), ("crm", crm.url, "")))
    #expect(try relay.waits(for: "delivery WHERE state = 'delivered'", toBe: 11))
    relay.stop()
    #expect(crm.requests.count == 6)
  }

  @Test("What is refused by what was mended meanwhile goes again, uncounted; nothing is held by it")
  func refusedByTheOld() throws {
    let (arrived, mended) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let server = try ScriptedDestination { request in
      if request["authorization"] == "Bearer new" { return .status(200) }
      arrived.signal()
      mended.wait()
      return .status(401)
    }
    let relay = try RelayFixture(rules(("crm", server.url, #""headers": {"authorization": "Bearer old"}"#)))
    relay.admit(1, to: "crm")
    arrived.wait()
    try relay.use(rules(("crm", server.url, #""headers": {"authorization": "Bearer new"}"#)))
    // Behind this the loop has read the change.
    relay.admit(1, to: "crm")
    #expect(try relay.waits(for: "delivery WHERE state = 'delivered'", toBe: 1))
    mended.signal()
    #expect(try relay.waits(for: "delivery WHERE state = 'delivered'", toBe: 2))
    relay.stop()
    #expect(try relay.count("attempt WHERE outcome = 'interrupted' AND status = 401") == 1)
    #expect(try relay.value("SELECT max(attempts) FROM delivery") == 1)
    #expect(try relay.count("hold") == 0)
  }

  @Test("Without its secret a destination is sent nothing and says why; with it all goes")
  func missingSecret() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let other = try ScriptedDestination { _ in .status(200) }
    let relay = try RelayFixture(rules(("crm", server.url, ""), ("archive", other.url, "")))
    let locked = rules(
      ("crm", server.url, #""headers": {"authorization": "Bearer ${CRM}"}"#), ("archive", other.url, ""))
    try relay.use(locked)
    relay.admit(4, to: "crm", "archive")
    #expect(other.wait(requests: 4))
    #expect(try relay.waits(for: "hold WHERE destination = 'crm' AND kind = 'secrets'", toBe: 1))
    #expect(
      relay.queue.holds["crm"]?.holds.map(\.reason) == [
        "destinations.crm.headers.authorization: secret CRM is not in the environment; relay.secrets_file is not set"
      ])
    #expect(server.requests.isEmpty)
    try relay.use(locked, environment: ["CRM": "token"])
    #expect(server.wait(requests: 4))
    relay.stop()
    #expect(server.requests.allSatisfy { $0["authorization"] == "Bearer token" })
    #expect(try relay.count("hold") == 0)
  }

  @Test("Paused and let go on by the rule file")
  func paused() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let relay = try RelayFixture(rules(("crm", server.url, "")))
    try relay.use(rules(("crm", server.url, #""paused": true"#)))
    relay.admit(3, to: "crm")
    #expect(try relay.waits(for: "hold WHERE kind = 'rules'", toBe: 1))
    #expect(server.requests.isEmpty)
    try relay.use(rules(("crm", server.url, "")))
    #expect(server.wait(requests: 3))
    relay.stop()
    #expect(try relay.count("delivery WHERE state = 'delivered'") == 3)
  }

  @Test("An order of calls that is no longer asked for holds nothing back")
  func orderEnds() throws {
    let server = try ScriptedDestination { $0.text == #"{"n":1}"# ? .status(503) : .status(200) }
    let relay = try RelayFixture(rules(("crm", server.url, #""order": "per_call""#)))
    relay.admit(3, call: "c", to: "crm")
    #expect(server.wait(requests: 2))
    #expect(try relay.count("delivery WHERE state = 'delivered'") == 0)
    try relay.use(rules(("crm", server.url, "")))
    #expect(try relay.waits(for: "delivery WHERE state = 'delivered'", toBe: 2))
    relay.stop()
    #expect(try relay.count("call_order") == 0)
  }

  @Test("Changes under load: each record is delivered to where it was routed")
  func underLoad() throws {
    let servers = try (0..<2).map { _ in try ScriptedDestination { _ in .status(200) } }
    let files = [
      rules(("a", servers[0].url, #""max_in_flight": 4"#), ("both", servers[1].url, "")),
      rules(("b", servers[1].url, ""), ("both", servers[0].url, #""max_in_flight": 2"#)),
    ]
    let relay = try RelayFixture(files[0])
    for turn in 0..<40 {
      relay.admit(5, to: turn % 2 == 0 ? "a" : "b", "both")
      try relay.use(files[(turn + 1) % 2])
    }
    try relay.use(rules(("a", servers[0].url, ""), ("b", servers[1].url, ""), ("both", servers[0].url, "")))
    #expect(try relay.waits(for: "delivery WHERE state = 'delivered'", toBe: 400))
    relay.stop()
    #expect(try relay.count("delivery WHERE attempts > 1") == 0)
  }
}
