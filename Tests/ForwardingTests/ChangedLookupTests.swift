import Foundation
import RelayCore
import TestSupport
import Testing

@testable import Forwarding

/// The rule file changes while a lookup is under way.
@Suite("Changed lookups")
struct ChangedLookupTests {
  private func rules(_ url: String, _ path: String) -> String {
    """
    {"crm": {"url": "\(url)/calls", "allow_private": true, "body": {"contact": "{{lookup}}"},
      "lookup": {"url": "\(url)/\(path)", "value": "id"}}}
    """
  }

  @Test("What was asked under the old file is asked again under the new one, and nothing is counted")
  func changed() throws {
    let gate = DispatchSemaphore(value: 0)
    let server = try ScriptedDestination { request in
      if request.target == "/old" { gate.wait() }
      return .status(200, body: #"{"id": "\#(request.target)"}"#)
    }
    let relay = try RelayFixture(rules(server.url, "old"))
    relay.admit(3, to: "crm")
    #expect(server.wait(requests: 1))
    try relay.use(rules(server.url, "new"))
    relay.admit(to: "crm")
    gate.signal()
    #expect(relay.watch.wait(4, "delivery.attempted", "status=200"))
    relay.stop()
    #expect(server.requests.filter { $0.method == "GET" }.map(\.target) == ["/old", "/new"])
    #expect(Set(server.requests.filter { $0.method == "POST" }.map(\.text)) == [#"{"contact":"/new"}"#])
    #expect(try relay.count("delivery WHERE state = 'delivered' AND attempts = 1 AND tries = 1") == 4)
  }
}
