import DurableQueue
import RelayCore
import TestSupport
import Testing

@testable import cdrelay

/// What `replay --dry-run` and `deliveries show` say of quotas, of the order of a call and of what was replaced.
@Suite struct ReplayOutlookTests {
  /// 2025-10-01T09:00:00Z, 13 h before midnight in Paris.
  private static let rules = """
    { "relay": { "time_zone": "Europe/Paris" },
      "sources": { "telecmi": { "provider": "telecmi", "auth": "none" } },
      "destinations": { "crm": { "url": "https://crm.example.com/", "rate_per_second": 10, "rate_per_day": 1000 } },
      "rules": [ { "name": "all", "send_to": ["crm"] } ] }
    """

  private func database(dead: Int) throws -> DatabaseOnDisk {
    let database = try DatabaseOnDisk()
    try database.rules(Self.rules)
    let record = try database.record()
    try database.execute("BEGIN")
    for _ in 0..<dead { try database.delivery(of: record, .dead) }
    try database.execute("COMMIT")
    return database
  }

  private func estimate(_ database: DatabaseOnDisk) -> String {
    CalledCommand("replay --state dead --dry-run", database: database).output.split(separator: "\n").last.map(
      String.init) ?? ""
  }

  @Test func aQuotaOfTheDaySaysHowManyDaysItTakes() throws {
    #expect(
      estimate(try database(dead: 900)) == "crm: 900 take about 90 s at 10 a second (rate_per_second of the rule file)")
    let database = try database(dead: 2500)
    // 13 h to midnight, a whole day, and 50 s of the next.
    #expect(
      estimate(database)
        == "crm: 2,500 take about 37 h at 1,000 a day (rate_per_day of the rule file, 1,000 of it left until midnight)")
    try database.execute(
      """
      INSERT INTO destination (name, quota_used, quota_ends_at_ms)
      VALUES ('crm', 600, \(database.now.milliseconds + 13 * 3_600_000))
      """)
    #expect(estimate(database).contains("about 2 days at 1,000 a day (rate_per_day of the rule file, 400 of it left"))
    let json = try #require(
      CalledCommand("replay --state dead --dry-run --json", database: database).json.first?["estimates"]?.array?.first)
    // 13 h, two whole days, and 100 at 10 a second.
    #expect(json["seconds"] == .integer(219_610))
    #expect(json["per_day"] == .integer(1000))
    #expect(json["per_second"]?.text == "10")
  }

  @Test func oneThatWaitsBehindAnotherNamesIt() throws {
    let database = try DatabaseOnDisk()
    let first = try database.delivery(.waiting)
    let second = try database.delivery(.waiting, next: CallOrder.never)
    try database.execute(
      """
      INSERT INTO call_order (destination, call, delivery) VALUES ('crm', 'c', \(first)), ('crm', 'c', \(second))
      """)
    let run = CalledCommand("deliveries show \(second)", database: database)
    #expect(
      run.output.contains(
        "State: waiting. It waits behind delivery \(first) of the same call, since crm takes those of a call in their order, "
          + "and goes once that one is delivered, dead or cancelled. `cdrelay deliveries show \(first)` says how it stands."
      ))
    let json = try #require(CalledCommand("deliveries show \(second) --json", database: database).json.first)
    #expect(json["behind"] == .string("\(first)") && json["next_attempt_at"] == .null)
    #expect(CalledCommand("deliveries list", database: database).output.contains("behind another"))
    #expect(CalledCommand("deliveries cancel \(first) --reason no", database: database).code == .done)
    #expect(
      try database.integer("SELECT next_attempt_at_ms FROM delivery WHERE id = \(second)") == database.now.milliseconds)
  }

  @Test func whatWasReplacedStaysReplacedWhereTheOtherIsGone() throws {
    let database = try database(dead: 1)
    #expect(CalledCommand("replay 1002 --fresh-id", database: database).code == .done)
    let new = try #require(try database.integer("SELECT id FROM delivery WHERE state = 'waiting'"))
    // As retention removes it, long after it was delivered.
    try database.execute("DELETE FROM delivery WHERE id = \(new)")
    #expect(
      CalledCommand("deliveries show 1002", database: database).output.contains(
        "Delivery \(new) took its place just now, under an id that crm had not seen. That one was settled so long ago that "
          + "it is no longer kept."))
    #expect(CalledCommand("replay 1002", database: database).errors.contains("left 1 alone whose place another"))
    #expect(CalledCommand("replay --state cancelled --dry-run", database: database).output == "no delivery to replay\n")
    // A person's own words are no replacement.
    try database.execute("UPDATE delivery SET reason = 'replaced by delivery service B' WHERE id = 1002")
    #expect(CalledCommand("deliveries show 1002", database: database).output.contains("A person laid it aside"))
    #expect(CalledCommand("replay 1002", database: database).output == "replayed 1 delivery\n")
  }
}
