import DurableQueue
import Foundation
import Glibc
import RelayCore
import TestSupport
import Testing

@testable import cdrelay

@Suite struct DoctorCommandTests {
  private func rules(_ more: String = "", in database: DatabaseOnDisk) throws -> (text: String, path: String) {
    let text = """
      {"relay": {"secrets_file": null}, "destinations": {"crm": {"url": "https://crm.example.com/"\(more)}},
       "rules": [{"name": "all", "send_to": ["crm"]}]}
      """.replacing(#""relay": {"secrets_file": null}, "#, with: "")
    let path = database.folder.file("rules.json")
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return (text, path)
  }

  private func verdicts(_ run: CalledCommand, _ name: String) -> [String] {
    run.json.filter { $0["check"]?.string == name }.compactMap { $0["verdict"]?.string }
  }

  @Test func aHealthyDatabaseHasALineForEachLook() throws {
    let database = try DatabaseOnDisk()
    let rules = try rules(in: database)
    try database.rules(rules.text)
    let run = CalledCommand("doctor --offline --full --rules", [rules.path], database: database)
    #expect(run.code == .done, "\(run.output)\(run.errors)")
    let lines = run.output.split(separator: "\n").map(String.init)
    #expect(lines.allSatisfy { $0.hasPrefix("ok    ") || $0.hasPrefix("warn  ") }, "\(run.output)")
    #expect(lines.contains { $0.hasPrefix("ok    rules: \(rules.path) loads") })
    #expect(lines.contains { $0.hasPrefix("ok    database: ") })
    #expect(lines.contains { $0.hasPrefix("ok    queue: every row is as it should be; of what is not settled 0 ") })
    #expect(
      lines.contains(
        "warn  relay: none runs on this database: nothing is received or sent. To do: start `cdrelay serve`"))
  }

  @Test func aMissingSecretIsNamedAndAllElseIsLookedAt() throws {
    let database = try DatabaseOnDisk()
    let rules = try rules(#", "auth": {"bearer": "${CRM_TOKEN}"}"#, in: database)
    let run = CalledCommand("doctor --offline --json --rules", [rules.path], database: database)
    #expect(run.code == .failed)
    #expect(verdicts(run, "rules") == ["fail"])
    #expect(run.json.first?["text"]?.string?.contains("secret CRM_TOKEN is not in the environment") == true)
    #expect(verdicts(run, "queue") == ["ok"])
    let given = CalledCommand(
      "doctor --offline --json --rules", [rules.path], database: database, environment: ["CRM_TOKEN": "s3cret"])
    #expect(given.code == .done)
    #expect(!given.output.contains("s3cret"))
  }

  @Test func aDatabaseThatIsNotThereIsTheOnlyLineOfItsKind() throws {
    let folder = try TemporaryFolder()
    let run = CalledCommand("doctor --json --database", [folder.file("none.db")])
    #expect(run.code == .failed)
    #expect(run.json.map { $0["check"]?.string } == ["rules", "database"])
    #expect(run.json.last?["text"]?.string?.contains("no such database") == true)
    #expect(!FileManager.default.fileExists(atPath: folder.file("none.db")))
  }

  @Test func damageIsNamedWithItsRows() throws {
    let database = try DatabaseOnDisk()
    let dead = try database.delivery(.dead)
    try database.execute("DELETE FROM dead_letter")
    let run = CalledCommand("doctor --offline", database: database)
    #expect(run.code == .failed)
    #expect(
      run.output.contains(
        "FAIL  queue: dead deliveries without a row in dead_letter that says why: \(dead). To do: keep a copy"))
  }

  @Test func openFilesTheClockAndTheReserve() throws {
    let database = try DatabaseOnDisk()
    chmod(database.path, 0o644)
    unlink(database.path + ".reserve")
    _ = try database.record(unrouted: true, at: database.now + 3 * 3_600_000)
    let run = CalledCommand("doctor --offline --json", database: database)
    #expect(run.code == .done)
    #expect(verdicts(run, "files") == ["warn"])
    #expect(run.json.contains { $0["do"]?.string?.hasPrefix("chmod 600 \(database.path)") == true })
    #expect(verdicts(run, "reserve") == ["warn"])
    #expect(verdicts(run, "clock") == ["warn"])
    #expect(verdicts(run, "problem") == ["warn"])
    #expect(
      verdicts(CalledCommand("doctor --offline --json", database: database, now: Instant(milliseconds: 0)), "clock")
        == ["fail"])
  }

  @Test func aRelayWithOtherRulesIsToldOf() throws {
    let database = try DatabaseOnDisk()
    let rules = try rules(in: database)
    let queue = try DurableQueue.open(path: database.path, time: ManualTime(), log: .silent)
    defer { queue.close() }
    _ = try queue.registerRules(text: rules.text)
    let same = CalledCommand("doctor --offline --json --rules", [rules.path], database: database)
    #expect(verdicts(same, "relay") == ["ok"])
    #expect(same.json.contains { $0["text"]?.string == "runs as process \(getpid()), with version 1 of its rules" })
    try (rules.text + " ").write(toFile: rules.path, atomically: true, encoding: .utf8)
    let other = CalledCommand("doctor --offline --json --rules", [rules.path], database: database)
    #expect(verdicts(other, "relay") == ["warn"])
  }

  @Test func destinationsAreConnectedToAndSentNothing() throws {
    let database = try DatabaseOnDisk()
    let server = try ScriptedDestination { _ in .status(200) }
    let closed = try ScriptedDestination { _ in .status(200) }.port
    let text = """
      {"destinations": {
         "here": {"url": "http://127.0.0.1:\(server.port)/in", "allow_private": true},
         "nobody": {"url": "http://127.0.0.1:\(closed)/in", "allow_private": true},
         "later": {"url": "http://127.0.0.1:\(closed)/in", "allow_private": true, "paused": true},
         "private": {"url": "http://localtest.invalid/", "connect_timeout_seconds": 5}},
       "rules": [{"name": "all", "send_to": ["here", "nobody", "later", "private"]}]}
      """
    let path = database.folder.file("rules.json")
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    let run = CalledCommand("doctor --json --rules", [path], database: database)
    #expect(run.code == .failed)
    #expect(verdicts(run, "destination") == ["ok", "fail", "warn", "fail"], "\(run.output)")
    let texts = run.json.filter { $0["check"]?.string == "destination" }.compactMap { $0["text"]?.string }
    #expect(texts.first == "connected to 127.0.0.1")
    #expect(texts.dropFirst().first == "can't be connected to: connection refused")
    #expect(server.requests.isEmpty)
  }
}
