import Glibc
import RelayCore
import TestSupport
import Testing

@testable import Rules

/// How the relay itself reads the file: a missing secret holds what needs it, and nothing else.
@Suite struct LenientReadingTests {
  private let text = """
    {"sources": {"pbx": {"provider": "generic", "auth": {"token": "${PBX}"}},
                 "telecmi": {"provider": "telecmi", "auth": {"token": "${TELECMI}"}}},
     "destinations": {"crm": {"url": "https://crm.example.com/${PATH_OF_CRM}", "headers": {"authorization": "Bearer ${CRM}"}},
                      "archive": {"url": "https://archive.example.com/", "auth": {"basic": {"user": "u", "password": "${ARCHIVE}"}}}},
     "rules": [{"name": "all", "send_to": ["crm", "archive"]}]}
    """

  private func read(_ text: String, _ environment: [String: String]) throws(RuleFileError) -> RuleFile {
    try RuleFile.parse(
      Array(text.utf8), path: "rules.json", secrets: SecretsResolver(mode: .lenient, environment: environment))
  }

  private let all = [
    "PBX": "a-long-enough-token-1", "TELECMI": "a-long-enough-token-2", "CRM": "secret", "PATH_OF_CRM": "x",
    "ARCHIVE": "y",
  ]

  @Test func withAllSecretsItReadsAsAlways() throws {
    let rules = try read(text, all)
    #expect(rules.missingSecrets.isEmpty)
    #expect(rules.destinations.allSatisfy { !$0.isHeld })
    let strict = try parseRules(text, makeResolver(all))
    #expect(rules.source(named: "pbx")?.auth == strict.source(named: "pbx")?.auth)
  }

  @Test func whatADestinationMissesHoldsItAlone() throws {
    var some = all
    some["CRM"] = nil
    some["PATH_OF_CRM"] = ""
    let rules = try read(text, some)
    let crm = try #require(rules.destination(named: "crm"))
    #expect(crm.isHeld)
    #expect(
      crm.missingSecrets.map(\.description) == [
        "rules.json: destinations.crm.headers.authorization: secret CRM is not in the environment; relay.secrets_file is "
          + "not set"
      ])
    #expect(rules.destination(named: "archive")?.isHeld == false)
    #expect(rules.sources.allSatisfy { $0.missingSecrets.isEmpty })
    // Its deliveries are made all the same, and wait.
    #expect(rules.routes == [[Route(destination: "crm", rule: "all"), Route(destination: "archive", rule: "all")]])
    #expect(rules.warnings.isEmpty)
  }

  @Test func whatASourceMissesIsSaidOfItAlone() throws {
    var some = all
    some["PBX"] = nil
    let rules = try read(text, some)
    #expect(rules.source(named: "pbx")?.missingSecrets.map(\.path) == ["sources.pbx.auth.token"])
    #expect(rules.source(named: "telecmi")?.missingSecrets.isEmpty == true)
    #expect(rules.missingSecrets.count == 1)
  }

  @Test func otherProblemsOfTheSameObjectStayProblems() {
    let bad = text.replacing("Bearer ${CRM}\"}", with: "Bearer ${CRM}\"}, \"max_in_flight\": 0")
    do throws(RuleFileError) {
      _ = try read(bad, [:])
      Issue.record("it was read")
    } catch {
      #expect(
        error.problems.map(\.description) == [
          "rules.json: destinations.crm.max_in_flight: expected an integer from 1 to 1000, found 0"
        ])
    }
  }

  /// A chat's secret must not keep calls out.
  @Test func withoutTheirSecretAlertsAreTheLogs() throws {
    let hooked = text.replacing(
      #"{"sources""#, with: #"{"alerts": {"url": "https://x.example.com/${HOOK}"}, "sources""#)
    let rules = try read(hooked, all)
    #expect(rules.alerts.channel == nil)
    #expect(rules.missingSecrets.map(\.path) == ["alerts.url"])
    #expect(rules.sources.allSatisfy { $0.missingSecrets.isEmpty })
    #expect(try read(hooked, all.merging(["HOOK": "x"]) { $1 }).alerts.channel != nil)
  }

  @Test func aSecretsFileThatIsGoneIsMissingWhereItIsAskedFor() throws {
    let filed = text.replacing(#"{"sources""#, with: #"{"relay": {"secrets_file": "/nowhere/s.env"}, "sources""#)
    var some = all
    some["PBX"] = nil
    let rules = try read(filed, some)
    #expect(rules.missingSecrets.map(\.path) == ["relay.secrets_file", "sources.pbx.auth.token"])
    #expect(rules.destinations.allSatisfy { !$0.isHeld })
  }

  @Test func whatTheRelayItselfNeedsIsAProblem() {
    let bad = text.replacing(
      #"{"sources""#, with: #"{"relay": {"proxy": "http://u:${PROXY}@p.example.com:8080"}, "sources""#)
    #expect(throws: RuleFileError.self) { try read(bad, all) }
  }

  @Test func aNamedPipeIsNoFile() throws {
    let folder = try TemporaryFolder()
    #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
    #expect(throws: SecretsResolver.FileError.self) { try SecretsResolver.readFile(folder.file("pipe")).get() }
  }

  @Test func aMaskedSecretOfTheDatabasesCopyIsMissing() throws {
    let written = text.replacing("${PBX}", with: "a-token-that-stands-here").replacing(
      "Bearer ${CRM}", with: "Bearer x")
    let kept = try read(written, all).text
    #expect(kept.contains(#"{"token": "•••"}"#))
    let rules = try read(kept, all)
    #expect(rules.missingSecrets.map(\.path) == ["sources.pbx.auth.token", "destinations.crm.headers.authorization"])
    #expect(
      problems(kept, makeResolver(all)) == [
        "rules.json: sources.pbx.auth.token: a secret stood here and is not kept (•••); use ${NAME}",
        "rules.json: destinations.crm.headers.authorization: a secret stood here and is not kept (•••); use ${NAME}",
      ])
  }

  @Test func theDatabaseOfABadFileIsKnownWhereItIsWrittenOut() {
    #expect(RuleFile.databasePath(in: Array(#"{"relay": {"database": "/x.db"}, "bad": 1}"#.utf8)) == "/x.db")
    #expect(RuleFile.databasePath(in: Array(#"{"relay": {"database": "${DB}"}}"#.utf8)) == nil)
    #expect(RuleFile.databasePath(in: Array("{".utf8)) == nil)
  }
}
