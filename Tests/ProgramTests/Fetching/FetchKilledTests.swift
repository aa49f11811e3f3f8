import Foundation
import Glibc
import RelayCore
import SQLite
import Simulator
import TestSupport
import Testing

@testable import cdrelay

/// The acceptance test of fetching, on the shipped binary: a day of calls, two hours of which were lost; `backfill` is killed
/// in the middle, again and again. CDRELAY_FETCH_CALLS=20000 makes it the whole day of a call centre, and takes minutes.
@Suite(.serialized) struct FetchKilledTests {
  private static let calls = ProcessInfo.processInfo.environment["CDRELAY_FETCH_CALLS"].flatMap { Int($0) } ?? 2000

  @Test(arguments: ["telecmi", "callr"]) func aSecondStartFetchesTheRestAndNothingTwice(provider: String) throws {
    var random = SeededRandom(seed: UInt64.random(in: 0 ... .max))
    let seed = random.seed
    let fixture = try SimulatedProviderFixture(provider == "telecmi" ? .telecmi : .callr(.mixed), calls: Self.calls)
    let missing = fixture.missing
    let span = [SimulatedProviderFixture.span, SimulatedProviderFixture.end]
    let place = ["--rules", fixture.rules, "--database", fixture.database, "--json", "--limit", "100000"]
    let found = try CommandRun(["reconcile", fixture.source, "--since", span[0], "--until", span[1]] + place)
    #expect(found.exitCode == 1, "\(found.errors)")
    #expect(try Self.ids(found, "missing") == missing, "named exactly, seed \(seed)")
    #expect(try Self.ids(found, "extra") == [])

    let words = ["backfill", fixture.source, "--from", span[0], "--to", span[1]] + place
    var kills = 0
    var stored: Int64 = 0
    while kills < 3, stored < Int64(missing.count) * 3 / 4 {
      // The moment of death is a random number of rows away: no clock is needed.
      let goal = stored + 1 + Int64(random.next() % UInt64(max(1, missing.count / 4)))
      guard try Self.run(words, killAt: goal, fixture) else { break }
      kills += 1
      stored = try fixture.integer(Self.count) ?? 0
    }
    #expect(kills > 0, "seed \(seed)")
    let last = try CommandRun(words)
    #expect(last.exitCode == 0, "\(last.errors)")
    #expect(try fixture.integer(Self.count) == Int64(missing.count), "seed \(seed)")
    #expect(
      try fixture.integer("SELECT count(DISTINCT call_id) FROM record WHERE credential = 'backfill'")
        == Int64(missing.count))
    #expect(
      try fixture.integer(
        "SELECT count(*) FROM delivery d JOIN record r ON r.id = d.record WHERE r.credential = 'backfill'")
        == Int64(missing.count))
    #expect(try fixture.integer("SELECT sum(count) FROM action") == Int64(missing.count), "seed \(seed)")
    #expect(try fixture.text("PRAGMA integrity_check") == "ok")
    let again = try CommandRun(words)
    #expect(try JSONParser.parse(again.output)["new"] == .integer(0))
    #expect(try fixture.integer(Self.count) == Int64(missing.count))
    print("fetch killed: \(provider), \(missing.count) missing, \(kills) x SIGKILL, seed \(seed)")
  }

  private static let count = "SELECT count(*) FROM record WHERE credential = 'backfill'"

  private static func ids(_ run: CommandRun, _ finding: String) throws -> Set<String> {
    let calls = try JSONParser.parse(run.output)["calls"]?.array ?? []
    return Set(calls.filter { $0["finding"] == .string(finding) }.compactMap { $0["id"]?.string })
  }

  /// Runs the binary and kills it once so many are stored; false where it ended first.
  private static func run(_ words: [String], killAt goal: Int64, _ fixture: SimulatedProviderFixture) throws -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try RelayProcess.binary)
    process.arguments = words
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let database = try Connection(path: fixture.database, mode: .readOnly)
    while process.isRunning, try database.integer(count) ?? 0 < goal { usleep(2000) }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    return process.terminationReason == .uncaughtSignal
  }
}
