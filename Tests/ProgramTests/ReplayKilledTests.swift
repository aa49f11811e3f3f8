import Foundation
import Glibc
import RelayCore
import SQLite
import TestSupport
import Testing

/// A replay on the shipped binary that dies in the middle, again and again: no delivery is replayed twice.
@Suite struct ReplayKilledTests {
  private static let count = 20_000

  @Test(arguments: ["", "--fresh-id", "--rate 1000"]) func aSecondStartDoesNothingTwice(_ manner: String) throws {
    var random = SeededRandom(seed: UInt64.random(in: 0 ... .max))
    let seed = random.seed
    let database = try DatabaseOnDisk()
    try Self.fill(database)
    let words =
      ["replay", "--state", "dead", "--database", database.path] + manner.split(separator: " ").map(String.init)
    var kills = 0
    while kills < 20, let left = try database.integer("SELECT count(*) FROM delivery WHERE state = 'dead'"), left > 2000
    {
      // The moment of death is a random number of rows away: no clock is needed.
      let goal = left - Int64(random.next() % 1500) - 1
      if try Self.run(words, killAt: goal, database) { kills += 1 }
    }
    #expect(kills > 3, "seed \(seed)")
    #expect(try CommandRun(words).exitCode == 0, "seed \(seed)")
    #expect(try database.text("PRAGMA integrity_check") == "ok", "seed \(seed)")
    let total = Int64(Self.count)
    #expect(try database.integer("SELECT count(*) FROM delivery WHERE state = 'waiting'") == total, "seed \(seed)")
    #expect(
      try database.integer("SELECT count(*) FROM (SELECT DISTINCT record FROM delivery WHERE state = 'waiting')")
        == total,
      "seed \(seed)")
    #expect(try database.integer("SELECT min(replays) * max(replays) FROM delivery WHERE state = 'waiting'") == 1)
    #expect(try database.integer("SELECT sum(count) FROM action") == total, "seed \(seed)")
    #expect(try database.integer("SELECT unsettled FROM queue_count") == total, "seed \(seed)")
    #expect(try database.integer("SELECT count(*) FROM dead_letter") == 0, "seed \(seed)")
    if manner == "--fresh-id" {
      #expect(
        try database.integer(
          """
          SELECT count(*) FROM delivery o JOIN delivery n ON n.id = CAST(substr(o.reason, 22) AS INTEGER)
          WHERE o.state = 'cancelled' AND n.state = 'waiting' AND n.record = o.record
          """) == total, "seed \(seed)")
    }
    if manner.hasPrefix("--rate") {
      // However often it was begun anew, no second has more than its share.
      #expect(
        try database.integer(
          "SELECT max(n) FROM (SELECT count(*) AS n FROM delivery GROUP BY next_attempt_at_ms / 1000)") ?? 0 <= 1000,
        "seed \(seed)")
    }
    print("replay killed: \(kills) x SIGKILL, \(manner.isEmpty ? "plain" : manner), seed \(seed)")
  }

  private static func fill(_ database: DatabaseOnDisk) throws {
    let now = database.now.milliseconds
    try database.execute(
      """
      BEGIN;
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
      INSERT INTO record (id, source, provider, kind, received_at_ms, dedup_key, content_hash, revision, unrouted, sender,
        credential, body_sha256, rules_version, headers, query, body)
      SELECT i * 10, 'telecmi', 'telecmi', 'cdr', \(now), CAST(printf('%024d', i) AS BLOB), zeroblob(16), 0, 0, '192.0.2.7',
        'token', zeroblob(32), 1, '[]', '[]', x'7b7d' FROM n;
      INSERT INTO delivery (id, record, destination, rule, state, created_at_ms, clock_started_at_ms, held_before_ms,
        settled_at_ms, reason)
      SELECT id + 1, id, 'crm', 'all', 'dead', \(now), \(now), 0, \(now), 'given up' FROM record;
      INSERT INTO dead_letter SELECT id, \(now), NULL, 'given up' FROM delivery;
      COMMIT
      """)
  }

  /// Runs the binary and kills it once no more than so many are dead; false where it ended first.
  private static func run(_ words: [String], killAt goal: Int64, _ database: DatabaseOnDisk) throws -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try RelayProcess.binary)
    process.arguments = words
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    while process.isRunning, try database.integer("SELECT count(*) FROM delivery WHERE state = 'dead'") ?? 0 > goal {}
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    return process.terminationReason == .uncaughtSignal
  }

  @Test func aSignalStopsItBehindACommitAndSaysHowFarItCame() throws {
    let database = try DatabaseOnDisk()
    try Self.fill(database)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try RelayProcess.binary)
    process.arguments = ["replay", "--state", "dead", "--database", database.path]
    let errors = Pipe()
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    // Its first change waits for our lock, so that the signal comes before its end.
    try database.execute("BEGIN IMMEDIATE")
    try process.run()
    while process.isRunning, try !Self.catchesInterrupts(process.processIdentifier) {}
    kill(process.processIdentifier, SIGINT)
    try database.execute("ROLLBACK")
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 1)
    #expect(try database.integer("SELECT count(*) FROM delivery WHERE state = 'waiting'") == 500)
    #expect(text.contains("cdrelay: stopped: replayed 500 of 20,000 deliveries; "), "\(text)")
  }

  /// Whether the process has a handler for SIGINT: the second bit of SigCgt (proc(5)).
  private static func catchesInterrupts(_ pid: Int32) throws -> Bool {
    let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }
    let mask = line?.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? 0
    return mask & 2 != 0
  }
}
