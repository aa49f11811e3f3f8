import Foundation
import TestSupport
import Testing

@Suite struct LifetimeTests {
  private static let crm = #""crm": {"url": "https://crm.example.com/calls", "paused": true}"#

  @Test func aSecondInstanceIsRefusedWithASentence() throws {
    let bench = try Workbench(destinations: Self.crm)
    let relay = try bench.start()
    let second = try CommandRun(
      [
        "serve", "--rules", bench.rules, "--database", bench.database, "--listen", "127.0.0.1:0", "--admin",
        "127.0.0.1:0",
      ])
    #expect(second.exitCode == 1)
    #expect(second.errors.contains("another cdrelay (process \(relay.pid)) already serves \(bench.database)"))
    #expect(relay.terminate() == 0)
  }

  @Test(arguments: ["info", "warning", "error"]) func itRunsUntilItIsStoppedHoweverLittleItLogs(level: String) throws {
    let bench = try Workbench(destinations: Self.crm)
    let run = try CommandRun(
      [
        "serve", "--rules", bench.rules, "--database", bench.database, "--listen", "127.0.0.1:0", "--admin",
        "127.0.0.1:0", "--log-level", level,
      ], wrapper: ["timeout", "2"])
    // That of `timeout` where the time was over; the relay's own where it ended by itself.
    #expect(run.exitCode == 124)
  }

  @Test func aSecretThatStandsInTheRuleFileStandsNowhereElse() throws {
    let token = "a-token-of-24-characters"
    let bench = try Workbench(
      destinations: Self.crm, sources: #""telecmi": {"provider": "telecmi", "auth": {"token": "\#(token)"}}"#)
    let relay = try bench.start()
    let answer = try HTTPConnection(port: relay.port)
      .post("/hooks/telecmi/\(token)", TeleCMISample.outgoingMissed(id: "1"))
    #expect(answer.status == 200)
    #expect(relay.terminate() == 0)
    #expect(relay.printed.contains("sources.telecmi.auth.token: a secret stands in the file; use ${NAME}"))
    #expect(!relay.printed.contains(token))
    #expect(try bench.text("SELECT text FROM rules_version")?.contains(#"{"token": "•••"}"#) == true)
    let files = try FileManager.default.contentsOfDirectory(atPath: bench.folder.path).filter { $0 != "rules.json" }
    #expect(files.contains("cdrelay.db"))
    for file in files {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: bench.folder.file(file)))
      #expect(bytes.range(of: Data(token.utf8)) == nil, "\(file)")
    }
  }

  @Test func idleConnectionsDoNotDelayTheEnd() throws {
    let bench = try Workbench(destinations: Self.crm)
    let relay = try bench.start()
    let idle = try (0..<20).map { _ in try HTTPConnection(port: relay.port) }
    for connection in idle { #expect(try connection.get("/healthz").status == 200) }
    let started = Date()
    #expect(relay.terminate() == 0)
    #expect(Date().timeIntervalSince(started) < 10)
  }

  @Test func bothListenersAnswerForTheirHealth() throws {
    let bench = try Workbench(destinations: Self.crm)
    let relay = try bench.start()
    for port in [relay.port, relay.adminPort] {
      let connection = try HTTPConnection(port: port)
      #expect(try connection.get("/healthz").text == #"{"status":"alive"}"#)
      #expect(try connection.get("/readyz").text == #"{"status":"ready"}"#)
    }
    #expect(try HTTPConnection(port: relay.adminPort).post("/hooks/telecmi", Array("{}".utf8)).status == 405)
    #expect(relay.terminate() == 0)
  }

  @Test func anAddressThatIsTakenLeavesNoDatabaseBehind() throws {
    let bench = try Workbench(destinations: Self.crm)
    let relay = try bench.start()
    let other = bench.folder.file("other.db")
    for (option, port) in [("--listen", relay.port), ("--admin", relay.adminPort)] {
      let free = option == "--listen" ? "--admin" : "--listen"
      let second = try CommandRun(
        ["serve", "--rules", bench.rules, "--database", other, option, "127.0.0.1:\(port)", free, "127.0.0.1:0"])
      #expect(second.exitCode == 1)
      #expect(second.errors.contains("127.0.0.1:\(port): address already in use"), "\(second.errors)")
      #expect(!FileManager.default.fileExists(atPath: other))
    }
    #expect(relay.terminate() == 0)
  }

  @Test func aBadRuleFileStartsNothingAndNamesAllItsProblems() throws {
    let bench = try Workbench(destinations: #""crm": {"url": "ftp://x", "timeout": 3}"#)
    let run = try CommandRun(["serve", "--rules", bench.rules, "--database", bench.database])
    #expect(run.exitCode == 1)
    #expect(run.errors.contains("destinations.crm.url"))
    #expect(run.errors.contains("destinations.crm.timeout"))
    #expect(!FileManager.default.fileExists(atPath: bench.database))
  }

  @Test func theDemoTellsTheWholeWay() throws {
    let run = try CommandRun(["demo"])
    #expect(run.exitCode == 0, "\(run.output)\(run.errors)")
    #expect(run.output.contains("Nothing was lost"))
    #expect(run.output.contains("replayed 2 deliveries"))
  }
}
