import Foundation
import Glibc
import RelayCore
import TestSupport
import Testing

/// The shipped binary, whose rule file changes under it.
@Suite struct ReloadTests {
  private static func rules(_ destination: String, port: Int, more: String = "", sources: String = "") -> String {
    """
    {"sources": {"telecmi": {"provider": "telecmi", "auth": "none"}\(sources)},
     "destinations": {"\(destination)": \(Workbench.destination(port, more))},
     "rules": [{"name": "all", "send_to": ["\(destination)"]}]}

    """
  }

  private func replace(_ bench: Workbench, _ text: String) throws {
    let draft = bench.rules + ".draft"
    try text.write(toFile: draft, atomically: false, encoding: .utf8)
    rename(draft, bench.rules)
  }

  private func status(_ bench: Workbench) throws -> JSON {
    try JSONParser.parse(CommandRun(["status", "--json", "--database", bench.database]).output)
  }

  private func waitForLoad(_ bench: Workbench, _ condition: String) throws -> Bool {
    try bench.wait("SELECT count(*) FROM rules_load WHERE \(condition)", is: 1)
  }

  @Test func sighupTakesAGoodFileAndRefusesABadOne() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let bench = try Workbench(destinations: #""crm": \#(Workbench.destination(server.port))"#)
    let relay = try bench.start()
    try bench.post(count: 1, to: relay, prefix: "a")
    try replace(bench, Self.rules("archive", port: server.port))
    kill(relay.pid, SIGHUP)
    #expect(try waitForLoad(bench, "version = 2 AND problems = '' AND origin = 'signal'"))
    try bench.post(count: 1, to: relay, prefix: "b")
    try replace(bench, #"{"rules": [{"name": "x", "send_to": ["gone"]}], "relay": {"bad": 1}}"#)
    kill(relay.pid, SIGHUP)
    #expect(try waitForLoad(bench, "version = 2 AND problems <> ''"))
    try bench.post(count: 1, to: relay, prefix: "c")
    #expect(
      try bench.text(
        "SELECT group_concat(rules_version || destination, ' ') FROM (SELECT * FROM delivery JOIN record ON "
          + "record.id = delivery.record ORDER BY delivery.id)") == "1crm 2archive 2archive")
    let rules = try #require(try status(bench)["rules"])
    #expect(rules["refused"] == .bool(true))
    #expect(rules["version"] == .integer(2))
    #expect(rules["problems"]?.array?.count == 2)
    let problems = try CommandRun(["status", "--problems", "--database", bench.database])
    #expect(problems.exitCode == 1)
    #expect(problems.output.hasPrefix("The rule file was refused at "))
    #expect(try relay.metric(#"cdrelay_rules_reloads_total{result="accepted"}"#) == 1)
    #expect(try relay.metric(#"cdrelay_rules_reloads_total{result="refused"}"#) == 1)
    #expect(try relay.metric("cdrelay_rules_refused") == 1)
    #expect(try relay.metric("cdrelay_rules_version") == 2)
    #expect(relay.terminate() == 0)
    #expect(relay.printed.components(separatedBy: "rules.refused ").count == 3)
  }

  @Test func watchLoadsWhatIsSavedHoweverItIsSaved() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let bench = try Workbench(destinations: #""d1": \#(Workbench.destination(server.port))"#, sendTo: #"["d1"]"#)
    let relay = try bench.start(arguments: ["--watch"])
    // Written new and moved into its place.
    try replace(bench, Self.rules("d2", port: server.port))
    #expect(try waitForLoad(bench, "version = 2 AND problems = '' AND origin = 'watch'"))
    // Half of it, then the rest.
    let whole = Self.rules("d3", port: server.port)
    try whole.prefix(40).write(toFile: bench.rules, atomically: false, encoding: .utf8)
    try whole.write(toFile: bench.rules, atomically: false, encoding: .utf8)
    #expect(try waitForLoad(bench, "version = 3 AND problems = ''"))
    // A link that is turned.
    for name in ["d4", "d5"] {
      let target = bench.folder.file("\(name).json")
      try Self.rules(name, port: server.port).write(toFile: target, atomically: false, encoding: .utf8)
      let link = bench.folder.file("link")
      symlink(target, link)
      rename(link, bench.rules)
      #expect(try waitForLoad(bench, "version = \(name == "d4" ? 4 : 5) AND problems = ''"))
    }
    #expect(relay.terminate() == 0)
  }

  @Test func aBadFileAtTheStartMeansTheLastGoodOneAndAFirstStartFails() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let bench = try Workbench(destinations: #""crm": \#(Workbench.destination(server.port))"#)
    let good = try String(contentsOfFile: bench.rules, encoding: .utf8)
    try replace(bench, "{")
    let first = try CommandRun(["serve", "--rules", bench.rules, "--database", bench.database])
    #expect(first.exitCode == 1)
    #expect(first.errors.contains("nothing was started, the rule file has problems:"))
    try replace(bench, good)
    #expect(try bench.start().terminate() == 0)
    try replace(bench, "{")
    let relay = try bench.start()
    try bench.post(count: 1, to: relay)
    #expect(server.wait(requests: 1))
    #expect(relay.prints("rules.last_good_in_force"))
    #expect(try status(bench)["rules"]?["refused"] == .bool(true))
    try replace(bench, good)
    kill(relay.pid, SIGHUP)
    #expect(try waitForLoad(bench, "version = 1 AND problems = ''"))
    #expect(try status(bench)["rules"]?["refused"] == .bool(false))
    #expect(relay.terminate() == 0)
  }

  @Test func aBadFileThatDoesNotSayItsDatabaseIsNotStartedOnTheDefaultName() throws {
    let folder = try TemporaryFolder()
    let advice = "if a relay has run before: start with --database FILE (or $CDRELAY_DATABASE), and the rules accepted "
    let bad = folder.file("bad.json")
    try "{".write(toFile: bad, atomically: false, encoding: .utf8)
    let serve = ["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--rules"]
    let unnamed = try CommandRun(serve + [bad])
    #expect(unnamed.exitCode == 1)
    #expect(unnamed.errors.contains("nothing was started, the rule file has problems:\n\(bad): line 1"))
    #expect(unnamed.errors.contains(advice))
    #expect(try CommandRun(serve + [folder.file("gone.json")]).errors.contains(advice))
    let named = try CommandRun(serve + [bad, "--database", folder.file("none.db")])
    #expect(named.exitCode == 1)
    #expect(!named.errors.contains("if a relay has run before"))
  }

  @Test func aSourceThatLosesItsSecretByAChangeHasItTakenBack() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let bench = try Workbench(
      destinations: #""crm": \#(Workbench.destination(server.port))"#,
      sources: #""shut": {"provider": "telecmi", "auth": {"token": "${THERE}"}}"#)
    let old = try String(contentsOfFile: bench.rules, encoding: .utf8)
    let relay = try bench.start(environment: ["THERE": "a-token-that-is-there"])
    let new = bench.folder.file("new.json")
    try old.replacing("${THERE}", with: "${GONE}").write(toFile: new, atomically: true, encoding: .utf8)
    let applied = try CommandRun(["rules", "apply", new, "--json", "--database", bench.database])
    #expect(applied.exitCode == 1)
    #expect(
      applied.errors.contains("holds the old ones again, and version 3 is in force:\nshut: its requests were answered"))
    #expect(try JSONParser.parse(applied.output)["changed"] == .bool(false))
    #expect(try String(contentsOfFile: bench.rules, encoding: .utf8) == old)
    #expect(
      try HTTPConnection(port: relay.port)
        .post("/hooks/shut/a-token-that-is-there", TeleCMISample.outgoingMissed(id: "x")).status == 200)
    // One that is new was never served.
    try old.replacing(#""shut""#, with: #""late": {"provider": "telecmi", "auth": {"token": "${GONE}"}}, "shut""#)
      .write(toFile: new, atomically: true, encoding: .utf8)
    let added = try CommandRun(["rules", "apply", new, "--database", bench.database])
    #expect(added.exitCode == 0)
    #expect(added.errors.contains("missing for the relay: sources.late.auth.token: secret GONE"))
    #expect(added.errors.contains("; its requests are answered 503"))
    #expect(relay.terminate() == 0)
  }

  @Test func missingSecretsHoldOneDestinationAndOneSource() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let bench = try Workbench(
      destinations: """
        "crm": \(Workbench.destination(server.port)),
        "locked": \(Workbench.destination(server.port, #""headers": {"authorization": "Bearer ${GONE}"},"#))
        """,
      sources: """
        "telecmi": {"provider": "telecmi", "auth": "none"},
        "shut": {"provider": "telecmi", "auth": {"token": "${ALSO_GONE}"}}
        """, sendTo: #"["crm", "locked"]"#, relay: #"{"secrets_file": "\#("SECRETS")"}"#)
    let secrets = bench.folder.file("secrets.env")
    try "OTHER=1\n".write(toFile: secrets, atomically: true, encoding: .utf8)
    let text = try String(contentsOfFile: bench.rules, encoding: .utf8).replacing("SECRETS", with: secrets)
    try replace(bench, text)
    let relay = try bench.start()
    try bench.post(count: 1, to: relay)
    #expect(server.wait(requests: 1))
    let answer = try HTTPConnection(port: relay.port)
      .post("/hooks/shut/%24%7BALSO_GONE%7D", TeleCMISample.outgoingMissed(id: "x"))
    #expect(answer.status == 503)
    #expect(answer.head.lowercased().contains("retry-after: 60"))
    let problems = try CommandRun(["status", "--problems", "--database", bench.database]).output
    #expect(problems.contains("locked: held by a missing secret since "))
    #expect(problems.contains("shut: its requests are answered 503: sources.shut.auth.token: secret ALSO_GONE"))
    try "GONE=1\nALSO_GONE=a-token-that-is-back\n".write(toFile: secrets, atomically: true, encoding: .utf8)
    kill(relay.pid, SIGHUP)
    #expect(server.wait(requests: 2))
    #expect(server.requests.contains { $0["authorization"] == "Bearer 1" })
    #expect(
      try HTTPConnection(port: relay.port)
        .post("/hooks/shut/a-token-that-is-back", TeleCMISample.outgoingMissed(id: "y")).status == 200)
    #expect(relay.terminate() == 0)
    let check = try CommandRun(["rules", "check", bench.rules], environment: ["GONE": "1"])
    #expect(check.exitCode == 0)
    try "".write(toFile: secrets, atomically: true, encoding: .utf8)
    #expect(try CommandRun(["rules", "check", bench.rules]).exitCode == 1)
  }

  @Test func applyAndRollbackSayWhatTheRelaySaid() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let bench = try Workbench(destinations: #""crm": \#(Workbench.destination(server.port))"#)
    let old = try String(contentsOfFile: bench.rules, encoding: .utf8)
    let relay = try bench.start()
    let new = bench.folder.file("new.json")
    try Self.rules("archive", port: server.port).write(toFile: new, atomically: true, encoding: .utf8)
    let applied = try CommandRun(["rules", "apply", new, "--database", bench.database])
    #expect(applied.exitCode == 0, "\(applied.errors)")
    #expect(
      applied.output
        == "\(bench.rules) holds the new rules, and the relay has taken them: version 2 is in force\n")
    #expect(try String(contentsOfFile: bench.rules, encoding: .utf8) == Self.rules("archive", port: server.port))
    // What only the relay can see: it lacks a secret of its own.
    try Self.rules("archive", port: server.port)
      .replacing(#"{"sources""#, with: #"{"relay": {"proxy": "http://u:${PROXY_GONE}@p.example.com:8080"}, "sources""#)
      .write(toFile: new, atomically: true, encoding: .utf8)
    let refused = try CommandRun(["rules", "apply", new, "--database", bench.database])
    #expect(refused.exitCode == 1)
    #expect(
      refused.errors.contains("the relay refused the new rules; version 2 stays in force, and \(bench.rules) holds"))
    #expect(refused.errors.contains("secret PROXY_GONE is not in"))
    #expect(try String(contentsOfFile: bench.rules, encoding: .utf8) == Self.rules("archive", port: server.port))
    let back = try CommandRun(["rules", "rollback", "--database", bench.database])
    #expect(back.exitCode == 0, "\(back.errors)")
    #expect(try String(contentsOfFile: bench.rules, encoding: .utf8) == old)
    #expect(try waitForLoad(bench, "version = 3 AND problems = ''"))
    #expect(relay.terminate() == 0)
    #expect(try bench.integer("SELECT count(*) FROM rules_version WHERE changed_by IS NOT NULL") == 2)
  }
}
