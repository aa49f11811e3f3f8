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
      "rules": [ { "name": "answered", "when": { "call": { "status": "answered" } }, "send_to": ["crm"] },
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

  @Test func checkWarnsOfASecretThatStandsInTheFile() throws {
    try Self.rules.replacing("${T}", with: "a-token-of-24-characters").write(
      toFile: path, atomically: true, encoding: .utf8)
    let run = CalledCommand("rules check \(path) --without-secrets")
    #expect(run.code == .done)
    let warning = "sources.telecmi.auth.token: a secret stands in the file; use ${NAME}"
    #expect(run.output.hasPrefix("warning: \(path): \(warning)\n\(path): no problems: "))
    #expect(!run.output.contains("a-token-of-24"))
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

  @Test func fieldsAreListedWithExamples() {
    let run = CalledCommand("rules fields telecmi --json")
    #expect(run.json.contains { $0["field"] == .string("call.answered_seconds") && $0["example"]?.integer != nil })
    #expect(CalledCommand("rules fields telecom").code == .usage)
  }
}
