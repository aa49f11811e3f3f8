import DurableQueue
import Foundation
import RelayCore
import Synchronization
import TestSupport
import Testing

@testable import Forwarding

/// A real queue, a real token endpoint, a real destination.
@Suite("OAuth 2")
struct OAuthTests {
  /// Grants `token-1`, `token-2`, …
  private func grants(_ seconds: Int = 3600, _ more: String = "") throws -> ScriptedDestination {
    try ScriptedDestination { request in
      .status(200, body: #"{"access_token":"token-\#(request.number)","expires_in":\#(seconds)\#(more)}"#)
    }
  }

  private func rules(
    _ server: ScriptedDestination, _ tokens: ScriptedDestination, _ more: String = "", other: String = ""
  ) -> String {
    """
    {\(other) "crm": {"url": "\(server.url)", "allow_private": true,
      "auth": {"oauth2": {"token_url": "\(tokens.url)/token", "client_id": "client-7", "client_secret": "hunter2"\(more)}}}}
    """
  }

  private func number(of request: ScriptedDestination.Request) -> Int? {
    request["authorization"].flatMap { Int($0.dropFirst("Bearer token-".count)) }
  }

  @Test("One token serves all that wait")
  func oneFetch() throws {
    let gate = DispatchSemaphore(value: 0)
    let tokens = try ScriptedDestination { _ in
      gate.wait()
      return .status(200, body: #"{"access_token":"abc","expires_in":3600}"#)
    }
    let server = try ScriptedDestination { _ in .status(200) }
    let relay = try RelayFixture(rules(server, tokens, #", "header_prefix": "Zoho-oauthtoken""#))
    relay.admit(200, to: "crm")
    #expect(tokens.wait(requests: 1))
    #expect(server.connectionCount == 0)
    gate.signal()
    #expect(relay.watch.wait(200, "delivery.attempted", "status=200"))
    relay.stop()
    #expect(tokens.requests.count == 1)
    #expect(tokens.requests[0].target == "/token")
    #expect(tokens.requests[0].text == "grant_type=client_credentials&client_id=client-7&client_secret=hunter2")
    #expect(Set(server.requests.map { $0["authorization"] }) == ["Zoho-oauthtoken abc"])
    #expect(try relay.count("attempt") == 200)
    #expect(relay.watch.all("hunter2").isEmpty && relay.watch.all("abc").isEmpty)
  }

  @Test("An access token that the destination sends back is not kept")
  func echoed() throws {
    let tokens = try grants()
    let server = try ScriptedDestination { .status(200, body: "you said \($0["authorization"] ?? "nothing")") }
    let relay = try RelayFixture(rules(server, tokens))
    relay.admit(to: "crm")
    #expect(relay.watch.wait(1, "delivery.attempted", "status=200"))
    relay.stop()
    #expect(server.requests.first?["authorization"] == "Bearer token-1")
    #expect(try relay.count("attempt WHERE CAST(response AS TEXT) = 'you said Bearer •••'") == 1)
  }

  @Test("A refused token is replaced once for all that carried it, and no attempt is counted")
  func renewed() throws {
    let tokens = try grants()
    let isRevoked = Mutex(false)
    let server = try ScriptedDestination { request in
      .status(request["authorization"] == "Bearer token-1" && isRevoked.withLock { $0 } ? 401 : 200)
    }
    let relay = try RelayFixture(rules(server, tokens))
    relay.admit(20, to: "crm")
    #expect(relay.watch.wait(20, "delivery.attempted", "status=200"))
    isRevoked.withLock { $0 = true }
    relay.admit(100, to: "crm")
    #expect(relay.watch.wait(120, "delivery.attempted", "status=200"))
    relay.stop()
    #expect(tokens.requests.count == 2)
    #expect(relay.watch.all("destination.held").isEmpty)
    #expect(try relay.count("delivery WHERE state = 'delivered' AND attempts = 1") == 120)
    let refused = try relay.count("attempt WHERE outcome = 'interrupted' AND status = 401")
    #expect((1...8).contains(refused))
    #expect(server.requests.filter { number(of: $0) == 2 }.count == 100)
  }

  @Test("Where no token helps, the destination is held after one replacement; a mended one goes on at the next start")
  func neverAccepted() throws {
    let tokens = try grants()
    let isMended = Mutex(false)
    let server = try ScriptedDestination { _ in .status(isMended.withLock { $0 } ? 200 : 401) }
    let relay = try RelayFixture(rules(server, tokens, #", "scope": "calls""#))
    relay.admit(50, to: "crm")
    #expect(relay.watch.wait(1, "destination.held", #"reason="status 401: the credentials were refused""#))
    relay.stop()
    #expect(tokens.requests.count == 2)
    #expect(try relay.count("delivery WHERE state = 'waiting' AND attempts = 0") == 50)
    isMended.withLock { $0 = true }
    try relay.startAgain(rules(server, tokens))
    #expect(relay.watch.wait(50, "delivery.attempted", "status=200"))
    relay.stop()
    #expect(tokens.requests.count == 3)
    #expect(relay.watch.all("destination.released").count == 1)
    #expect(try relay.count("hold") == 0)
  }

  @Test("A token endpoint that refuses holds the destination with its reason, and no secret anywhere")
  func refused() throws {
    let isMended = Mutex(false)
    let tokens = try ScriptedDestination { _ in
      isMended.withLock { $0 }
        ? .status(200, body: #"{"access_token":"abc"}"#)
        : .status(400, body: #"{"error":"invalid_grant","error_description":"hunter2 r3fresh"}"#)
    }
    let server = try ScriptedDestination { _ in .status(200) }
    let rules = rules(server, tokens, #", "refresh_token": "r3fresh""#)
    let relay = try RelayFixture(rules)
    relay.admit(30, to: "crm")
    #expect(relay.watch.wait(1, "destination.held", #"reason="OAuth token refused: invalid_grant""#))
    relay.stop()
    #expect(server.connectionCount == 0)
    #expect(
      tokens.requests.map(\.text) == [
        "grant_type=refresh_token&refresh_token=r3fresh&client_id=client-7&client_secret=hunter2"
      ])
    #expect(try relay.count("hold WHERE kind = 'credentials' AND reason = 'OAuth token refused: invalid_grant'") == 1)
    #expect(try relay.count("delivery WHERE state = 'waiting' AND tries = 0") == 30)
    // The next start probes: one fetch, and nothing more while it is refused.
    try relay.startAgain(rules)
    #expect(tokens.wait(requests: 2))
    relay.stop()
    #expect(tokens.requests.count == 2)
    isMended.withLock { $0 = true }
    try relay.startAgain(rules)
    #expect(relay.watch.wait(30, "delivery.attempted", "status=200"))
    relay.stop()
    #expect(try relay.count("hold") == 0)
    for secret in ["hunter2", "r3fresh", "abc"] { #expect(relay.watch.all(secret).isEmpty) }
  }

  @Test("A token endpoint that fails for a while costs no attempts, and hanging slows nobody else")
  func failing() throws {
    let tokens = try ScriptedDestination { request in
      request.number <= 2 ? .status(503) : .status(200, body: #"{"access_token":"abc","expires_in":3600}"#)
    }
    let hanging = try ScriptedDestination { _ in .silence }
    let server = try ScriptedDestination { _ in .status(200) }
    let other = """
      "stuck": {"url": "\(server.url)/stuck", "allow_private": true,
        "auth": {"oauth2": {"token_url": "\(hanging.url)", "client_id": "a", "client_secret": "b"}}},
      """
    let relay = try RelayFixture(rules(server, tokens, other: other))
    relay.admit(20, to: "crm", "stuck")
    #expect(relay.watch.wait(20, "delivery.attempted", "status=200"))
    relay.stop()
    #expect(tokens.requests.count == 3)
    #expect(relay.watch.all("warning oauth.token_failed", "destination=crm", "reason=\"status 503\"").count == 2)
    #expect(try relay.count("attempt") == 20)
    #expect(try relay.count("delivery WHERE destination = 'stuck' AND state = 'waiting' AND tries = 0") == 20)
    #expect(server.requests.allSatisfy { $0.target == "/" })
  }

  @Test("A token endpoint that asks to be left alone for long holds all that share it, in sight; resume asks it again")
  func rests() throws {
    let isBusy = Mutex(true)
    let tokens = try ScriptedDestination { _ in
      isBusy.withLock { $0 }
        ? .status(429, headers: ["Retry-After: 86400"]) : .status(200, body: #"{"access_token":"abc"}"#)
    }
    let server = try ScriptedDestination { _ in .status(200) }
    let auth = """
      "auth": {"oauth2": {"token_url": "\(tokens.url)/token", "client_id": "client-7", "client_secret": "hunter2"}}
      """
    let other = #""notes": {"url": "\#(server.url)/notes", "allow_private": true, \#(auth)},"#
    let relay = try RelayFixture(rules(server, tokens, other: other))
    relay.admit(20, to: "crm", "notes")
    let words = "OAuth token can't be fetched: status 429, and the token endpoint asked to wait"
    #expect(relay.watch.wait(2, "destination.held", "kind=limit", words))
    #expect(try relay.waits(for: "delivery WHERE state = 'waiting'", toBe: 40))
    #expect(try relay.waits(for: "hold WHERE kind = 'limit' AND until_at_ms IS NOT NULL", toBe: 2))
    #expect(tokens.requests.count == 1)
    isBusy.withLock { $0 = false }
    let visitor = try QueueVisitor(path: relay.folder.file("cdrelay.db"))
    let action = Action(at: SystemTime().now(), user: "ann", command: "destinations resume crm")
    #expect(try visitor.resume("crm", action: action).count == 1)
    // The token that comes lets the other one go on too.
    #expect(relay.watch.wait(40, "delivery.attempted", "status=200"))
    relay.stop()
    #expect(tokens.requests.count == 2)
    #expect(try relay.count("hold") == 0)
  }

  @Test("A token is fetched anew before it ends, without anything waiting")
  func early() throws {
    let tokens = try grants(2)
    let server = try ScriptedDestination { _ in .status(200) }
    let relay = try RelayFixture(rules(server, tokens))
    for round in 1...30 {
      relay.admit(1, to: "crm")
      #expect(relay.watch.wait(round, "delivery.attempted", "status=200"))
      if tokens.requests.count == 2 { break }
      // A token lives by the clock: nothing but time ends it.
      usleep(100_000)
    }
    relay.stop()
    #expect(tokens.requests.count == 2)
    #expect(relay.watch.all("oauth.token_failed").isEmpty)
  }

  @Test("A changed refresh token is used from then on, also by the next process; a newly configured one goes before it")
  func rotation() throws {
    let tokens = try grants(3600, #","refresh_token":"changed""#)
    let server = try ScriptedDestination { _ in .status(200) }
    let relay = try RelayFixture(rules(server, tokens, #", "refresh_token": "first""#))
    relay.admit(1, to: "crm")
    #expect(relay.watch.wait(1, "delivery.attempted", "status=200"))
    relay.stop()
    for (round, configured) in [(2, "first"), (3, "second")] {
      try relay.startAgain(rules(server, tokens, #", "refresh_token": "\#(configured)""#))
      relay.admit(1, to: "crm")
      #expect(relay.watch.wait(round, "delivery.attempted", "status=200"))
      relay.stop()
    }
    let used = tokens.requests.map { $0.text.split(separator: "&")[1] }
    #expect(used == ["refresh_token=first", "refresh_token=changed", "refresh_token=second"])
    #expect(relay.watch.all("oauth.refresh_token_changed").count == 2)
    #expect(relay.watch.all("changed\"").isEmpty)
  }

  @Test("Destinations with the same settings share their token; where it is refused, all are held")
  func shared() throws {
    let isMended = Mutex(false)
    let tokens = try ScriptedDestination { request in
      isMended.withLock { $0 }
        ? .status(200, body: #"{"access_token":"token-\#(request.number)","refresh_token":"r\#(request.number)"}"#)
        : .status(400, body: #"{"error":"invalid_grant"}"#)
    }
    let server = try ScriptedDestination { _ in .status(200) }
    let auth = """
      "auth": {"oauth2": {"token_url": "\(tokens.url)/token", "client_id": "client-7", "client_secret": "hunter2",
        "refresh_token": "first"}}
      """
    let other = #""notes": {"url": "\#(server.url)/notes", "allow_private": true, \#(auth)},"#
    let rules = rules(server, tokens, #", "refresh_token": "first""#, other: other)
    let relay = try RelayFixture(rules)
    relay.admit(20, to: "crm", "notes")
    #expect(relay.watch.wait(2, "destination.held", #"reason="OAuth token refused: invalid_grant""#))
    relay.stop()
    #expect(tokens.requests.count == 1)
    isMended.withLock { $0 = true }
    try relay.startAgain(rules)
    #expect(relay.watch.wait(40, "delivery.attempted", "status=200"))
    relay.stop()
    #expect(tokens.requests.count == 2)
    #expect(Set(server.requests.map { $0["authorization"] }) == ["Bearer token-2"])
    #expect(relay.watch.all("oauth.token_fetched", "destination=notes,crm").count == 1)
  }
}
