import Foundation
import RelayCore
import TestSupport
import Testing

@testable import cdrelay

@Suite struct RulesCommandsTests {
  private static let rules = """
    { "sources": { "telecmi": { "provider": "telecmi", "auth": { "token": "${T}" } } },
      "destinations": {
        "crm": { "url": "https://crm.example.com/calls", "headers": { "authorization": "Bearer ${CRM}" },
                 "body": { "id": "{{call.id}}" } },
        "archive": { "url": "http://127.0.0.1:9000/", "allow_private": true } },
      "rules": [ { "name": "answered", "when": { "call": { "status": "answered", "role": "call" } }, "send_to": ["crm"] },
                 { "name": "cdrs", "when": { "kind": "cdr" }, "send_to": ["archive"] } ] }
    """
  private static let missed =
    #"{"type":"cdr","cmiuuid":"c1","appid":1,"status":"missed","direction":"inbound","time":1634720920615}"#
  private static let answered = missed.replacingOccurrences(of: "missed", with: "answered")

  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("rules.json")
    try Self.rules.write(toFile: path, atomically: true, encoding: .utf8)
  }

  @Test func checkTellsEveryProblemAtOnce() {
    let run = CalledCommand("rules check \(path)")
    #expect(run.code == .failed)
    #expect(run.output.split(separator: "\n").count == 2)
    #expect(run.output.contains("sources.telecmi.auth.token"))
    #expect(run.output.contains("destinations.crm.headers.authorization"))
    #expect(run.errors == "2 problems\n")
  }

  @Test func checkSaysWhatTheFileMeans() {
    let run = CalledCommand("rules check \(path) --without-secrets")
    #expect(run.code == .done)
    #expect(run.output.hasPrefix("\(path): no problems: 1 source, 2 destinations, 2 rules\n"))
    #expect(run.output.contains("destination crm: survives an outage of 7 days"))
    #expect(CalledCommand("rules check \(path)", environment: ["T": "a", "CRM": "b"]).code == .done)
  }

  @Test func credentialsAndWaysAreToldWithoutSecrets() throws {
    let rules = """
      { "sources": { "telecmi": { "provider": "telecmi", "auth": "none" } },
        "destinations": {
          "crm": { "url": "https://crm.example.com/calls", "allow_private": true, "tls": { "verify": false },
            "proxy": "http://ann:${P}@proxy.example.com:3128",
            "auth": { "oauth2": { "token_url": "https://id.example.com/t?k=${K}", "client_id": "a", "client_secret": "${S}" } } },
          "erp": { "url": "https://erp.example.com/", "auth": { "basic": { "user": "ann", "password": "${S}" } } } },
        "rules": [ { "name": "all", "send_to": ["crm", "erp"] } ] }
      """
    try rules.write(toFile: path, atomically: true, encoding: .utf8)
    let secrets = ["P": "geheim-p", "K": "geheim-k", "S": "geheim-s"]
    let check = CalledCommand("rules check \(path)", environment: secrets)
    #expect(check.code == .done)
    #expect(check.output.contains("warning: \(path): destinations.crm.tls.verify: false: anyone on the way can read"))
    #expect(
      check.output.contains(
        "attempts; OAuth 2 by https://id.example.com/t?k=•••; TLS not verified; through http://proxy.example.com:3128\n"
      ))
    let test = CalledCommand("rules test \(path) --source telecmi", input: Self.missed, environment: secrets)
    #expect(
      test.output.contains("  authorization: Bearer •••\n") && test.output.contains("  authorization: Basic •••\n"))
    for text in [check.output, check.errors, test.output, test.errors] {
      #expect(!text.contains("geheim") && !text.contains("YW5uOmdlaGVpbS1z"))
    }
  }

  @Test func checkWarnsOfASecretThatStandsInTheFile() throws {
    try Self.rules.replacing("${T}", with: "a-token-of-24-characters").write(
      toFile: path, atomically: true, encoding: .utf8)
    let run = CalledCommand("rules check \(path) --without-secrets")
    #expect(run.code == .done)
    let warning = "sources.telecmi.auth.token: a secret stands in the file; use ${NAME}"
    #expect(run.output.hasPrefix("warning: \(path): \(warning)\n\(path): no problems: "))
    #expect(!run.output.contains("a-token-of-24"))
  }

  private static let asking = """
    { "sources": { "telecmi": { "provider": "telecmi", "auth": "none" } },
      "destinations": {
        "crm": { "url": "https://crm.example.com/calls", "auth": { "bearer": "${CRM}" },
          "body": { "contact": "{{lookup}}", "id": "{{call.id}}" },
          "lookup": { "url": "https://crm.example.com/contacts?n={{call.id}}", "value": "results.0.id" },
          "capture": { "value": "id", "update": { "url": "https://crm.example.com/calls/{{captured}}" } } } },
      "rules": [ { "name": "all", "send_to": ["crm"] } ] }
    """

  @Test func testShowsWhatIsAskedBeforeAndWhatUpdates() throws {
    try Self.asking.write(toFile: path, atomically: true, encoding: .utf8)
    let run = CalledCommand("rules test \(path)", input: Self.missed, environment: ["CRM": "geheim"])
    #expect(run.code == .done)
    let lines = run.output.split(separator: "\n").map(String.init)
    for line in [
      "Asked of crm before, for {{lookup}}:", "  GET https://crm.example.com/contacts?n=c1", "To crm, by rule all:",
      "  POST https://crm.example.com/calls", #"{"contact":"{{lookup}}","id":"c1"}"#,
      "Or, once crm has taken an earlier record of the call and said {{captured}}:",
      "  PATCH https://crm.example.com/calls/{{captured}}",
    ] { #expect(lines.contains(line), "\(line)") }
    #expect(lines.filter { $0 == "  authorization: Bearer •••" }.count == 3)
    #expect(!run.output.contains("geheim"))
    let json = CalledCommand("rules test \(path) --json", input: Self.missed).json.first?["deliveries"]?.array?.first
    #expect(json?["lookup"]?["url"] == .string("https://crm.example.com/contacts?n=c1"))
    #expect(json?["lookup"]?["method"] == .string("GET"))
    #expect(json?["update"]?["method"] == .string("PATCH"))
    #expect(json?["update"]?["body"] == json?["body"])
    #expect(json?["url"] == .string("https://crm.example.com/calls"))
  }

  @Test func testShowsNoLookupThatIsNotMade() throws {
    func run(_ old: String, _ new: String) throws -> String {
      try Self.asking.replacing(old, with: new).write(toFile: path, atomically: true, encoding: .utf8)
      return CalledCommand("rules test \(path)", input: Self.missed, environment: ["CRM": "geheim"]).output
    }
    let unasked = try run("{{captured}}\"", "{{captured}}\", \"leave_out\": [\"contact\"]")
    #expect(unasked.contains("Asked of crm before, for {{lookup}}:\n"))
    #expect(
      unasked.contains(
        "Or, once crm has taken an earlier record of the call and said {{captured}}, without a lookup:\n"))
    let required = try run("{{call.id}}\", \"value\"", "{{body.none | required}}\", \"value\"")
    #expect(!required.contains("Asked of crm"))
    #expect(required.contains(#"{"contact":null,"id":"c1"}"#))
    let dead = try run(
      "{{call.id}}\", \"value\"", "{{body.none | required}}\", \"if_none\": \"dead_letter\", \"value\"")
    #expect(
      dead.contains(
        "would be a dead letter: destinations.crm.lookup: a value that it requires is missing, and if_none is dead_letter"
      ))
  }

  @Test func aFilesTestsMaySayWhatWasAnswered() throws {
    func run(_ more: String, _ body: String) throws -> CalledCommand {
      let test = #"{"name": "t", "source": "telecmi", "record": \#(Self.missed), "bodies": {"crm": \#(body)}\#(more)}"#
      let text = Self.asking.dropLast() + #", "tests": [\#(test)]}"#
      try String(text).write(toFile: path, atomically: true, encoding: .utf8)
      return CalledCommand("rules check \(path) --without-secrets")
    }
    #expect(try run("", #"{"contact": null, "id": "c1"}"#).code == .done)
    #expect(
      try run(#", "lookup": {"crm": 51}, "captured": {"crm": "c"}"#, #"{"contact": 51, "id": "c1"}"#).code == .done)
    #expect(try run(#", "lookup": {"crm": 51}"#, #"{"contact": 52, "id": "c1"}"#).code == .failed)
  }

  @Test func checkRunsTheFilesTests() throws {
    func run(_ tests: String, _ option: String = "") throws -> CalledCommand {
      let text = Self.rules.dropLast() + #", "tests": [\#(tests)]}"#
      try String(text).write(toFile: path, atomically: true, encoding: .utf8)
      return CalledCommand("rules check \(path) --without-secrets \(option)")
    }
    let good =
      #"{"name": "ok", "source": "telecmi", "record": \#(Self.answered), "rules": ["answered", "cdrs"], "bodies": {"crm": {"id": "c1"}}}"#
    let passed = try run(good)
    #expect(passed.code == .done)
    #expect(passed.output.hasSuffix("  1 test passed\n"))
    let bad =
      #"{"name": "bad", "source": "telecmi", "record": \#(Self.missed), "rules": ["answered"], "destinations": ["crm"], "bodies": {"crm": {}, "archive": {"x": 1}}}"#
    let failed = try run("\(good), \(bad)")
    #expect(failed.code == .failed)
    #expect(
      failed.output.hasPrefix("\(path): the file loads: 1 source, 2 destinations, 2 rules; 1 of 2 tests failed\n"),
      "\(failed.output)")
    #expect(!failed.output.contains("no problems"))
    let lines = [
      "expected the rules answered, found cdrs", #"answered: call.status: expected "answered", found "missed""#,
      "cdrs: matched",
      "expected deliveries to crm, found archive", #"expected for archive the body {"x":1}, found \#(Self.missed)"#,
      "expected a body for crm, found no delivery",
    ]
    #expect(failed.output.hasSuffix(lines.map { "\(path): tests[1]: bad: \($0)\n" }.joined()))
    let refused = try run(#"{"name": "r", "source": "telecmi", "record": {}, "rules": []}"#, "--json")
    #expect(refused.code == .failed)
    #expect(refused.json.first?["tests"]?.array?.first?["passed"] == .bool(false))
  }

  @Test func theExamplePassesItsTests() {
    let example = #filePath.replacing(
      "Tests/ProgramTests/Commands/RulesCommandsTests.swift", with: "rules.example.json")
    let run = CalledCommand("rules check \(example) --without-secrets")
    #expect(run.code == .done, "\(run.output)\(run.errors)")
    #expect(run.output.hasSuffix("  1 test passed\n"))
  }

  @Test func fieldsPrintsTheSchemaOfTheCall() {
    let run = CalledCommand("rules fields --schema")
    #expect(run.code == .done)
    #expect(run.json.first?["properties"]?["role"]?["enum"]?.array?.contains(.string("agent_missed")) == true)
  }

  @Test func testShowsTheExactRequestsWithoutSecrets() throws {
    let run = CalledCommand(
      "rules test \(path) --source telecmi --json", input: Self.answered, environment: ["CRM": "geheim"])
    #expect(run.code == .done)
    #expect(!run.output.contains("geheim"))
    let json = try #require(run.json.first)
    #expect(json["matched"] == .array([.string("answered"), .string("cdrs")]))
    let deliveries = try #require(json["deliveries"]?.array)
    #expect(deliveries.map { $0["destination"]?.string } == ["crm", "archive"])
    #expect(deliveries[0]["method"] == .string("POST"))
    #expect(deliveries[0]["url"] == .string("https://crm.example.com/calls"))
    #expect(deliveries[0]["body"] == .string(#"{"id":"c1"}"#))
    #expect(deliveries[0]["headers"]?["authorization"]?.string?.hasPrefix("Bearer ") == true)
    #expect(deliveries[1]["body"] == .string(Self.answered))
    #expect(deliveries[0]["headers"]?["webhook-id"] != deliveries[1]["headers"]?["webhook-id"])
  }

  @Test func testExplainsWhatDidNotMatch() {
    let run = CalledCommand("rules test \(path) --source telecmi -", input: Self.missed)
    #expect(run.code == .done)
    #expect(run.output.contains(#"  answered: call.status: expected "answered", found "missed""#))
  }

  @Test func testSaysWhatTheSenderWouldBeAnswered() {
    let run = CalledCommand("rules test \(path) --source telecmi", input: "{}")
    #expect(run.code == .failed)
    #expect(run.output.hasPrefix("refused: the sender would be answered 422 and the request kept in quarantine: "))
    #expect(CalledCommand("rules test \(path)", input: "{}").output == run.output)
    let unknown = CalledCommand("rules test \(path) --source telcmi", input: "{}")
    #expect(unknown.errors == "cdrelay: \(path): no enabled source telcmi: did you mean telecmi?\n")
  }

  @Test func testAsksForTheSourceWhereThereAreTwo() throws {
    let two = Self.rules.replacingOccurrences(
      of: #""sources": {"#, with: #""sources": { "web": { "provider": "generic", "auth": "none" },"#)
    try two.write(toFile: path, atomically: true, encoding: .utf8)
    let run = CalledCommand("rules test \(path)", input: "{}")
    #expect(run.code == .usage)
    #expect(run.errors.hasPrefix("cdrelay: missing --source NAME: \(path) has web, telecmi\n"))
  }

  @Test func aSampleOfAnotherProviderHasNoSource() {
    let run = CalledCommand("rules test \(path) --sample callr/inbound-ended")
    #expect(run.code == .failed)
    #expect(run.errors == "cdrelay: \(path) has no enabled source of provider callr\n")
    #expect(CalledCommand("rules test \(path) --sample callr/inbound-ended --source telecmi").errors.isEmpty)
  }

  @Test func fieldsAreListedWithExamples() {
    let run = CalledCommand("rules fields telecmi --json")
    #expect(run.json.contains { $0["field"] == .string("call.answered_seconds") && $0["example"]?.integer != nil })
    #expect(CalledCommand("rules fields telecom").code == .usage)
  }
}
