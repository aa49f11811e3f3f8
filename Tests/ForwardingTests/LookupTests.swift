import DurableQueue
import Foundation
import RelayCore
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import Forwarding

/// A real queue, and a real CRM that is asked before it is sent anything.
@Suite("Lookup")
struct LookupTests {
  private static let number = "33639980042"

  private func rules(_ url: String, _ lookup: String = "", _ more: String = "") -> String {
    """
    {"crm": {"url": "\(url)/calls", "allow_private": true, "auth": {"bearer": "s3cret-of-crm"},
      "lookup": {"url": "\(url)/contacts?phone=%2B\(Self.number)", "value": "results.0.id"\(lookup)},
      "body": {"contact": "{{lookup}}"}, "retry": {"first_delay_seconds": 0.1, "max_delay_seconds": 0.2}\(more)}}
    """
  }

  /// Finds contact 51.
  private func crm(
    _ lookup: @escaping @Sendable (ScriptedDestination.Request) -> ScriptedDestination.Answer = { _ in
      .status(200, body: #"{"results": [{"id": 51}]}"#)
    }
  ) throws -> ScriptedDestination {
    try ScriptedDestination { $0.method == "GET" ? lookup($0) : .status(201) }
  }

  private func page(_ source: any MetricsSource) -> [String] {
    var page = MetricsPage()
    source.write(to: &page)
    return page.text.split(separator: "\n").map(String.init)
  }

  @Test("What is found goes with the delivery, and is asked for once")
  func found() throws {
    let server = try crm()
    let relay = try RelayFixture(rules(server.url))
    relay.admit(50, to: "crm")
    #expect(relay.watch.wait(50, "delivery.attempted", "status=201"))
    relay.stop()
    let asked = server.requests.filter { $0.method == "GET" }
    #expect(asked.map(\.target) == ["/contacts?phone=%2B\(Self.number)"])
    #expect(asked.first?["authorization"] == "Bearer s3cret-of-crm")
    #expect(asked.first?["idempotency-key"] == nil && asked.first?["webhook-id"] == nil)
    let sent = server.requests.filter { $0.method == "POST" }
    #expect(sent.count == 50)
    #expect(Set(sent.map(\.text)) == [#"{"contact":51}"#])
    #expect(Set(sent.compactMap { $0["idempotency-key"] }).count == 50)
    #expect(try relay.count("attempt") == 50)
    #expect(relay.watch.all(Self.number).isEmpty)
    let lines = page(relay.forwarder)
    #expect(lines.contains(#"cdrelay_lookups_total{destination="crm",result="found"} 1"#))
    #expect(lines.contains(#"cdrelay_lookups_total{destination="crm",result="failed"} 0"#))
  }

  @Test("Values of the record stand in the question, and other questions are asked again")
  func differs() throws {
    let server = try ScriptedDestination { request in
      request.method == "GET"
        ? .status(200, body: #"{"results": [{"id": "c\#(request.target.suffix(1))"}]}"#) : .status(201)
    }
    let relay = try RelayFixture(
      rules(server.url).replacingOccurrences(of: "?phone=%2B\(Self.number)", with: "?n={{body.n}}"))
    relay.admit(3, to: "crm")
    #expect(relay.watch.wait(3, "delivery.attempted", "status=201"))
    relay.stop()
    #expect(
      Set(server.requests.map { "\($0.method) \($0.target) \($0.text)" })
        == Set(
          (1...3).flatMap { ["GET /contacts?n=\($0) ", #"POST /calls {"contact":"c\#($0)"}"#] }))
  }

  @Test("Without a cache each is asked for, unless they ask at the same time")
  func uncached() throws {
    let server = try crm()
    let relay = try RelayFixture(rules(server.url, #", "cache_seconds": 0"#))
    for count in 1...3 {
      relay.admit(to: "crm")
      #expect(relay.watch.wait(count, "delivery.attempted", "status=201"))
    }
    relay.stop()
    #expect(server.requests.map(\.method) == ["GET", "POST", "GET", "POST", "GET", "POST"])
  }

  @Test("What is not there is missing", arguments: [(200, #"{"results": []}"#), (204, ""), (200, #"{"x": 1}"#)])
  func nothing(status: Int, body: String) throws {
    let server = try crm { _ in .status(status, body: body) }
    let relay = try RelayFixture(rules(server.url))
    relay.admit(2, to: "crm")
    #expect(relay.watch.wait(2, "delivery.attempted", "status=201"))
    relay.stop()
    #expect(server.requests.filter { $0.method == "POST" }.map(\.text) == [#"{"contact":null}"#, #"{"contact":null}"#])
    #expect(server.requests.filter { $0.method == "GET" }.count == 1)
  }

  @Test("Or a person decides, and a replay asks again")
  func deadLetter() throws {
    let isThere = Mutex(false)
    let server = try crm { _ in
      .status(200, body: isThere.withLock { $0 } ? #"{"results": [{"id": 51}]}"# : #"{"results": []}"#)
    }
    let relay = try RelayFixture(rules(server.url, #", "if_none": "dead_letter""#))
    relay.admit(2, to: "crm")
    #expect(relay.watch.wait(2, "delivery.attempted", "lookup: the answer holds no value, and if_none is dead_letter"))
    #expect(try relay.waits(for: "delivery WHERE state = 'dead' AND attempts = 1", toBe: 2))
    #expect(server.requests.map(\.method) == ["GET"])
    isThere.withLock { $0 = true }
    let visitor = try QueueVisitor(path: relay.folder.file("cdrelay.db"))
    let dead = try relay.deliveries()
    let action = Action(at: SystemTime().now(), user: "ann", command: "replay")
    #expect(try visitor.change(.replay, ids: dead, action: action).changed == 2)
    #expect(relay.watch.wait(2, "delivery.attempted", "status=201"))
    relay.stop()
    #expect(server.requests.filter { $0.method == "GET" }.count == 2)
    #expect(server.requests.filter { $0.method == "POST" }.map(\.text) == [#"{"contact":51}"#, #"{"contact":51}"#])
  }

  @Test("One that fails is a failed try, and is made again")
  func fails() throws {
    let answers = Mutex<[ScriptedDestination.Answer]>([
      .status(503), .status(500), .status(200, body: "<html>log in</html>"),
      .status(200, body: #"{"results": [{"id": 51}]}"#),
    ])
    let server = try crm { _ in answers.withLock { $0.removeFirst() } }
    let relay = try RelayFixture(rules(server.url))
    relay.admit(to: "crm")
    #expect(relay.watch.wait(1, "delivery.attempted", "status=201"))
    relay.stop()
    #expect(server.requests.map(\.method) == ["GET", "GET", "GET", "GET", "POST"])
    #expect(try relay.count("attempt WHERE outcome = 'retry' AND request_sha256 IS NULL") == 3)
    #expect(relay.watch.all("delivery.attempted", "reason=\"lookup: status 503\"").count == 1)
    #expect(relay.watch.all("delivery.attempted", "lookup: status 200: the answer is no JSON").count == 1)
    #expect(try relay.count("delivery WHERE state = 'delivered' AND attempts = 4") == 1)
    #expect(
      page(relay.forwarder).contains(#"cdrelay_lookups_total{destination="crm",result="failed"} 3"#))
  }

  @Test("Refused credentials and limits of the lookup hold the destination")
  func holds() throws {
    let refusing = try crm { .status(401, body: "not \($0["authorization"] ?? "")") }
    let relay = try RelayFixture(rules(refusing.url))
    relay.admit(to: "crm")
    #expect(relay.watch.wait(1, "destination.held", "kind=credentials", "lookup: status 401"))
    relay.stop()
    #expect(try relay.count("attempt WHERE CAST(response AS TEXT) = 'not Bearer •••' AND outcome = 'postponed'") == 1)
    #expect(refusing.requests.count == 1)
    let limited = try crm { _ in .status(429, headers: ["Retry-After: 3600"]) }
    let other = try RelayFixture(rules(limited.url))
    other.admit(to: "crm")
    #expect(other.watch.wait(1, "destination.held", "kind=limit", "lookup: status 429"))
    other.stop()
  }

  @Test("A status that is no success makes a dead letter, unless answers say else")
  func judged() throws {
    let server = try crm { _ in .status(404, body: "{}") }
    let relay = try RelayFixture(rules(server.url))
    relay.admit(to: "crm")
    #expect(relay.watch.wait(1, "delivery.attempted", "reason=\"lookup: status 404\""))
    relay.stop()
    #expect(try relay.count("dead_letter WHERE status = 404 AND reason = 'lookup: status 404'") == 1)
    let answers = #", "answers": [{"when": {"status": 404}, "then": "delivered"}]"#
    let other = try RelayFixture(rules(server.url, "", answers))
    other.admit(to: "crm")
    #expect(other.watch.wait(1, "delivery.attempted", "status=201"))
    other.stop()
  }

  @Test("What can't be asked for is a dead letter that names the path")
  func unrenderable() throws {
    let server = try crm()
    let relay = try RelayFixture(
      rules(server.url).replacingOccurrences(of: "?phone=%2B\(Self.number)", with: "/{{body.x | default: ..}}"))
    relay.admit(to: "crm")
    #expect(
      relay.watch.wait(1, "delivery.attempted", "destinations.crm.lookup.url: a value of . or .. would lead to"))
    relay.stop()
    #expect(server.requests.isEmpty)
  }

  @Test("Without a value that it requires nothing is asked, and nothing is found")
  func required() throws {
    let server = try crm()
    func rules(_ more: String = "") -> String {
      self.rules(server.url, more).replacingOccurrences(
        of: "?phone=%2B\(Self.number)", with: "?n={{body.x | required}}")
    }
    let relay = try RelayFixture(rules())
    relay.admit(2, to: "crm")
    #expect(relay.watch.wait(2, "delivery.attempted", "status=201"))
    relay.stop()
    #expect(server.requests.map(\.text) == [#"{"contact":null}"#, #"{"contact":null}"#])
    let other = try RelayFixture(rules(#", "if_none": "dead_letter""#))
    other.admit(to: "crm")
    #expect(
      other.watch.wait(
        1, "delivery.attempted", "lookup: a value that it requires is missing, and if_none is dead_letter"))
    other.stop()
    #expect(server.requests.count == 2)
  }

  @Test("An update that does not use it neither waits for it nor fails with it")
  func unused() throws {
    let isDown = Mutex(false)
    let server = try ScriptedDestination { request in
      guard request.method == "GET" else {
        return .status(request.method == "POST" ? 201 : 200, body: #"{"id": "c1"}"#)
      }
      return isDown.withLock { $0 } ? .status(404) : .status(200, body: #"{"results": [{"id": 51}]}"#)
    }
    let capture =
      #", "capture": {"value": "id", "update": {"url": "\#(server.url)/calls/{{captured}}", "leave_out": ["contact"]}}"#
    let relay = try RelayFixture(rules(server.url, #", "cache_seconds": 0, "if_none": "dead_letter""#, capture))
    relay.admit(call: "a", to: "crm")
    #expect(relay.watch.wait(1, "delivery.attempted", "status=201"))
    isDown.withLock { $0 = true }
    relay.admit(call: "a", to: "crm")
    #expect(relay.watch.wait(1, "delivery.attempted", "status=200"))
    relay.stop()
    #expect(
      server.requests.map { "\($0.method) \($0.text)" } == ["GET ", #"POST {"contact":51}"#, "PATCH {}"])
  }

  @Test("A stop puts back what waits for an answer, and nothing is counted")
  func stops() throws {
    let server = try crm { _ in .silence }
    let relay = try RelayFixture(rules(server.url))
    relay.admit(3, to: "crm")
    #expect(server.wait(requests: 1))
    relay.stop(within: .milliseconds(100))
    #expect(server.requests.count == 1)
    #expect(try relay.count("delivery WHERE state = 'waiting' AND tries = 0") == 3)
    #expect(try relay.count("attempt") == 0)
  }

  @Test("The access token of the destination goes with the lookup, and a refused one is renewed")
  func tokens() throws {
    let tokens = try ScriptedDestination { request in
      .status(200, body: #"{"access_token":"token-\#(request.number)","expires_in":3600}"#)
    }
    let server = try crm { request in
      request["authorization"] == "Bearer token-1"
        ? .status(401) : .status(200, body: #"{"results": [{"id": 51}]}"#)
    }
    let auth =
      #""auth": {"oauth2": {"token_url": "\#(tokens.url)/", "client_id": "c", "client_secret": "hunter2"}}"#
    let relay = try RelayFixture(
      rules(server.url).replacingOccurrences(of: #""auth": {"bearer": "s3cret-of-crm"}"#, with: auth))
    relay.admit(5, to: "crm")
    #expect(relay.watch.wait(5, "delivery.attempted", "status=201"))
    relay.stop()
    #expect(server.requests.filter { $0.method == "POST" }.allSatisfy { $0["authorization"] == "Bearer token-2" })
    #expect(tokens.requests.count == 2)
    #expect(try relay.count("delivery WHERE state = 'delivered' AND attempts = 1") == 5)
  }

  @Test("A lookup counts for the rate")
  func rate() {
    let now = ManualTime().now()
    var limits = Lane.Limits()
    limits.perSecond = 2
    limits.quota = DayQuota(limit: 4, zone: "UTC")
    var lane = Lane(limits: limits)
    lane.holdsAre(HoldState(), now)
    for number in 1...3 { lane.take(dueDelivery(number)) }
    guard let turn = lane.nextTurn(now) else {
      Issue.record("no turn")
      return
    }
    let again = lane.goesAgain(turn, now)
    #expect(again.number == turn.number + 1)
    lane.arrived(again, by: now)
    #expect(lane.nextTurn(now + 1000) == nil)
    #expect(lane.nextTurn(now + 1300)?.delivery.id == Identifier(2))
  }

  @Test("Answers end, and of too many the younger are kept")
  func cache() {
    let now = ManualTime().now()
    var cache = LookupCache()
    cache.keep(.integer(1), for: 1000, under: [1], asked: now, now)
    cache.keep(nil, for: 1000, under: [2], asked: now, now)
    cache.keep(.integer(3), for: 0, under: [3], asked: now, now)
    cache.keep(.string(String(repeating: "x", count: 1023)), for: 1000, under: [4], asked: now, now)
    #expect(cache.entry([1], since: nil, now)?.value == .integer(1))
    #expect(cache.entry([2], since: nil, now) != nil && cache.entry([2], since: nil, now)?.value == nil)
    #expect(cache.entry([3], since: nil, now) == nil)
    #expect(cache.entry([4], since: nil, now) == nil)
    #expect(cache.entry([1], since: nil, now + 999) != nil && cache.entry([1], since: nil, now + 1000) == nil)
    #expect(cache.entry([1], since: now, now) != nil && cache.entry([1], since: now + 1, now) == nil)
    for number in 0..<20_000 {
      cache.keep(.integer(1), for: 1000, under: [5, UInt8(number & 255), UInt8(number >> 8)], asked: now, now)
    }
    #expect((LookupCache.generation...2 * LookupCache.generation).contains(cache.count))
    #expect(cache.entry([1], since: nil, now) == nil)
    #expect(cache.entry([5, UInt8(19_999 & 255), UInt8(19_999 >> 8)], since: nil, now) != nil)
  }
}
