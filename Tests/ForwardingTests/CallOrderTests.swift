import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Forwarding

/// `"order": "per_call"` over real sockets, with a real queue.
@Suite("Order per call")
struct CallOrderTests {
  /// What the destination saw, by call; bodies are `{"n":1}`, `{"n":2}`, …
  private struct Seen {
    var open: [Int: Int] = [:]
    var most = 0
    var mostOfOneCall = 0
    var accepted: [Int: [Int]] = [:]
    var tries: [Int: Int] = [:]
  }

  private static let calls = 5

  private func rules(_ url: String) -> String {
    """
    {"crm": {"url": "\(url)", "allow_private": true, "order": "per_call", "max_in_flight": 16,
      "retry": {"first_delay_seconds": 0.1, "max_delay_seconds": 0.2, "breaker_after": "never"}}}
    """
  }

  private func number(_ request: ScriptedDestination.Request) -> Int {
    Int(request.text.filter(\.isNumber)) ?? 0
  }

  @Test("Of each call in order and one at a time, whatever fails; calls beside each other; also over a restart")
  func inOrder() throws {
    let seen = Mutex(Seen())
    let server = try ScriptedDestination { [number] request in
      let number = number(request)
      let call = number % Self.calls
      let isGood = seen.withLock { seen in
        seen.open[call, default: 0] += 1
        seen.tries[number, default: 0] += 1
        seen.most = max(seen.most, seen.open.values.reduce(0, +))
        seen.mostOfOneCall = max(seen.mostOfOneCall, seen.open[call] ?? 0)
        // Every third needs a second try.
        let isGood = number % 3 != 0 || seen.tries[number] ?? 0 > 1
        if isGood { seen.accepted[call, default: []].append(number) }
        return isGood
      }
      usleep(5000)
      seen.withLock { $0.open[call, default: 0] -= 1 }
      return .status(isGood ? 200 : 503)
    }
    let relay = try RelayFixture(rules(server.url))
    for number in 1...50 { relay.admit(call: "call \(number % Self.calls)", to: "crm") }
    #expect(relay.watch.wait(10, "delivery.attempted", "status=200"))
    relay.stop()
    try relay.startAgain(rules(server.url))
    for number in 51...100 { relay.admit(call: "call \(number % Self.calls)", to: "crm") }
    #expect(relay.watch.wait(100, "delivery.attempted", "status=200"))
    relay.stop()
    let result = seen.withLock { $0 }
    #expect(result.mostOfOneCall == 1)
    #expect(result.most > 1, "calls beside each other")
    for call in 0..<Self.calls {
      // The stop may have cut an answer off, so that one came twice.
      let numbers = result.accepted[call, default: []]
      #expect(numbers == numbers.sorted() && Set(numbers).count == 20)
    }
    #expect(try relay.count("call_order") == 0)
    #expect(try relay.count("delivery WHERE state = 'delivered'") == 100)
  }

  @Test("A call whose first delivery fails keeps no other call waiting, and goes on when that one is dead")
  func othersFlowOn() throws {
    let server = try ScriptedDestination { [number] request in
      number(request) == 1 ? .status(503) : .status(200)
    }
    let relay = try RelayFixture(
      rules(server.url).replacing("\"breaker_after\"", with: "\"max_attempts\": 8, \"breaker_after\""))
    relay.admit(2, call: "stuck", to: "crm")
    relay.admit(30, call: nil, to: "crm")
    relay.admit(call: "other", to: "crm")
    #expect(relay.watch.wait(31, "delivery.attempted", "status=200"))
    #expect(relay.watch.wait(32, "delivery.attempted", "status=200"))
    relay.stop()
    let order = server.requests.map { number($0) }
    #expect(order.filter { $0 == 1 }.count == 8)
    #expect(order.last == 2, "behind the first of its call")
    #expect(try relay.count("delivery WHERE state = 'dead'") == 1)
  }
}
