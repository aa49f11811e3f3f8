import Foundation
import Glibc
import SQLite
import TestSupport
import Testing

/// The shipped binary on a disk that is full. Senders are told 503 and nothing else, what was acknowledged stays, sending
/// goes on, and all is well again by itself when there is room.
@Suite(.serialized) struct FullDiskTests {
  private static let senders = 6

  /// 8 MiB must be free, and 4 MiB are kept in reserve, on a disk of 96 MiB.
  private static func rules(_ destination: Int) -> String {
    """
    {"relay": {"queue": {"min_free_bytes": 8388608, "reserve_bytes": 4194304}},
     "sources": {"telecmi": {"provider": "telecmi", "auth": {"token": "the-token"}}},
     "destinations": {"crm": {"url": "http://127.0.0.1:\(destination)/in", "allow_private": true}},
     "rules": [{"name": "all", "send_to": ["crm"]}]}
    """
  }

  private static let canMount: Bool = {
    do {
      _ = try SmallDisk(mebibytes: 1)
      return true
    } catch {
      print("FullDiskTests: \(error). The test with injected errors (strace) runs in its place.")
      return false
    }
  }()

  @Test(.enabled(if: canMount, "no file system can be mounted here; the test with injected errors runs"))
  func threeTimesFullAndFreedLosesNothing() throws {
    let disk = try SmallDisk(mebibytes: 96)
    let folder = try TemporaryFolder()
    let destination = try ScriptedDestination { _ in .status(200) }
    try Self.rules(destination.port).write(toFile: folder.file("rules.json"), atomically: true, encoding: .utf8)
    let relay = try RelayProcess(
      rules: folder.file("rules.json"), database: disk.inside("cdrelay.db"), wrapper: disk.wrapper)
    let senders = Senders(port: relay.port, count: Self.senders, bodyBytes: 2000)
    var recoveries: [Double] = []
    for round in 1...3 {
      let before = senders.ledger
      #expect(senders.wait { $0.acknowledged.count >= before.acknowledged.count + 200 }, "round \(round): no load")
      disk.fill()
      #expect(
        senders.wait { $0.statuses[503, default: 0] >= before.statuses[503, default: 0] + 100 },
        "round \(round): a full disk was not told")
      try Self.checkWhileFull(relay, disk, destination, round)
      let full = senders.ledger
      disk.free()
      let freed = Date()
      #expect(
        senders.wait { $0.acknowledged.count >= full.acknowledged.count + 100 }, "round \(round): no recovery")
      recoveries.append(Date().timeIntervalSince(freed))
    }
    senders.stop()
    #expect(recoveries.allSatisfy { $0 < 5 }, "seconds until 100 more were taken: \(recoveries)")
    #expect(try Self.readiness(relay) == 200)
    let ledger = senders.ledger
    #expect(Set(ledger.statuses.keys) == [200, 503], "\(ledger.statuses)")
    #expect(ledger.unanswered == 0)
    #expect(ledger.refusalsWithoutTime == 0)
    #expect(ledger.refusals.allSatisfy { $0.contains("disk") && !$0.contains("the-token") }, "\(ledger.refusals)")
    #expect(relay.terminate() == 0)
    try Self.checkKept(disk, ledger)
    print(
      "full disk: \(ledger.acknowledged.count) acknowledged, statuses \(ledger.statuses), slowest answer "
        + "\(ledger.slowest) s, seconds to recover \(recoveries)")
  }

  /// Everything but records works: what was acknowledged is sent and settled, commands change things, health tells.
  private static func checkWhileFull(
    _ relay: RelayProcess, _ disk: SmallDisk, _ destination: ScriptedDestination, _ round: Int
  ) throws {
    #expect(try readiness(relay) == 503)
    let status = try command(disk, ["status", "--problems"])
    #expect(status.exitCode == 1 && status.output.contains("Records are refused with 503"), "\(status)")
    // All that was acknowledged goes out and is settled, on the full disk.
    let end = Date().addingTimeInterval(60)
    var waiting = ""
    while Date() < end {
      let open = ["--state", "waiting", "--state", "sending"]
      waiting = try command(disk, ["deliveries", "list"] + open + ["--json", "--limit", "1"]).output
      if waiting.isEmpty { break }
    }
    #expect(waiting.isEmpty, "round \(round): deliveries are not settled while the disk is full: \(waiting)")
    let replay = try command(disk, ["replay", "--state", "delivered", "--limit", "50", "--yes"])
    #expect(replay.exitCode == 0, "round \(round): \(replay.errors)")
  }

  private static func readiness(_ relay: RelayProcess) throws -> Int {
    try HTTPConnection(port: relay.adminPort).get("/readyz").status
  }

  private static func command(_ disk: SmallDisk, _ words: [String]) throws -> CommandRun {
    try CommandRun(words + ["--database", disk.inside("cdrelay.db")], wrapper: disk.wrapper)
  }

  private static func checkKept(_ disk: SmallDisk, _ ledger: Senders.Ledger) throws {
    let folder = try TemporaryFolder()
    let copy = try Connection(path: disk.copyDatabase(to: folder), mode: .readWrite)
    #expect(try copy.text("PRAGMA integrity_check") == "ok")
    let rows = try copy.prepare("SELECT call_id FROM record")
    var kept: Set<String> = []
    while try rows.step() { kept.insert(rows.text(0)) }
    let missing = ledger.acknowledged.subtracting(kept)
    #expect(missing.isEmpty, "\(missing.count) of \(ledger.acknowledged.count) acknowledged records are missing")
    #expect(
      try copy.integer("SELECT unsettled FROM queue_count")
        == copy.integer("SELECT count(*) FROM delivery WHERE state IN ('waiting', 'sending')"))
  }

  @Test(.enabled(if: canMount, "no file system can be mounted here; the test with injected errors runs"))
  func aRelayStartsOnAFullDiskAndTakesRecordsWhenThereIsRoom() throws {
    let disk = try SmallDisk(mebibytes: 32)
    let folder = try TemporaryFolder()
    let rules = folder.file("rules.json")
    try Self.rules(9).write(toFile: rules, atomically: true, encoding: .utf8)
    let first = try RelayProcess(rules: rules, database: disk.inside("cdrelay.db"), wrapper: disk.wrapper)
    let connection = try HTTPConnection(port: first.port)
    #expect(try connection.post("/hooks/telecmi/the-token", TeleCMISample.outgoingMissed(id: "a")).status == 200)
    first.kill9()
    disk.fill()
    // Other rules: even that must be written.
    try Self.rules(10).write(toFile: rules, atomically: true, encoding: .utf8)
    let second = try RelayProcess(rules: rules, database: disk.inside("cdrelay.db"), wrapper: disk.wrapper)
    let again = try HTTPConnection(port: second.port)
    #expect(try again.post("/hooks/telecmi/the-token", TeleCMISample.outgoingMissed(id: "b")).status == 503)
    disk.free()
    let senders = Senders(port: second.port, count: 1, bodyBytes: 10)
    #expect(senders.wait { !$0.acknowledged.isEmpty })
    senders.stop()
    #expect(second.terminate() == 0)
  }

  /// A call that can't be stored is not dialled, and its key may ask again once there is room.
  @Test(.enabled(if: canMount, "no file system can be mounted here; CallingTests has a commit that fails"))
  func onAFullDiskNothingIsDialled() throws {
    let disk = try SmallDisk(mebibytes: 32)
    let folder = try TemporaryFolder()
    let provider = try ScriptedDestination { request in
      .status(200, body: #"{"code":200,"request_id":"r-\#(request.number)"}"#)
    }
    let text = """
      {"relay": {"queue": {"min_free_bytes": 8388608, "reserve_bytes": 4194304}},
       "sources": {"telecmi": {"provider": "telecmi", "auth": "none", "app_ids": [2222223],
         "api": {"base_url": "\(provider.url)", "secret": "the-app-secret", "allow_private": true}}},
       "clients": {"crm": {"token": "the-token-of-the-crm", "caller_ids": "any", "to_prefixes": "any",
         "rate_per_minute": 1000, "rate_per_day": 1000}}}
      """
    try text.write(toFile: folder.file("rules.json"), atomically: true, encoding: .utf8)
    let relay = try RelayProcess(
      rules: folder.file("rules.json"), database: disk.inside("cdrelay.db"), arguments: ["--calls", "127.0.0.1:0"],
      wrapper: disk.wrapper)
    let port = try relay.callsPort
    func click(_ key: String) throws -> HTTPConnection.Response {
      try HTTPConnection(port: port, timeoutSeconds: 60).post(
        "/calls/telecmi", Array(#"{"user_id": "203_2222223", "to": 442000000001}"#.utf8),
        headers: [("Authorization", "Bearer the-token-of-the-crm"), ("Idempotency-Key", key)])
    }
    #expect(try click("before").status == 201)
    disk.fill()
    // What the reserve still takes is stored and dialled; then nothing is.
    var placed = 1
    var refused: String?
    for number in 0..<500 where refused == nil {
      let answer = try click("full-\(number)")
      if answer.status == 201 { placed += 1 } else { refused = "full-\(number)" }
      #expect(answer.status == 201 || answer.status == 503, "\(answer.text)")
      if answer.status == 503 {
        #expect(answer.text.contains("nothing was dialled") && answer.head.lowercased().contains("retry-after:"))
      }
    }
    let key = try #require(refused)
    #expect(try click(key).status == 503)
    #expect(provider.requests.count == placed)
    disk.free()
    let end = Date().addingTimeInterval(60)
    var again = try click(key)
    while again.status == 503, Date() < end { again = try click(key) }
    #expect(again.status == 201, "\(again.text)")
    #expect(provider.requests.count == placed + 1)
    #expect(try click(key).body == again.body && provider.requests.count == placed + 1)
    #expect(relay.terminate() == 0)
  }

  /// Needs no mount: from its 400th to its 415th write, behind those that make the tables, the log finds no room, as strace has it.
  @Test func writesThatFindNoRoomAreAnswered503AndNothingIsLost() throws {
    let folder = try TemporaryFolder()
    let destination = try ScriptedDestination { _ in .status(200) }
    try Self.rules(destination.port).write(toFile: folder.file("rules.json"), atomically: true, encoding: .utf8)
    let database = folder.file("cdrelay.db")
    let relay = try RelayProcess(
      rules: folder.file("rules.json"), database: database,
      wrapper: [
        "strace", "-D", "-f", "-o", "/dev/null", "-e", "trace=pwrite64", "-e",
        "inject=pwrite64:error=ENOSPC:when=400..415", "-P", database + "-wal",
      ])
    let senders = Senders(port: relay.port, count: 3, bodyBytes: 500)
    #expect(senders.wait { $0.statuses[503, default: 0] > 0 && $0.acknowledged.count > 300 })
    senders.stop()
    let ledger = senders.ledger
    #expect(Set(ledger.statuses.keys) == [200, 503] && ledger.unanswered == 0, "\(ledger.statuses)")
    #expect(relay.terminate() == 0)
    let connection = try Connection(path: database, mode: .readOnly)
    #expect(try connection.text("PRAGMA integrity_check") == "ok")
    #expect(try connection.integer("SELECT count(*) FROM record").map(Int.init) ?? 0 >= ledger.acknowledged.count)
    #expect(relay.printed.contains("queue.refuses_records") && relay.printed.contains("queue.takes_records_again"))
  }
}
