import DurableQueue
import RelayCore
import SQLite
import Simulator
import TestSupport
import Testing

@testable import cdrelay

/// The whole way: webhooks of a day, two hours of which were lost, against the simulated API that knows all of its calls.
@Suite(.serialized) struct FetchingTests {
  @Test(arguments: ["telecmi", "callr"]) func whatWasLostIsNamedFetchedAndFetchedOnce(provider: String) throws {
    let fixture = try SimulatedProviderFixture(provider == "telecmi" ? .telecmi : .callr(.mixed), calls: 600)
    let missing = fixture.missing
    #expect(missing.count > 20)
    let before = try #require(try fixture.integer("SELECT count(*) FROM record"))

    let found = fixture.reconcile("--json")
    #expect(found.code == .failed)
    #expect(found.ids("missing") == missing)
    #expect(found.ids("extra") == [])
    #expect(found.json[0]["provider"] == .integer(600))
    #expect(try fixture.integer("SELECT count(*) FROM record") == before)

    let dry = fixture.backfill("--dry-run --json")
    #expect(dry.json[0]["new"] == .integer(Int64(missing.count)))
    #expect(try fixture.integer("SELECT count(*) FROM record") == before)

    let run = fixture.backfill()
    #expect(run.code == .done)
    #expect(run.output.hasPrefix("fetched 600 rows in "))
    #expect(run.output.contains(" known, \(missing.count) new, "))
    #expect(run.output.contains(" different, 0 bad\n"))
    let stored = "SELECT count(*) FROM record WHERE credential = 'backfill'"
    #expect(try fixture.integer(stored) == Int64(missing.count))
    #expect(
      try fixture.integer(
        "SELECT count(*) FROM delivery d JOIN record r ON r.id = d.record WHERE r.credential = 'backfill'")
        == Int64(missing.count), "each goes through the rules")
    #expect(
      try fixture.text("SELECT user || ' ' || count FROM action WHERE command LIKE 'backfill %'")
        == "ann \(missing.count)")

    let again = fixture.backfill()
    #expect(again.output.contains(" known, 0 new, "))
    #expect(try fixture.integer(stored) == Int64(missing.count))
    let after = fixture.reconcile("--json")
    #expect(after.code == .done)
    #expect(after.json[0]["missing"] == .integer(0))
    #expect(after.ids("extra") == [])
  }

  @Test(arguments: ["telecmi", "callr"]) func aFaithfulDayHasNoDifferences(provider: String) throws {
    let fixture = try SimulatedProviderFixture(provider == "telecmi" ? .telecmi : .callr(.mixed), calls: 600)
    let found = fixture.reconcile("--json")
    let differing = (found.json[0]["calls"]?.array ?? []).filter { $0["finding"] == .string("different") }
    #expect(found.json[0]["different"] == .integer(0), "\(differing.prefix(3))")
  }

  @Test func whatChangedOnTheWayIsNamed() throws {
    let fixture = try SimulatedProviderFixture(.telecmi, calls: 100)
    let answered =
      "FROM record WHERE json_extract(CAST(body AS TEXT), '$.leg') IS NULL AND kind = 'cdr' AND "
      + "json_extract(CAST(body AS TEXT), '$.status') = 'answered' ORDER BY id LIMIT 1 OFFSET"
    let changes: [(field: String, change: String, call: String)] = try [
      ("answered_seconds", "'$.answeredsec', 5000", 0), ("status", "'$.status', 'missed'", 1),
      ("customer_number", "'$.from', 33199999999", 2),
    ].map { ($0.0, $0.1, try #require(try fixture.text("SELECT call_id \(answered) \($0.2)"))) }
    let connection = try Connection(path: fixture.database, mode: .readWrite)
    for (_, change, call) in changes {
      try connection.execute(
        "UPDATE record SET body = CAST(json_set(CAST(body AS TEXT), \(change)) AS BLOB) WHERE call_id = '\(call)'")
    }
    let found = fixture.reconcile("--json")
    let calls = (found.json[0]["calls"]?.array ?? []).filter { $0["finding"] == .string("different") }
    #expect(calls.count == 3)
    for (field, _, call) in changes {
      let fields = calls.first { $0["id"] == .string(call) }?["fields"]?.array
      #expect(fields?.contains(.string(field)) == true, "\(field): \(fields ?? [])")
    }
  }

  @Test func anAPIWhoseIdsAreOthersIsComparedByNumbersAndTime() throws {
    for ids in [RowIDs.other, .none] {
      let fixture = try SimulatedProviderFixture(.telecmi, calls: 300) { $0.rowIDs = ids }
      let found = fixture.reconcile("--json")
      // Also outgoing calls that the agent did not pick up, whose webhook names the agent alone, and whose row the customer.
      #expect(found.json[0]["missing"] == .integer(Int64(fixture.missing.count)), "\(ids)")
      #expect(found.json[0]["extra"] == .integer(0), "\(ids)")
      #expect(found.json[0]["different"] == .integer(0), "\(ids)")
    }
  }

  @Test func answersThatAreNoJSONAreAskedForAgain() throws {
    let fixture = try SimulatedProviderFixture(.telecmi, calls: 100) { $0.flakyOneIn = 40 }
    #expect(fixture.reconcile("--json").ids("missing") == fixture.missing)
  }

  @Test func itIsShownByHourAndDay() throws {
    let fixture = try SimulatedProviderFixture(.telecmi, calls: 200)
    let found = fixture.reconcile()
    #expect(found.output.hasPrefix("telecmi: 2025-10-01 00:00 to 2025-10-02 06:00\n\nDAY "))
    #expect(found.output.contains("\n2025-10-01 10:00  "))
    #expect(!found.output.contains("\n2025-10-01 14:00  "))
    #expect(
      found.output.contains(
        "\(fixture.missing.count) calls are missing. `cdrelay backfill telecmi --from 2025-10-01T00:00:00.000Z --to "
          + "2025-10-02T06:00:00.000Z` brings them\n"))
  }

  @Test func whatIsYoungIsLeftOutAndSaidSo() throws {
    let fixture = try SimulatedProviderFixture(.telecmi, calls: 100)
    let now = SimulatedProviderFixture.begin + 9 * 3_600_000
    let run = fixture.backfill("--dry-run --json", now: now)
    #expect(run.json[0]["to"]?.string == "2025-10-01T08:00:00.000Z")
    #expect(run.json[0]["left_out_until"]?.string == "2025-10-02T06:00:00.000Z")
    let early = fixture.backfill("--dry-run", now: SimulatedProviderFixture.begin + 60_000)
    #expect(early.code == .failed)
    #expect(
      early.errors
        == "cdrelay: nothing to compare: calls of the last 60 min are left out, since they may be under way\n")
  }

  @Test func whoStopsItIsToldHowFarItCame() throws {
    let fixture = try SimulatedProviderFixture(.telecmi, calls: 50)
    let run = fixture.backfill(isInterrupted: true)
    #expect(run.code == .failed)
    #expect(run.output == "")
    #expect(
      run.errors
        == "stopped: fetched 0 rows in 1 request: 0 known, 0 new, 0 different, 0 bad; the same command does the rest, and "
        + "nothing twice\n")
  }

  @Test func refusedCredentialsAreTold() throws {
    let fixture = try SimulatedProviderFixture(.telecmi, calls: 10, secret: "a-wrong-one")
    let run = fixture.backfill()
    #expect(run.code == .failed)
    #expect(
      run.errors.hasPrefix(
        "telecmi: the provider refused our credentials (404: Invalid app id or secret, at /v2/answered)"))
    #expect(!run.errors.contains("a-wrong-one"))
  }

  @Test func whatCantBeAskedIsSaidBeforeAnything() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("rules.json")
    try """
    {"sources": {"pbx": {"provider": "generic", "auth": "none"},
      "india": {"provider": "telecmi", "auth": "none", "api": {"secret": "${NOT_THERE}", "app_id": 1}},
      "voice": {"provider": "telecmi", "auth": "none", "api": {"secret": "x", "app_id": 1, "product": "piopiy"}}}}
    """.write(toFile: path, atomically: true, encoding: .utf8)
    func backfill(_ words: String) -> CalledCommand { CalledCommand("backfill \(words) --from 1d", ["--rules", path]) }
    #expect(
      backfill("pbx").errors.hasPrefix("cdrelay: \(path): sources.pbx has no \"api\": write there which one to ask"))
    #expect(backfill("pb").errors.hasPrefix("cdrelay: no source pb: did you mean pbx?"))
    #expect(backfill("india").errors.hasPrefix("cdrelay: india can't be asked: sources.india.api.secret: "))
    #expect(backfill("voice").errors.hasPrefix("cdrelay: voice: PIOPIY documents no list of calls by date"))
    #expect(CalledCommand("backfill pbx --from 1d").code == .usage)
    #expect(CalledCommand("backfill pbx", ["--rules", path]).code == .usage)
    #expect(CalledCommand("reconcile pbx --since yesterday", ["--rules", path]).code == .usage)
    #expect(CalledCommand("reconcile pbx --settle -1", ["--rules", path]).code == .usage)
  }
}
