import RelayCore
import TestSupport
import Testing

@testable import cdrelay

@Suite struct StatusCommandTests {
  private static let rules = """
    { "sources": { "telecmi": { "provider": "telecmi", "auth": { "token": "${T}" } } },
      "destinations": { "crm": { "url": "https://crm.example.com/" }, "archive": { "url": "https://archive.example.com/" } },
      "rules": [ { "name": "all", "send_to": ["crm", "archive"] } ] }
    """

  @Test func jsonHasTheNamesOfTheDesign() throws {
    let database = try DatabaseOnDisk()
    try database.rules(Self.rules)
    try database.delivery(.waiting, at: database.now + -90_500)
    let status = try #require(CalledCommand("status --json", database: database).json.first)
    #expect(status["waiting"] == .integer(1))
    for key in ["sending", "delivered", "dead", "unrouted", "quarantined", "refused"] {
      #expect(status[key] == .integer(0))
    }
    #expect(status["oldest_waiting_seconds"] == .integer(90))
    #expect(status["sources"]?["telecmi"]?["accepted_today"] == .integer(0))
    #expect(status["sources"]?["telecmi"]?["last_record_at"] == .null)
    #expect(status["destinations"]?.object?.members.map(\.key) == ["crm", "archive"])
    #expect(status["destinations"]?["crm"]?["waiting"] == .integer(1))
    #expect(status["destinations"]?["archive"]?["held"] == .bool(false))
  }

  @Test func aHeldDestinationSaysSinceWhenWhyAndWhatToMend() throws {
    let database = try DatabaseOnDisk()
    let since = database.now.milliseconds - 3 * 3_600_000
    try database.delivery(.waiting, at: database.now + -3_600_000)
    try database.execute(
      """
      INSERT INTO destination (name, held_total_ms, held_since_at_ms) VALUES ('crm', 0, \(since));
      INSERT INTO hold (destination, kind, since_at_ms, reason) VALUES ('crm', 'credentials', \(since), 'status 401')
      """)
    let run = CalledCommand("status --problems", database: database)
    #expect(run.code == .failed)
    #expect(
      run.output
        == "crm: held by refused credentials since 3 h (2025-10-01T06:00:00.000Z): status 401; 1 delivery waits. Mend its "
        + "credentials (rule file or secrets) and reload the rules; where the other side was mended, `cdrelay "
        + "destinations resume crm`. One delivery is tried every few minutes meanwhile.\n")
    let json = try #require(CalledCommand("status --json", database: database).json.first)
    let crm = try #require(json["destinations"]?["crm"])
    #expect(crm["held"] == .bool(true))
    #expect(crm["holds"]?.array?.first?["kind"] == .string("credentials"))
    #expect(crm["holds"]?.array?.first?["reason"] == .string("status 401"))
  }

  @Test func everyProblemIsALine() throws {
    let database = try DatabaseOnDisk()
    #expect(CalledCommand("status --problems", database: database).code == .done)
    try database.delivery(.waiting, at: database.now + -16 * 60_000)
    try database.delivery(.dead)
    _ = try database.record(unrouted: true)
    _ = try database.quarantined(body: "[]")
    let run = CalledCommand("status --problems --json", database: database)
    #expect(run.code == .failed)
    #expect(
      run.json.map { $0["problem"]?.string } == ["dead_letters", "waiting_long", "unrouted", "quarantined"])
  }

  @Test func aQueuePastALimitIsTheFirstProblem() throws {
    let database = try DatabaseOnDisk()
    try database.rules(
      Self.rules.replacing(
        #"{ "sources""#, with: #"{ "relay": { "queue": { "max_unsettled_deliveries": 2 } }, "sources""#))
    try database.delivery(.dead)
    #expect(CalledCommand("status --json", database: database).json.first?["refusing"] == .null)
    try database.execute("UPDATE queue_count SET unsettled = 2")
    let status = try #require(CalledCommand("status --json", database: database).json.first)
    #expect(status["refusing"] == .string("max_unsettled_deliveries"))
    #expect(status["database_bytes"]?.integer ?? 0 > 8192)
    #expect(status["disk_free_bytes"]?.integer ?? 0 > 0)
    let lines = CalledCommand("status --problems", database: database).output.split(separator: "\n")
    #expect(
      lines.first.map(String.init) == "Records are refused with 503: 2 deliveries are not settled, the limit is 2 "
        + "(relay.queue.max_unsettled_deliveries). To do: see to the destinations that deliveries wait for, cancel what is not wanted, or raise "
        + "relay.queue.max_unsettled_deliveries.")
    #expect(lines.count == 2)
  }

  @Test func aPausedDestinationIsHeldUntilResumed() throws {
    let database = try DatabaseOnDisk()
    try database.rules(Self.rules)
    #expect(
      CalledCommand("destinations pause crm", database: database).output
        == "crm is held; `cdrelay destinations resume crm` lets it go on\n")
    #expect(CalledCommand("destinations list", database: database).output.contains("paused by ann"))
    #expect(
      CalledCommand("destinations resume crm", database: database, now: database.now + 64_000).output
        == "crm is no longer held by a person, as it was for 64 s: paused by ann\n")
    let pause = try #require(CalledCommand("destinations pause crm --json", database: database).json.first)
    #expect(pause.text == #"{"destination":"crm","held":true,"changed":true}"#)
    let resume = try #require(CalledCommand("destinations resume crm --json", database: database).json.first)
    #expect(resume.text == #"{"destination":"crm","held":false,"changed":true}"#)
    let unknown = CalledCommand("destinations pause cmr", database: database)
    #expect(unknown.code == .failed)
    #expect(unknown.errors == "cdrelay: no destination cmr: did you mean crm?\n")
  }
}
