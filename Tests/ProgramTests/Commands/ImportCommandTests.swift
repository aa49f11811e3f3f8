import Foundation
import Glibc
import RelayCore
import Rules
import SQLite
import TestSupport
import Testing

@testable import cdrelay

@Suite struct ImportCommandTests {
  private let folder: TemporaryFolder
  private let database: String

  init() throws {
    folder = try TemporaryFolder()
    database = folder.file("cdrelay.db")
    try write(
      "rules.json",
      """
      {"sources": {
         "telecmi": {"provider": "telecmi", "auth": "none", "app_ids": [2222223],
           "import": {"columns": {"time": "Call date", "call.agent": "User"}, "time_zone": "Europe/Paris",
                      "time_format": "dd/MM/yyyy HH:mm:ss"}},
         "plain": {"provider": "telecmi", "auth": "none"},
         "callr": {"provider": "callr", "auth": "none"}},
       "destinations": {"crm": {"url": "https://crm.example.com/"}, "archive": {"url": "https://archive.example.com/"}},
       "rules": [{"name": "calls", "when": {"call": {"role": "call"}}, "send_to": ["crm"]},
                 {"name": "fetched", "when": {"body": {"backfilled": {"$exist": true}}}, "send_to": ["archive"]}]}
      """)
  }

  private func write(_ name: String, _ text: String) throws {
    try text.write(toFile: folder.file(name), atomically: true, encoding: .utf8)
  }

  private func run(
    _ source: String, _ file: String, _ more: [String] = [], isTerminal: Bool = false, input: String = "",
    isInterrupted: Bool = false
  ) -> CalledCommand {
    CalledCommand(
      "import", [source, folder.file(file), "--rules", folder.file("rules.json"), "--database", database] + more,
      input: input, isTerminal: isTerminal, isInterrupted: isInterrupted)
  }

  private func integer(_ sql: String) throws -> Int64? {
    try Connection(path: database, mode: .readOnly).integer(sql)
  }

  private func text(_ sql: String) throws -> String? {
    try Connection(path: database, mode: .readOnly).text(sql)
  }

  private static let table = """
    \u{FEFF}To;Call date;Direction;Status;From;Duration;billedsec;User;Our own
    440000000001;01/10/2025 11:00:00;incoming;Answered;440000000002;00:00:25;11;204_2222223;x
    440000000001;01/10/2025 11:05:00;incoming;Missed;440000000003;9;0;;y
    440000000009;yesterday;incoming;Missed;440000000003;9;0;;y
    440000000009;01/10/2025 11:05:00
    440000000001;01/10/2025 11:00:00;incoming;Answered;440000000002;00:00:25;11;204_2222223;x
    """

  @Test func aTableBecomesRecordsAndASecondRunChangesNothing() throws {
    try write("calls.csv", Self.table)
    let first = run("telecmi", "calls.csv")
    #expect(first.code == .failed)
    #expect(first.output == "\(folder.file("calls.csv")): 5 rows: 2 stored, 1 twice in the file, 2 bad\n")
    #expect(first.errors.contains("line 4: no time that can be read"))
    #expect(first.errors.contains("line 5: expected 9 fields as in the first row, found 2\n"))
    #expect(first.errors.contains("2 of 2 bad rows are in quarantine: `cdrelay quarantine list`\n"))
    #expect(try integer("SELECT count(*) FROM record WHERE credential = 'import by ann'") == 2)
    #expect(try integer("SELECT count(*) FROM delivery WHERE state = 'waiting'") == 4)
    #expect(try integer("SELECT count(*) FROM quarantine WHERE times = 1") == 2)
    let body = try #require(try text("SELECT CAST(body AS TEXT) FROM record ORDER BY id LIMIT 1"))
    let json = try JSONParser.parse(body)
    // 11:00 in Paris, in summer.
    #expect(json["time"] == .integer(1_759_309_200_000) && json["from"] == .integer(440_000_000_002))
    #expect(json["user"] == .string("204_2222223") && json["appid"] == .integer(2_222_223))
    #expect(json["backfilled"]?["from"] == .string("calls.csv line 2"))
    #expect(json["Our own"] == .string("x"))
    let again = run("telecmi", "calls.csv")
    #expect(again.output == "\(folder.file("calls.csv")): 5 rows: 0 stored, 3 known already, 2 bad\n")
    #expect(try integer("SELECT count(*) FROM record") == 2)
    #expect(try integer("SELECT count(*) FROM quarantine WHERE times = 1") == 2)
  }

  @Test func aDryRunSaysWhatIsMissingAndWritesNothing() throws {
    try write("calls.csv", Self.table)
    let without = run("telecmi", "calls.csv", ["--dry-run"])
    #expect(without.code == .failed && without.errors.contains("no such database"))
    try write("none.csv", "Call date,User\n")
    #expect(run("telecmi", "none.csv").output.hasSuffix("0 rows: 0 stored\n"))
    let dry = run("telecmi", "calls.csv", ["--dry-run", "--json"])
    let expected: JSONObject = [
      "rows": .count(5), "missing": .count(2), "known": .count(0), "different": .count(0), "repeated": .count(1),
      "erased": .count(0), "bad": .count(2), "quarantined": .count(0),
    ]
    #expect(dry.json == [.object(expected)])
    #expect(try integer("SELECT count(*) FROM record") == 0)
    #expect(try integer("SELECT count(*) FROM quarantine") == 0)
  }

  @Test func linesOfJSONAreWebhooksOrRows() throws {
    try write(
      "calls.jsonl",
      """
      {"type": "cdr", "appid": 1, "cmiuuid": "a", "leg": "a", "direction": "outbound", "status": "answered", "call_id": "c", "time": 1759309200000}
      {"type": "cdr", "appid": 1, "cmiuuid": "b", "leg": "b", "direction": "outbound", "status": "answered", "call_id": "c", "time": 1759309200000}
      {"cmiuid": "r", "from": 44, "to": 45, "time": 1759309300000, "duration": 5}
      [1]
      {"broken
      """)
    let done = run("plain", "calls.jsonl", ["--list", "missed"])
    #expect(done.output.hasSuffix("5 rows: 3 stored, 2 bad\n"))
    #expect(
      done.errors.contains("line 4: expected a JSON object, found an array")
        || done.errors.contains("line 4: expected a JSON object, found a list"))
    // Leg b and the fetched row stand for their calls.
    #expect(try integer("SELECT count(*) FROM delivery WHERE destination = 'crm'") == 2)
  }

  @Test func callrsOwnExportIsRead() throws {
    try write(
      "export.csv", "callid,started,status,callerNumber,callee,durationTotal\n7,2025-10-01 09:00:00,busy,+331,+332,5\n")
    #expect(run("callr", "export.csv", ["--list", "inbound"]).code == .done)
    #expect(try text("SELECT call_id FROM record") == "7")
  }

  @Test func whatCantBeDoneIsSaid() throws {
    try write("calls.csv", "When,User\n1,2\n")
    #expect(
      run("telecmi", "calls.csv").errors.contains(
        "calls.csv: no column Call date, which sources.telecmi.import.columns says holds time; there are When, User"))
    #expect(run("telecmo", "calls.csv").errors.contains("no source telecmo: did you mean telecmi?"))
    #expect(
      run("telecmi", "nothing.csv").errors.contains("nothing.csv: can't read the file: No such file or directory"))
    let wrong = run("telecmi", "calls.csv", ["--list", "inbound"])
    #expect(wrong.code == .usage && wrong.errors.contains("--list inbound does not go with a telecmi source"))
    #expect(run("telecmi", "calls.csv", ["--tolerance", "x"]).code == .usage)
    try write("list.json", "[{}]")
    #expect(run("telecmi", "list.json").errors.contains("a JSON list; write one object a line"))
    try write("twice.csv", "from,FROM,time\n1,2,3\n")
    #expect(run("plain", "twice.csv").errors.contains("two columns hold from: from and FROM"))
  }

  private static let row = "33600000001,440000000001,1759309200000,20,11"
  private static let titles = "from,to,time,duration,billedsec"

  @Test(arguments: [
    ("", "the file is empty"), ("\u{FEFF}", "the file is empty"), ("\n\n", "the file is empty"),
    ("\u{FEFF}\r\n", "the file is empty"),
    ("a\0b\0\n", "holds zero bytes, which text does not; UTF-16? save the file as UTF-8"),
    (
      "a,b\n1,2\n",
      "no column holds a time (time, start_time, answer_time, end_time); its first row must hold the titles"
    ),
    ("x,x,time\n1,2,3\n", "two columns hold x: x and x"),
  ])
  func aFileThatIsNoneIsToldBeforeAnythingIsKept(text: String, reason: String) throws {
    try write("calls.csv", text)
    let run = run("plain", "calls.csv", ["--list", "answered"])
    #expect(run.code == .failed && run.errors.contains("calls.csv: \(reason)"), "\(run.errors)")
    #expect(try integer("SELECT count(*) FROM quarantine") == 0)
  }

  @Test func aFileWithoutTitlesShowsNobodysNumber() throws {
    try write("calls.csv", Self.row + "\n" + Self.row + "\n")
    for source in ["plain", "telecmi"] {
      let run = run(source, "calls.csv", ["--list", "answered"])
      #expect(run.code == .failed && !run.errors.contains("33600000001"), "\(run.errors)")
    }
    try write("twice.csv", "33600000001,33600000001,time\n")
    #expect(!run("plain", "twice.csv", ["--list", "answered"]).errors.contains("33600000001"))
  }

  @Test func oneLineOfAnySizeIsOneBadRow() throws {
    let long = String(repeating: "x", count: 3 << 20)
    try write("calls.csv", [Self.titles, long, Self.row].joined(separator: "\n"))
    let run = run("plain", "calls.csv", ["--list", "answered"])
    #expect(run.output.hasSuffix("2 rows: 1 stored, 1 bad\n"))
    #expect(try integer("SELECT length(body) FROM quarantine") == 65_536)
    try write("calls.jsonl", "{\"x\":\"\(long)\"}\n")
    #expect(self.run("plain", "calls.jsonl").output.hasSuffix("1 row: 0 stored, 1 bad\n"))
    #expect(try integer("SELECT max(length(body)) FROM quarantine") == 65_536)
  }

  @Test func aCallThatHasNotComeYetIsABadRow() throws {
    try write("calls.csv", Self.titles + "\n33600000001,44,2099-01-01 09:00:00,20,11\n \(Self.row) \n")
    let run = run("plain", "calls.csv", ["--list", "answered"])
    #expect(
      run.errors.contains(
        "line 2: its time, 2099-01-01T09:00:00.000Z, has not come yet: check how the file writes times"))
    #expect(run.output.hasSuffix("2 rows: 1 stored, 1 bad\n"))
    #expect(try text("SELECT from_number FROM record") == "33600000001")
  }

  @Test func oneNumberHasManySpellings() throws {
    let spellings = ["+33 6 00 00 00 01", "0033600000001", "33600000001", "+33-600-000-001"]
    let rows = spellings.map { "\($0),440000000001,1759309200000,20,11" }
    try write("calls.csv", ([Self.titles] + rows).joined(separator: "\n"))
    #expect(
      run("plain", "calls.csv", ["--list", "answered"]).output.hasSuffix("4 rows: 1 stored, 3 twice in the file\n"))
  }

  @Test func whatIsWrittenToMeanwhileIsTold() throws {
    try write("calls.csv", Self.titles + "\n" + Self.row + "\n")
    let source = try #require(
      try RuleFile.load(path: folder.file("rules.json"), secrets: SecretsResolver(environment: [:])).source(
        named: "plain"))
    let file = try ImportFile(path: folder.file("calls.csv"), source: source) { false }
    #expect(try file.next() != nil && !file.hasChanged)
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.file("calls.csv")))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("33600000002,44".utf8))
    #expect(file.hasChanged)
  }

  @Test func aPipeThatGivesNothingCanBeStopped() throws {
    #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
    // Open for both: neither end waits for the other.
    let writer = open(folder.file("pipe"), O_RDWR)
    defer { close(writer) }
    let text = Array((Self.titles + "\n" + Self.row + "\n").utf8)
    #expect(Glibc.write(writer, text, text.count) == text.count)
    let stopped = run("plain", "pipe", ["--list", "answered"], isInterrupted: true)
    #expect(stopped.code == .failed)
    #expect(
      stopped.errors.contains(
        "stopped behind 1 row, of which 1 were stored; the same command does the rest, and nothing twice"))
  }

  @Test func aPersonIsAskedAndMayStop() throws {
    try write("calls.csv", Self.table)
    let asked = run("telecmi", "calls.csv", isTerminal: true, input: "n\n")
    #expect(asked.code == .failed && asked.errors.contains("Import them into telecmi? [y/N]"))
    #expect(try integer("SELECT count(*) FROM record") == 0)
    #expect(run("telecmi", "calls.csv", ["--yes"], isTerminal: true).output.contains("2 stored"))
  }

  @Test func aStopLeavesWhatWasStoredAndTheNextRunDoesTheRest() throws {
    let rows = (0..<12_000).map { "id\($0),44\($0 + 10_000_000),45,\(1_759_309_200_000 + $0 * 1000),5" }
    try write("many.csv", "cmiuid,from,to,time,duration\n" + rows.joined(separator: "\n"))
    let stopped = run("plain", "many.csv", ["--list", "missed"], isInterrupted: true)
    #expect(stopped.code == .failed)
    #expect(
      stopped.errors.contains(
        "stopped behind 5,000 rows, of which 5,000 were stored; the same command does the rest, and nothing twice"))
    let rest = run("plain", "many.csv", ["--list", "missed"])
    #expect(rest.output.hasSuffix("12,000 rows: 7,000 stored, 5,000 known already\n"))
    #expect(try integer("SELECT count(*) FROM record") == 12_000)
  }

  @Test func progressHasShareRateAndRemainingTime() {
    #expect(RateProgress.bar(0.5) == "[############------------]")
    #expect(
      RateProgress.text(420_000, things: "rows", share: 0.42, took: 34_000)
        == "42 %, 420,000 rows, 12,352 a second, 46 s left")
    #expect(RateProgress.text(5, things: "rows", share: nil, took: 0) == "5 rows")
  }
}
