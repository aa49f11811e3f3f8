import Foundation
import RelayCore
import SQLite
import Synchronization
import TestSupport
import Testing

/// Destinations in trouble, through the shipped binary.
@Suite struct TroubleTests {
  @Test func anOutageDelaysAndLosesNothing() throws {
    let isDown = Mutex(true)
    let destination = try ScriptedDestination { _ in .status(isDown.withLock { $0 } ? 503 : 200) }
    let crm = Workbench.destination(destination.port, retry: #""breaker_after": "never","#)
    let bench = try Workbench(destinations: #""crm": \#(crm)"#)
    let relay = try bench.start()
    try bench.post(count: 20, to: relay)
    // Each is refused at least twice, so that the second delay's bound stands in the file.
    #expect(destination.wait(requests: 60))
    isDown.withLock { $0 = false }
    #expect(try bench.wait("SELECT count(*) FROM delivery WHERE state = 'delivered'", is: 20))
    #expect(relay.terminate() == 0)
    #expect(try bench.integer("SELECT count(*) FROM attempt WHERE status = 503 AND outcome = 'retry'") >= 40)
    #expect(try bench.integer("SELECT count(*) FROM attempt WHERE outcome = 'delivered' AND status = 200") == 20)
    // The n-th attempt comes no earlier than half the bound of the delay before it: 0.1 s, then 0.2 s.
    let gaps = """
      SELECT min(b.started_at_ms - a.started_at_ms - a.took_ms) FROM attempt a
      JOIN attempt b ON b.delivery = a.delivery AND b.number = a.number + 1 WHERE a.number =
      """
    #expect(try bench.integer("\(gaps) 1") >= 49)
    #expect(try bench.integer("\(gaps) 2") >= 99)
  }

  @Test func anOpenBreakerSparesTheDestinationAndClosesByItself() throws {
    let isDown = Mutex(true)
    let destination = try ScriptedDestination { _ in .status(isDown.withLock { $0 } ? 503 : 200) }
    let bench = try Workbench(destinations: #""crm": \#(Workbench.destination(destination.port))"#)
    let relay = try bench.start()
    try bench.post(count: 200, to: relay)
    #expect(
      try bench.wait("SELECT count(*) FROM hold WHERE kind = 'breaker' AND until_at_ms > since_at_ms + 500", is: 1))
    #expect(destination.requests.count < 100, "the breaker opened behind ten failures; since then it was probed")
    isDown.withLock { $0 = false }
    #expect(try bench.wait("SELECT count(*) FROM delivery WHERE state = 'delivered'", is: 200))
    #expect(try bench.wait("SELECT count(*) FROM hold", is: 0))
    #expect(relay.prints("destination.held destination=crm kind=breaker"))
    #expect(relay.prints("destination.released destination=crm kind=breaker"))
    #expect(relay.terminate() == 0)
  }

  @Test func goneIsDeadAtOnceAndAReplayBringsItBack() throws {
    let status = Mutex(410)
    let destination = try ScriptedDestination { _ in .status(status.withLock { $0 }) }
    let bench = try Workbench(destinations: #""crm": \#(Workbench.destination(destination.port))"#)
    let relay = try bench.start()
    try bench.post(count: 3, to: relay)
    #expect(try bench.wait("SELECT count(*) FROM dead_letter", is: 3))
    #expect(destination.requests.count == 3)
    #expect(try bench.text("SELECT reason FROM dead_letter")?.contains("410") == true)

    status.withLock { $0 = 200 }
    let replay = try CommandRun(["replay", "--state", "dead", "--destination", "crm", "--database", bench.database])
    #expect(replay.exitCode == 0, "\(replay.errors)")
    #expect(try bench.wait("SELECT count(*) FROM delivery WHERE state = 'delivered'", is: 3))
    #expect(try bench.integer("SELECT count(*) FROM dead_letter") == 0)
    #expect(try bench.integer("SELECT count FROM action") == 3)
    let ids = Set(destination.requests.compactMap { $0["idempotency-key"] })
    #expect(ids.count == 3, "the id of a delivery never changes, also on replay")
    #expect(relay.terminate() == 0)
  }

  @Test func whatWasReplayedFromQuarantineIsKnownWhenItComesAgain() throws {
    let destination = try ScriptedDestination { _ in .status(200) }
    let bench = try Workbench(destinations: #""crm": \#(Workbench.destination(destination.port))"#)
    let relay = try bench.start()
    let connection = try HTTPConnection(port: relay.port)
    #expect(try connection.post("/hooks/telecmi", Array("{broken".utf8)).status == 400)
    let mended = bench.folder.file("mended.json")
    try Data(TeleCMISample.outgoingMissed(id: "mended")).write(to: URL(fileURLWithPath: mended))
    let id = try #require(try bench.text("SELECT CAST(id AS TEXT) FROM quarantine"))
    let replay = try CommandRun(["quarantine", "replay", id, "--body", mended, "--database", bench.database])
    #expect(replay.exitCode == 0, "\(replay.errors)")
    let again = try connection.post("/hooks/telecmi", TeleCMISample.outgoingMissed(id: "mended"))
    #expect(again.text.contains(#""status":"duplicate""#), "\(again.text)")
    #expect(try bench.wait("SELECT count(*) FROM delivery WHERE state = 'delivered'", is: 1))
    #expect(relay.terminate() == 0)
  }

  /// The secret was changed here and not in the provider's dashboard, or the other way round.
  @Test func aSecretChangedOnOneSideOnlyLosesNoRecord() throws {
    let destination = try ScriptedDestination { _ in .status(200) }
    let bench = try Workbench(
      destinations: #""crm": \#(Workbench.destination(destination.port))"#,
      sources: """
        "telecmi": {"provider": "telecmi", "auth": {"token": "the-new-token-1234"}, "keep_refused": {"count": 10, "days": 1}}
        """)
    let relay = try bench.start()
    let connection = try HTTPConnection(port: relay.port)
    for number in 0..<3 {
      let body = TeleCMISample.outgoingMissed(id: "id-\(number)")
      #expect(try connection.post("/hooks/telecmi/the-old-token-1234", body).status == 401)
    }
    #expect(try connection.post("/hooks/telecmi/a-strangers-guess", Array("{}".utf8)).status == 401)
    #expect(try bench.wait("SELECT count(*) FROM refused", is: 4))
    #expect(try HTTPConnection(port: relay.adminPort).get("/metrics").text.contains("cdrelay_refused_kept_total 4\n"))
    let credential = try #require(try bench.text("SELECT credential FROM refused ORDER BY id"))
    let replay = try CommandRun(["refused", "replay", "--credential", credential, "--database", bench.database])
    #expect(replay.exitCode == 0, "\(replay.errors)")
    #expect(try bench.wait("SELECT count(*) FROM delivery WHERE state = 'delivered'", is: 3))
    #expect(try bench.integer("SELECT count(*) FROM record WHERE credential LIKE 'refused, replayed by %'") == 3)
    // The provider, told of the new token, sends one again.
    let again = try connection.post("/hooks/telecmi/the-new-token-1234", TeleCMISample.outgoingMissed(id: "id-0"))
    #expect(again.text.contains(#""status":"duplicate""#), "\(again.text)")
    #expect(relay.terminate() == 0)
    for name in try FileManager.default.contentsOfDirectory(atPath: bench.folder.path) where name != "rules.json" {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: bench.folder.file(name)))
      #expect(bytes.range(of: Data("the-old-token-1234".utf8)) == nil, "\(name)")
    }
    #expect(!relay.printed.contains("the-old-token-1234"))
  }

  @Test func refusedCredentialsHoldTheDestinationOverRestarts() throws {
    let destination = try ScriptedDestination { $0["authorization"] == "Bearer new" ? .status(200) : .status(401) }
    let crm = Workbench.destination(destination.port, #""headers": {"authorization": "Bearer ${KEY}"},"#)
    let bench = try Workbench(destinations: #""crm": \#(crm)"#)
    for round in 0..<2 {
      let relay = try bench.start(environment: ["KEY": "old"])
      try bench.post(count: 250, to: relay, prefix: "round-\(round)-")
      #expect(try bench.wait("SELECT count(*) FROM hold WHERE kind = 'credentials'", is: 1))
      #expect(relay.terminate() == 0)
    }
    #expect(try bench.integer("SELECT count(*) FROM delivery WHERE state = 'waiting'") == 500)
    #expect(try bench.integer("SELECT count(*) FROM delivery WHERE state = 'dead'") == 0)
    // It was not asked 500 times.
    #expect(destination.requests.count < 50)
    let status = try CommandRun(["status", "--json", "--database", bench.database])
    #expect(status.output.contains("401"))

    let mended = try bench.start(environment: ["KEY": "new"])
    #expect(try bench.wait("SELECT count(*) FROM delivery WHERE state = 'delivered'", is: 500))
    #expect(try bench.integer("SELECT count(*) FROM hold") == 0)
    #expect(mended.terminate() == 0)
  }

  @Test func aDestinationThatNeverAnswersDoesNotSlowTheOther() throws {
    let silent = try ScriptedDestination { _ in .silence }
    let healthy = try ScriptedDestination { _ in .status(200) }
    let bench = try Workbench(
      destinations: """
        "silent": \(Workbench.destination(silent.port, #""timeout_seconds": 120,"#)), "healthy": \(Workbench.destination(healthy.port))
        """,
      sendTo: #"["silent", "healthy"]"#)
    let relay = try bench.start()
    try bench.post(count: 300, to: relay)
    // All of the healthy one's before the silent one's first time-out.
    #expect(healthy.wait(requests: 300))
    #expect(silent.requests.count <= 8, "max_in_flight is 8")
    #expect(relay.terminate() == 0)
    #expect(
      try bench.integer("SELECT count(*) FROM delivery WHERE destination = 'silent' AND state = 'waiting'") == 300)
  }
}
