import Foundation
import RelayCore
import TestSupport
import Testing

@testable import cdrelay

@Suite struct ReplayCommandTests {
  private static let rules = """
    { "sources": { "telecmi": { "provider": "telecmi", "auth": "none" } },
      "destinations": { "crm": { "url": "https://crm.example.com/", "rate_per_second": 10 },
                        "archive": { "url": "https://archive.example.com/", "max_in_flight": 4 } },
      "rules": [ { "name": "all", "send_to": ["crm", "archive"] } ] }
    """

  private func database(dead: Int, to destination: String = "crm", status: Int? = nil) throws -> DatabaseOnDisk {
    let database = try DatabaseOnDisk()
    try database.rules(Self.rules)
    let record = try database.record()
    try database.execute("BEGIN")
    for _ in 0..<dead { try database.delivery(of: record, to: destination, .dead, status: status) }
    try database.execute("COMMIT")
    return database
  }

  @Test func aDryRunSaysHowLongItWillTakeAndFromWhat() throws {
    let database = try database(dead: 3000)
    try database.delivery(.waiting)
    for _ in 0..<2 { try database.delivery(to: "archive", .dead, status: 500) }
    try database.execute(
      "INSERT INTO destination (name, held_total_ms, held_since_at_ms) VALUES ('archive', 0, 1); INSERT INTO hold (destination, kind, since_at_ms, reason) VALUES ('archive', 'person', 1, 'why')"
    )
    let run = CalledCommand("replay --state dead --dry-run", database: database)
    let lines = run.output.split(separator: "\n").map(String.init)
    #expect(lines.count == 3)
    #expect(lines[0].hasPrefix("3,002 deliveries to replay: crm 3,000, archive 2;"))
    #expect(
      lines[1] == "crm: 3,000 take about 5 min at 10 a second (rate_per_second of the rule file); 1 waits there already"
    )
    #expect(
      lines[2]
        == "archive: 2 take less than a second at 9.709 a second (max_in_flight 4, and 412 ms each, the mean of 2 "
        + "recent attempts); it is held, and takes nothing until that ends")
    let json = try #require(
      CalledCommand("replay --state dead --dry-run --rate 0.5 --json", database: database).json.first)
    let crm = try #require(json["estimates"]?.array?.first)
    #expect(crm["seconds"] == .integer(6000))
    #expect(crm["reckoned_from"] == .string("--rate"))
    #expect(crm["per_second"]?.text == "0.5")
    #expect(json["oldest"] == json["newest"])
  }

  @Test func aDestinationThatTheRulesDoNotHaveIsTold() throws {
    let database = try database(dead: 1, to: "old", status: 500)
    #expect(
      CalledCommand("replay --state dead --dry-run", database: database).output.contains(
        "; the rules in force have no such destination, and until they do it takes nothing\n"))
  }

  @Test func aRateMakesThemDueOneByOne() throws {
    let database = try database(dead: 3)
    #expect(CalledCommand("replay --state dead --rate 2", database: database).output == "replayed 3 deliveries\n")
    #expect(
      try database.text("SELECT group_concat(next_attempt_at_ms - created_at_ms, ' ') FROM delivery") == "0 500 1000")
    #expect(
      CalledCommand("deliveries show 1004", database: database).output.contains(
        "State: waiting. It was replayed, and goes in 1 s (2025-10-01T09:00:01.000Z), after: given up."))
    for text in ["0", "fast", "-1", "1e3", "inf", "0.0001", "100001"] {
      let wrong = CalledCommand("replay --state dead --rate=\(text)", database: database)
      #expect(wrong.code == .usage)
      #expect(
        wrong.errors.hasPrefix("cdrelay: --rate: expected how many a second, from 0.001 to 100000, found \(text)\n"))
    }
  }

  @Test func aRateThatTakesMoreThanADayIsRefused() throws {
    let database = try database(dead: 100)
    let run = CalledCommand("replay --state dead --rate 0.001", database: database)
    #expect(run.code == .failed)
    #expect(
      run.errors
        == "cdrelay: 100 deliveries to crm would be spread over 27 h; at most 24 h are possible: raise --rate, or take a "
        + "part with --limit\n")
    #expect(try database.integer("SELECT count(*) FROM delivery WHERE state = 'dead'") == 100)
    #expect(CalledCommand("replay --state dead --rate 0.001 --limit 80", database: database).code == .done)
    let behind = CalledCommand("replay --state dead --rate 0.001 --limit 10", database: database)
    #expect(
      behind.errors.contains(
        "10 deliveries to crm, behind those that an earlier command put there, would be spread over 24 h;"))
  }

  @Test func aFreshIdIsToldWithTheOldOne() throws {
    let database = try database(dead: 1, status: 409)
    let run = CalledCommand("replay 1002 --fresh-id", database: database)
    let new = try #require(try database.integer("SELECT id FROM delivery WHERE state = 'waiting'"))
    #expect(run.output == "replayed 1 delivery under a new id\n1002 goes again as \(new)\n")
    #expect(
      CalledCommand("deliveries show 1002", database: database).output.contains(
        "Delivery \(new) took its place just now, under an id that crm had not seen. `cdrelay deliveries show \(new)` says "
          + "what became of it."))
    let again = CalledCommand("replay 1002 --fresh-id --json", database: database)
    #expect(
      again.output
        == #"{"replayed":0,"skipped":0,"body_gone":0,"not_found":[],"replaced":1,"renewed":[]}"# + "\n")
    #expect(again.errors == "left 1 alone whose place another delivery took; their reason names it\n")
    #expect(
      CalledCommand("replay --state dead --fresh-id", database: database).output
        == "replayed 0 deliveries under new ids\n")
  }

  @Test func aStopIsToldBehindACommit() throws {
    let database = try database(dead: 1200)
    let stopped = CalledCommand("replay --state dead", database: database, isInterrupted: true)
    #expect(stopped.code == .failed)
    #expect(stopped.output == "")
    #expect(
      stopped.errors.hasSuffix(
        "cdrelay: stopped: replayed 500 of 1,200 deliveries; the same command does the rest, and nothing twice\n"))
    #expect(try database.integer("SELECT count(*) FROM delivery WHERE state = 'waiting'") == 500)
    #expect(CalledCommand("replay --state dead", database: database).output == "replayed 700 deliveries\n")
    #expect(try database.text("SELECT group_concat(count, ' ') FROM action") == "500 700")
    #expect(try database.integer("SELECT max(replays) FROM delivery") == 1)
  }

  @Test func progressIsOneLineOnATerminalAndFewElsewhere() throws {
    let database = try database(dead: 1200)
    let terminal = CalledCommand("replay --state dead --yes", database: database, isTerminal: true)
    #expect(terminal.errors.hasSuffix("\r500 of 1,200\r1,000 of 1,200\r1,200 of 1,200\n"))
    var shown = ""
    let surroundings = Surroundings(
      output: Output { _ in }, errors: Output { shown += String(decoding: $0, as: UTF8.self) }, readLine: { nil },
      readAll: { [] }, isTerminal: false, environment: [:], user: "ann", time: ManualTime())
    let progress = Progress(surroundings, total: 25_300, participle: "replayed")
    // Batches do not end at round numbers where some are left alone.
    for done in stride(from: 499, to: 25_300, by: 499) + [25_300] { try progress.show(done) }
    #expect(shown.split(separator: "\n") == ["10,479 of 25,300", "20,958 of 25,300", "25,300 of 25,300"])
  }

  @Test(arguments: [
    ("replay", "--dry-run"), ("deliveries list", ""), ("deliveries summary", ""),
    ("deliveries cancel", "--reason x --dry-run"), ("deliveries close", "--reason x --dry-run"),
  ])
  func oneLanguageSelectsForAll(_ command: String, _ rest: String) throws {
    let database = try database(dead: 1)
    let words = [
      "--state \(command.hasSuffix("cancel") ? "waiting" : "dead")", "--destination crm", "--source telecmi",
      "--rule all", "--status none", "--reason-has given",
      "--call c1", "--number 0639980042", "--since 7d", "--until 7d", "--limit 3",
    ]
    let help = CalledCommand("\(command) --help").output
    for word in words {
      #expect(help.contains("  " + word.prefix { $0 != " " } + " "), "\(word)")
      #expect(
        CalledCommand("\(command) --destination=crm \(word) \(rest)", database: database).code == .done, "\(word)")
    }
    let wrong = [
      ("--number abc", "--number: expected a phone number, found abc"),
      ("--status 7xy", "--status: expected an HTTP status such as 503, 5xx, or none, found 7xy"),
      ("--state done", "--state: expected waiting, sending, delivered, dead, cancelled, found done"),
      ("--limit 0", "--limit: expected a whole number from 1, found 0"),
    ]
    for (word, sentence) in wrong {
      let run = CalledCommand("\(command) --source telecmi \(word) \(rest)", database: database)
      #expect(run.code == .usage)
      #expect(run.errors.hasPrefix("cdrelay: \(sentence)\n"), "\(run.errors)")
    }
  }

  @Test func theReasonOfAPersonIsNoFilter() throws {
    let database = try database(dead: 1)
    for command in ["replay", "deliveries list", "deliveries summary"] {
      let run = CalledCommand("\(command) --reason x", database: database)
      #expect(run.errors.hasPrefix("cdrelay: unknown option --reason: did you mean --reason-has?\n"))
    }
    for command in ["cancel", "close"] {
      let run = CalledCommand("deliveries \(command) --destination crm", database: database, isTerminal: true)
      #expect(run.code == .usage)
      #expect(run.errors.hasPrefix("cdrelay: --reason TEXT is required: it is kept\n"))
    }
  }

  @Test func aSummaryHasTheFieldsInTheOrderAsked() throws {
    let database = try database(dead: 2000, status: 422)
    for _ in 0..<1000 { try database.delivery(to: "archive", .dead, reason: "Connection refused") }
    let run = CalledCommand("deliveries summary --state dead --by reason,destination,reason", database: database)
    #expect(
      run.output == """
        COUNT  REASON              DESTINATION  OLDEST    NEWEST
        2,000  status 422          crm          just now  just now
        1,000  Connection refused  archive      just now  just now

        """)
    #expect(CalledCommand("deliveries summary --by colour", database: database).code == .usage)
  }
}
