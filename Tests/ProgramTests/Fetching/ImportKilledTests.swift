import Foundation
import Glibc
import RelayCore
import Rules
import SQLite
import TestSupport
import Testing

@testable import cdrelay

/// `import` of the shipped binary that dies in the middle, again and again: every good row of the file is stored once, every
/// bad one is in quarantine once.
@Suite(.serialized) struct ImportKilledTests {
  @Test(arguments: [false, true]) func aSecondStartDoesTheRestAndNothingTwice(hasIDs: Bool) throws {
    var random = SeededRandom(seed: UInt64.random(in: 0 ... .max))
    let seed = random.seed
    let file = try ImportedFile(rows: 12_000, hasIDs: hasIDs, &random)
    let missing = Int64(file.missing.count)
    var kills = 0
    var stored: Int64 = 0
    while kills < 3 {
      // The moment of death is a random number of rows away, and up to 20 ms on: between two commits, or in one.
      let goal = stored + Int64(random.next() % UInt64(missing / 4))
      guard try file.run(killAt: goal, pause: UInt32(random.next() % 20_000)) else { break }
      kills += 1
      stored = try file.integer(ImportedFile.count) ?? 0
    }
    #expect(kills > 0, "seed \(seed)")
    let last = try CommandRun(file.words)
    #expect(last.exitCode == 1, "the bad rows, seed \(seed)")
    try file.expectAllOnce("seed \(seed)")
    let again = try CommandRun(file.words)
    let counts = try JSONParser.parse(again.output)
    #expect(counts["stored"] == .integer(0) && counts["different"] == .integer(0), "seed \(seed): \(again.output)")
    #expect(counts["known"] == .integer(Int64(file.good)), "seed \(seed)")
    #expect(counts["bad"] == .integer(Int64(file.bad.count)), "seed \(seed)")
    try file.expectAllOnce("again, seed \(seed)")
    print("import killed: \(hasIDs ? "ids" : "no ids"), \(missing) missing, \(kills) x SIGKILL, seed \(seed)")
  }

  @Test(arguments: [SIGINT, SIGTERM]) func aSignalStopsItBehindACommitAndSaysWhatToDo(signal: Int32) throws {
    var random = SeededRandom(seed: 1)
    let file = try ImportedFile(rows: 12_000, hasIDs: true, &random)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try RelayProcess.binary)
    process.arguments = file.words
    let errors = Pipe()
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    // Its first change waits for our lock, so that the signal comes before its end.
    let lock = try Connection(path: file.database, mode: .readWrite)
    try lock.execute("BEGIN IMMEDIATE")
    try process.run()
    while process.isRunning, try !catches(signal, process.processIdentifier) { usleep(2000) }
    kill(process.processIdentifier, signal)
    try lock.execute("ROLLBACK")
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 1)
    let stored = try file.integer(ImportedFile.count) ?? 0
    #expect(
      text.contains("cdrelay: stopped behind 5,")
        && text.contains(
          " rows, of which \(Phrases.grouped(Int(stored))) were stored; the same command does the rest, and nothing twice\n"
        ), "\(text)")
    #expect(try CommandRun(file.words).exitCode == 1)
    try file.expectAllOnce("behind a signal")
  }

  /// Whether the process has a handler for it: its bit of SigCgt (proc(5)).
  private func catches(_ signal: Int32, _ pid: Int32) throws -> Bool {
    let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }
    let mask = line?.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? 0
    return mask & (1 << UInt64(signal - 1)) != 0
  }
}

/// A table of calls, of which a third came by webhook before, and a fiftieth of whose rows is bad.
private struct ImportedFile {
  let folder: TemporaryFolder
  let database: String
  let words: [String]
  /// `from@time` of the calls that are not stored yet.
  private(set) var missing: Set<String> = []
  /// The line of each bad row, and why it is one.
  private(set) var bad: [Int: String] = [:]
  private(set) var good = 0

  static let count = "SELECT count(*) FROM record WHERE credential LIKE 'import by %'"

  init(rows: Int, hasIDs: Bool, _ random: inout SeededRandom) throws {
    folder = try TemporaryFolder()
    database = folder.file("cdrelay.db")
    let (rules, table) = (folder.file("rules.json"), folder.file("calls.csv"))
    words =
      ["import", "telecmi", table, "--list", "answered", "--rules", rules, "--database", database, "--json"]
    try """
    {"sources": {"telecmi": {"provider": "telecmi", "auth": "none", "app_ids": [2222223]}},
     "destinations": {"crm": {"url": "https://crm.example.com/", "paused": true}},
     "rules": [{"name": "calls", "send_to": ["crm"]}]}
    """.write(toFile: rules, atomically: true, encoding: .utf8)
    var text = hasIDs ? "cmiuid," : ""
    text += "from,to,time,duration,billedsec,agent\n"
    var webhooks: [StoredWebhooks.Webhook] = []
    var time: Int64 = 1_759_309_200_000
    for row in 0..<rows {
      let (line, id) = (row + 2, "id-\(row)")
      time += Int64(random.next() % 20_000) + 1
      let from = 33_100_000_000 + Int64(random.next() % 1_000_000)
      let talked = Int64(random.next() % 500) + 1
      let cells = "\(from),440000000001,\(time),\(talked + 9),\(talked),204_2222223"
      text += hasIDs ? id + "," : ""
      switch random.next() % 150 {
      case 0:
        text += "\(from),440000000001,yesterday,9,\(row),204_2222223\n"
        bad[line] = "no time that can be read"
      case 1:
        text += "\(from),\(row)\n"
        bad[line] = "as in the first row, found"
      case 2:
        text += "\(from),\"\(row)\"x,1,2,3,4\n"
        bad[line] = "text behind a closing quote"
      default:
        text += cells + "\n"
        good += 1
        guard random.next() % 3 == 0 else {
          missing.insert("\(from)@\(time)")
          continue
        }
        let body: JSONObject = [
          "type": .string("cdr"), "appid": .integer(2_222_223), "direction": .string("inbound"),
          "status": .string("answered"), "time": .integer(time), "cmiuuid": .string(id), "from": .integer(from),
          "to": .integer(440_000_000_001), "answeredsec": .integer(talked), "user": .string("204_2222223"),
        ]
        webhooks.append(StoredWebhooks.Webhook(body: JSON.object(body).bytes, at: Instant(milliseconds: time)))
      }
    }
    try text.write(toFile: table, atomically: true, encoding: .utf8)
    let loaded = try RuleFile.load(path: rules, secrets: SecretsResolver(environment: [:]))
    try StoredWebhooks.store(
      webhooks, of: "telecmi", loaded, in: database, openedAt: Instant(milliseconds: 1_759_309_200_000))
  }

  func integer(_ sql: String) throws -> Int64? {
    try Connection(path: database, mode: .readOnly).integer(sql)
  }

  /// Runs the binary and kills it once so many are stored; false where it ended first.
  func run(killAt goal: Int64, pause: UInt32) throws -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try RelayProcess.binary)
    process.arguments = words
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let database = try Connection(path: database, mode: .readOnly)
    while process.isRunning, try database.integer(Self.count) ?? 0 < goal { usleep(1000) }
    usleep(pause)
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    return process.terminationReason == .uncaughtSignal
  }

  /// Against the file: each of its calls stands there once, whoever brought it, and each bad row, with line and reason.
  func expectAllOnce(_ comment: Comment) throws {
    let connection = try Connection(path: database, mode: .readOnly)
    let stored = try connection.texts(
      """
      SELECT json_extract(body, '$.from') || '@' || json_extract(body, '$.time')
      FROM (SELECT CAST(body AS TEXT) AS body, credential FROM record) WHERE credential LIKE 'import by %'
      """)
    #expect(stored.count == missing.count && Set(stored) == missing, comment)
    #expect(try connection.integer("SELECT count(*) FROM record") == Int64(good), comment)
    #expect(try connection.integer("SELECT count(*) FROM delivery") == Int64(good), comment)
    #expect(try connection.integer("SELECT count(DISTINCT record) FROM delivery") == Int64(good), comment)
    #expect(try connection.integer("SELECT sum(count) FROM action") == Int64(missing.count), comment)
    let kept = try connection.texts("SELECT reason FROM quarantine WHERE times = 1 AND state = 'kept'")
    #expect(kept.count == bad.count, comment)
    for (line, reason) in bad {
      #expect(kept.count { $0.hasPrefix("calls.csv line \(line): ") && $0.contains(reason) } == 1, comment)
    }
    #expect(try connection.text("PRAGMA integrity_check") == "ok", comment)
  }
}

extension Connection {
  fileprivate func texts(_ sql: String) throws -> [String] {
    let statement = try prepare(sql)
    var texts: [String] = []
    while try statement.step() { texts.append(statement.text(0)) }
    return texts
  }
}
