import DurableQueue
import Foundation
import RelayCore
import TestSupport
import Testing

@testable import cdrelay

/// `cdrelay destinations test` against real sockets.
@Suite struct DestinationTestCommandTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func rules(_ url: String, _ more: String = "", source: String = #""provider": "telecmi""#) throws -> String {
    let path = folder.file("rules.json")
    try """
    { "relay": { "database": "\(folder.file("cdrelay.db"))" },
      "sources": { "calls": { \(source), "auth": "none" } },
      "destinations": { "crm": { "url": "\(url)/calls?key=${KEY}", "allow_private": true\(more) } },
      "rules": [ { "name": "all", "send_to": ["crm"] } ] }
    """.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  private func run(_ rules: String, _ words: String = "", input: String = "", isTerminal: Bool = false) -> CalledCommand
  {
    CalledCommand(
      "destinations test crm \(words) --rules", [rules], input: input, isTerminal: isTerminal,
      environment: ["KEY": "s3cret"], now: Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)))
  }

  @Test func aMarkedRequestGoesAsADeliveryWould() throws {
    let server = try ScriptedDestination { _ in .status(201, body: #"{"id":7}"#) }
    let run = run(
      try rules(
        server.url,
        #", "method": "PUT", "body": {"id": "{{call.id}}", "rule": "{{rule}}"}, "auth": {"bearer": "${KEY}"}"#))
    #expect(run.code == .done)
    let lines = run.output.split(separator: "\n").map(String.init)
    #expect(lines[0].hasPrefix("Connected to 127.0.0.1:\(server.port) after "))
    #expect(lines[1].hasPrefix("Answered 201 after "))
    #expect(Array(lines[2...]) == [#"{"id":7}"#, "The relay would take it as delivered."])
    let request = try #require(server.requests.first)
    #expect(server.requests.count == 1)
    #expect((request.method, request.target) == ("PUT", "/calls?key=s3cret"))
    #expect(request["cdrelay-test"] == "true")
    #expect(request["cdrelay-attempt"] == "1")
    #expect(request["cdrelay-replay"] == nil)
    #expect(request["authorization"] == "Bearer s3cret")
    #expect(request["idempotency-key"] == request["webhook-id"])
    #expect(request.text == #"{"id":"0da4f02e-6ece-42e4-989b-1e6766b5a81e","rule":"all"}"#)
    #expect(!run.output.contains("s3cret") && !run.errors.contains("s3cret"))
    #expect(!FileManager.default.fileExists(atPath: folder.file("cdrelay.db")), "no database is made")
  }

  private static let asking =
    #", "body": {"contact": "{{lookup}}"}, "lookup": {"url": "URL/contacts?key=${KEY}", "value": "results.0.id"MORE}"#

  private func asking(_ server: ScriptedDestination, _ more: String = "") throws -> String {
    try rules(
      server.url,
      Self.asking.replacingOccurrences(of: "URL", with: server.url).replacingOccurrences(of: "MORE", with: more))
  }

  @Test func theLookupIsMadeBefore() throws {
    let server = try ScriptedDestination { request in
      .status(200, body: request.method == "GET" ? #"{"results": [{"id": 51}]}"# : "")
    }
    let run = run(try asking(server), "--json")
    #expect(run.code == .done)
    #expect(
      server.requests.map { "\($0.method) \($0.target) \($0.text)" } == [
        "GET /contacts?key=s3cret ", #"POST /calls?key=s3cret {"contact":51}"#,
      ])
    #expect(server.requests.allSatisfy { $0["cdrelay-test"] == "true" })
    #expect(run.json.first?["lookup"] == .integer(51))
    #expect(run.json.first?["outcome"] == .string("delivered"))
    #expect(run.errors.contains("Asked before, for {{lookup}}: \(server.url)/contacts?key=•••"))
    #expect(!run.output.contains("s3cret") && !run.errors.contains("s3cret"))
  }

  @Test func aLookupIsMadeOnlyWhereItIsUsedAndHasSomethingToAskFor() throws {
    let server = try ScriptedDestination { _ in .status(200, body: "{}") }
    let requiring = try asking(server, #", "headers": {"x-a": "{{body.none | required}}"}"#)
    let run = run(requiring)
    #expect(run.code == .done && !run.errors.contains("Asked before"))
    #expect(server.requests.map { "\($0.method) \($0.text)" } == [#"POST {"contact":null}"#])
    let dead = self.run(
      try asking(server, #", "if_none": "dead_letter", "headers": {"x-a": "{{body.none | required}}"}"#))
    #expect(dead.code == .failed && server.requests.count == 1)
    let unused = try rules(
      server.url,
      #", "body": {"id": 1}, "lookup": {"url": "\#(server.url)/contacts", "value": "id", "if_none": "dead_letter"}"#)
    #expect(self.run(unused).code == .done)
    #expect(server.requests.map(\.method) == ["POST", "POST"])
  }

  @Test func whatTheLookupSaysDecides() throws {
    let refusing = try ScriptedDestination { _ in .status(401, body: "key s3cret is wrong") }
    let refused = run(try asking(refusing))
    #expect(refused.code == .failed)
    #expect(refusing.requests.count == 1)
    #expect(
      refused.output.hasSuffix(
        "The lookup failed, and nothing was sent. The relay would hold crm, and try one delivery every few minutes: "
          + "status 401: the credentials were refused.\n"))
    #expect(refused.output.contains("key ••• is wrong"))
    let empty = try ScriptedDestination { _ in .status(200, body: "{}") }
    #expect(run(try asking(empty)).code == .done)
    #expect(empty.requests.last?.text == #"{"contact":null}"#)
    let dead = run(try asking(empty, #", "if_none": "dead_letter""#))
    #expect(dead.code == .failed)
    #expect(
      dead.output.hasSuffix(
        "The lookup found nothing, and nothing was sent. The relay would make a dead letter of it (if_none).\n"))
  }

  @Test func whatIsSentIsAskedForOnATerminal() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let rules = try rules(server.url)
    let no = run(rules, input: "n", isTerminal: true)
    #expect(no.code == .failed && server.requests.isEmpty)
    #expect(no.errors.contains("POST \(server.url)/calls?key=•••, "))
    #expect(no.errors.hasSuffix("marked cdrelay-test: true\nSend it? [y/N] nothing was sent\n"))
    #expect(run(rules, input: "y", isTerminal: true).code == .done)
    #expect(run(rules, "--yes", isTerminal: true).code == .done)
    #expect(server.requests.count == 2)
  }

  @Test(arguments: [
    (503, "retry", "The relay would try again in 1 s: status 503."),
    (410, "dead", "The relay would make a dead letter of it at once: status 410."),
    (
      401, "hold",
      "The relay would hold crm, and try one delivery every few minutes: status 401: the credentials were refused."
    ),
  ])
  func aFailureSaysWhatTheRelayWouldDo(status: Int, word: String, sentence: String) throws {
    let server = try ScriptedDestination { _ in .status(status, body: "no") }
    let rules = try rules(server.url)
    let run = run(rules)
    #expect(run.code == .failed)
    #expect(run.output.contains("\nno\n"))
    let last = run.output.split(separator: "\n").last.map(String.init) ?? ""
    if status == 503 { #expect(last.hasSuffix(": status 503.")) } else { #expect(last == sentence) }
    let json = try #require(self.run(rules, "--json").json.first)
    #expect(json["outcome"] == .string(word) && json["delivered"] == .bool(false))
    #expect(json["status"] == .integer(Int64(status)) && json["body"] == .string("no"))
    #expect(json["address"] == .string("127.0.0.1") && json["milliseconds"]?["answered"] != nil)
  }

  @Test func answersOfTheRuleFileCount() throws {
    let server = try ScriptedDestination { _ in .status(200, body: #"{"code":502}"#) }
    let run = run(
      try rules(
        server.url,
        #", "answers": [{"note": "an error inside", "when": {"body": {"code": 502}}, "then": "wait", "wait_seconds": 60}]"#
      ))
    #expect(run.code == .failed)
    #expect(run.output.contains("The relay would send nothing there until "))
    #expect(run.output.hasSuffix("and then try again: status 200: an error inside.\n"))
  }

  @Test func whereNothingListensAndWhatTheGuardRefuses() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let url = server.url
    server.stop()
    let run = run(try rules(url))
    #expect(run.code == .failed)
    #expect(run.output.contains(": connection refused."))
    let guarded = folder.file("guarded.json")
    try """
    { "destinations": { "crm": { "url": "http://localhost:\(server.port)/" } },
      "rules": [ { "name": "all", "send_to": ["crm"] } ] }
    """.write(toFile: guarded, atomically: true, encoding: .utf8)
    let refused = CalledCommand(
      "destinations test crm --rules", [guarded, "--database", folder.file("none.db")])
    #expect(refused.code == .failed)
    if refused.output.contains("127.0.0.1") || refused.output.contains("::1") {
      #expect(refused.output.contains("is a loopback, private or reserved address"))
    }
  }

  @Test func aCheckSendsNothing() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let run = run(try rules(server.url), "--check")
    #expect(run.code == .done)
    #expect(run.output.contains("Connected to 127.0.0.1:\(server.port)"))
    #expect(run.output.hasSuffix("Nothing was sent; the way to crm is open.\n"))
    #expect(server.requests.isEmpty)
    server.stop()
  }

  @Test func aSampleOfOnesOwn() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let generic = #""provider": "generic", "key": "id""#
    let rules = try rules(server.url, source: generic)
    let none = run(rules)
    #expect(none.code == .usage)
    #expect(none.errors.hasPrefix("cdrelay: missing --sample FILE: nothing documents what source calls sends\n"))
    let sample = folder.file("sample.json")
    try #"{"id":"x-1"}"#.write(toFile: sample, atomically: true, encoding: .utf8)
    #expect(run(rules, "--sample \(sample)").code == .done)
    #expect(server.requests.map(\.text) == [#"{"id":"x-1"}"#])
    try #"{"no":"id"}"#.write(toFile: sample, atomically: true, encoding: .utf8)
    let unfit = run(rules, "--sample \(sample)")
    #expect(
      unfit.code == .failed && unfit.errors.hasPrefix("cdrelay: source calls would not accept the sample: no id in"))
    #expect(server.requests.count == 1)
  }

  @Test func onlyARowOfWhatWasDoneIsKept() throws {
    let database = try DatabaseOnDisk()
    let server = try ScriptedDestination { _ in .status(200) }
    #expect(run(try rules(server.url), "--database \(database.path)").code == .done)
    for table in ["record", "delivery", "attempt", "hold"] {
      #expect(try database.integer("SELECT count(*) FROM \(table)") == 0)
    }
    #expect(
      try database.text("SELECT count || ' ' || user || ' ' || substr(command, 1, 21) FROM action")
        == "1 ann destinations test crm")
  }

  @Test func aRefreshTokenIsNotUsedBesideARelay() throws {
    let tokens = try ScriptedDestination { request in
      .status(
        200, body: #"{"access_token":"a-\#(request.number)","refresh_token":"r-\#(request.number)","expires_in":3600}"#)
    }
    let server = try ScriptedDestination { _ in .status(200) }
    let rules = try rules(
      server.url,
      #", "auth": {"oauth2": {"token_url": "\#(tokens.url)/token", "client_id": "c", "client_secret": "d", "refresh_token": "r-0"}}"#
    )
    var relay: FileLock? = try FileLock(databasePath: folder.file("cdrelay.db"))
    let beside = run(rules)
    #expect(beside.code == .failed)
    #expect(beside.errors.contains("crm has a refresh_token, which its server may change with each use"))
    #expect(tokens.requests.isEmpty && server.requests.isEmpty)
    #expect(run(rules, "--check").code == .done)
    withExtendedLifetime(relay) {}
    relay = nil
    // Without a relay the new token is kept as the relay keeps it, and used by the next.
    #expect(run(rules).code == .done)
    #expect(run(rules).code == .done)
    #expect(server.requests.map { $0["authorization"] } == ["Bearer a-1", "Bearer a-2"])
    #expect(tokens.requests.map { $0.text.contains("refresh_token=r-\($0.number - 1)") } == [true, true])
  }

  @Test func aTokenThatIsRefusedSendsNothing() throws {
    let tokens = try ScriptedDestination { _ in .status(400, body: #"{"error":"invalid_client"}"#) }
    let server = try ScriptedDestination { _ in .status(200) }
    let run = run(
      try rules(
        server.url,
        #", "auth": {"oauth2": {"token_url": "\#(tokens.url)/token", "client_id": "client-7", "client_secret": "hunter2"}}"#
      ))
    #expect(run.code == .failed)
    #expect(
      run.output
        == "Nothing was sent: OAuth token refused: invalid_client. The relay would hold crm and try again from time to time.\n"
    )
    #expect(server.requests.isEmpty)
  }

  @Test func wrongUsageIsTold() throws {
    #expect(CalledCommand("destinations test crm").errors.hasPrefix("cdrelay: missing --rules FILE: "))
    let unknown = CalledCommand(
      "destinations test cmr --rules", [try rules("http://127.0.0.1:1")], environment: ["KEY": "k"])
    #expect(unknown.errors == "cdrelay: no destination cmr: did you mean crm?\n")
  }
}
