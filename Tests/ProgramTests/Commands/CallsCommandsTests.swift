import RelayCore
import TestSupport
import Testing

@testable import cdrelay

@Suite struct CallsCommandsTests {
  private static let body =
    #"{"type":"cdr","cmiuuid":"c1","appid":1,"status":"answered","direction":"outbound","leg":"b","to":33639980042,"request_id":"r1","time":1}"#

  private func database() throws -> (DatabaseOnDisk, record: Identifier) {
    let database = try DatabaseOnDisk()
    let now = database.now.milliseconds
    let id = Identifier.first(at: database.now).number
    try database.execute(
      """
      INSERT INTO call_request (id, source, client, idempotency_key, request_sha256, from_number, to_number, request, state,
        accepted_at_ms, sending_at_ms, settled_at_ms, fault, reason, request_id, status, code, response) VALUES
        (\(id + 1), 'telecmi', 'crm', 'click-1', zeroblob(32), NULL, '33639980042', '{"to":"33639980042","user_id":"103"}',
          'placed', \(now), \(now), \(now + 200), NULL, NULL, 'r1', 200, 200, CAST('{"code":200}' AS BLOB)),
        (\(id + 2), 'telecmi', 'billing', NULL, zeroblob(32), NULL, '33639980043', '{}', 'unknown', \(now), \(now),
          \(now + 30000), 'no_answer', 'no answer within 30 s', NULL, NULL, NULL, NULL),
        (\(id + 3), 'telecmi', 'crm', NULL, zeroblob(32), NULL, '33639980044', '{}', 'refused', \(now), \(now),
          \(now + 300), 'credentials', 'code 420', NULL, 200, 420, NULL);
      """)
    let record = try database.record(callID: "c1", to: "33639980042", body: Self.body)
    try database.execute("INSERT INTO call_record VALUES (\(id + 1), \(record))")
    try database.delivery(of: record, .delivered, status: 200)
    return (database, record)
  }

  @Test func listShowsTheNewestFirst() throws {
    let (database, _) = try database()
    let run = CalledCommand("calls list --json", database: database)
    #expect(run.code == .done)
    #expect(run.json.map { $0["state"]?.string } == ["refused", "unknown", "placed"])
    #expect(run.json.map { $0["records"] } == [.integer(0), .integer(0), .integer(1)])
    #expect(run.json[0]["code"] == .integer(420) && run.json[2]["key"] == .string("click-1"))
    let some = CalledCommand("calls list --state unknown --client billing", database: database)
    #expect(some.output.split(separator: "\n").count == 2 && some.output.contains("no answer within 30 s"))
    #expect(CalledCommand("calls list --client nobody", database: database).errors == "no call matches\n")
    #expect(CalledCommand("calls list --state lost", database: database).code == .usage)
  }

  /// The provider's words may hold the number that was called: the list masks it, the view of one call does not.
  @Test func listMasksNumbersInTheProvidersWords() throws {
    let (database, _) = try database()
    let words = "code 501: no route to 447700900123, +44 (7700) 900-124 or 123456; 12345 of 30 s"
    try database.execute("UPDATE call_request SET reason = '\(words)' WHERE state = 'refused'")
    let masked = "code 501: no route to **********23, +** (****) ***-*24 or ****56; 12345 of 30 s"
    let list = CalledCommand("calls list --state refused", database: database)
    #expect(list.output.contains(masked) && !list.output.contains("900123"), "\(list.output)")
    let json = try #require(CalledCommand("calls list --state refused --json", database: database).json.first)
    #expect(json["reason"] == .string(masked))
    let id = try #require(json["id"]?.string)
    #expect(CalledCommand("calls show \(id)", database: database).output.contains(words))
  }

  @Test func showTellsRequestAnswerRecordsAndDeliveries() throws {
    let (database, record) = try database()
    for what in ["click-1", "r1"] {
      let run = CalledCommand("calls show \(what)", database: database)
      #expect(run.code == .done, "\(run.errors)")
      #expect(run.output.contains("client crm through telecmi, placed"))
      #expect(run.output.contains(#"Request: {"to":"33639980042","user_id":"103"}"#))
      #expect(run.output.contains("placed, request_id r1, status 200, code 200"))
      #expect(run.output.contains(#"The provider's answer: {"code":200}"#))
      #expect(run.output.contains("Record \(record): cdr of telecmi"))
      #expect(run.output.contains("to crm by rule all: delivered"))
    }
    let json = try #require(CalledCommand("calls show click-1 --json", database: database).json.first)
    #expect(json["request"]?["user_id"] == .string("103"))
    #expect(json["records"]?.array?.first?["deliveries"]?.array?.count == 1)
    let missing = CalledCommand("calls show click-2", database: database)
    #expect(missing.code == .failed && missing.errors == "cdrelay: no call has this id\n")
  }

  @Test func refusedCredentialsAreAProblem() throws {
    let (database, _) = try database()
    let folder = try TemporaryFolder()
    let rules = folder.file("rules.json")
    try #"{"sources": {"telecmi": {"provider": "telecmi", "auth": "none", "api": {"app_id": 1, "secret": "${S}"}}}}"#
      .write(toFile: rules, atomically: true, encoding: .utf8)
    let run = CalledCommand("status --problems --json --rules", [rules], database: database)
    #expect(run.json.contains { $0["problem"] == .string("call_credentials") && $0["source"] == .string("telecmi") })
    // A call that was placed since ends it.
    try database.execute(
      "UPDATE call_request SET settled_at_ms = settled_at_ms + 1000 WHERE state = 'placed'")
    let later = CalledCommand("status --problems --json --rules", [rules], database: database)
    #expect(!later.json.contains { $0["problem"] == .string("call_credentials") })
  }
}
