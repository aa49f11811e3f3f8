import DurableQueue
import Foundation
import Providers
import RelayCore
import TestSupport
import Testing

@testable import cdrelay

@Suite struct QuarantineCommandsTests {
  private static let rules = """
    { "sources": { "telecmi": { "provider": "telecmi", "auth": { "token": "${T}" }, "app_ids": [2222223] } },
      "destinations": { "crm": { "url": "https://crm.example.com/" } },
      "rules": [ { "name": "all", "send_to": ["crm"] } ] }
    """
  private static let record =
    #"{"type":"cdr","cmiuuid":"c1","appid":2222223,"status":"answered","direction":"inbound","time":1634720920615}"#

  private func database() throws -> DatabaseOnDisk {
    let database = try DatabaseOnDisk()
    try database.rules(Self.rules)
    return database
  }

  @Test func whatHasBecomeAcceptableIsAdmittedWithItsDeliveries() throws {
    let database = try database()
    let id = try database.quarantined(body: Self.record)
    let run = CalledCommand("quarantine replay \(id)", database: database)
    #expect(run.code == .done)
    let record = try #require(try database.integer("SELECT record FROM quarantine WHERE state = 'replayed'"))
    #expect(run.output == "\(id) became record \(record) with 1 delivery: crm\n")
    #expect(try database.text("SELECT state || ' ' || rule FROM delivery WHERE record = \(record)") == "waiting all")
    #expect(try database.text("SELECT sender || ' ' || credential FROM record") == "192.0.2.7 token")
    #expect(try database.integer("SELECT count FROM action") == 1)
    #expect(try database.integer("SELECT accepted FROM source_hour") == 1)
    let again = CalledCommand("quarantine replay \(id)", database: database)
    #expect(again.errors == "cdrelay: \(id) was replayed already\n")
  }

  /// In the scope of keys that the receiver uses, or a record that is stored already would be sent a second time.
  @Test func whatIsReplayedIsKnownAgainByTheReceiver() throws {
    let database = try database()
    let id = try database.quarantined(body: Self.record)
    #expect(CalledCommand("quarantine replay \(id)", database: database).code == .done)
    let record = try Decoder.decode(
      RawRecord(body: Array(Self.record.utf8), contentType: nil, headers: .init(), query: .init()),
      settings: SourceSettings(name: "telecmi", provider: .telecmi))
    let key = Admission.dedupKey(scope: "source telecmi", identity: record.identity)
    let digits = key.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    #expect(try database.text("SELECT lower(hex(dedup_key)) FROM record") == digits)
  }

  @Test func whatIsStillNotAcceptableStays() throws {
    let database = try database()
    let id = try database.quarantined(body: #"{"type":"cdr"}"#)
    let run = CalledCommand("quarantine replay \(id)", database: database)
    #expect(run.code == .failed)
    #expect(run.errors.hasPrefix("\(id) stays in quarantine (422): no cmiuuid"))
    #expect(try database.text("SELECT state FROM quarantine") == "kept")
    #expect(try database.integer("SELECT count(*) FROM record") == 0)
    #expect(try database.integer("SELECT count(*) FROM action") == 0)
  }

  @Test func aMendedCopyIsSentAndTheOriginalKept() throws {
    let database = try database()
    let id = try database.quarantined(body: "{broken")
    let mended = database.folder.file("mended.json")
    try Self.record.write(toFile: mended, atomically: true, encoding: .utf8)
    #expect(CalledCommand("quarantine replay \(id) --body \(mended)", database: database).code == .done)
    #expect(try database.text("SELECT CAST(body AS TEXT) FROM record") == Self.record)
    #expect(try database.text("SELECT CAST(body AS TEXT) FROM quarantine") == "{broken")
  }

  @Test func aBodyThatWasNeverReadNeedsACopy() throws {
    let database = try database()
    let id = try database.quarantined(body: "", size: 2_000_000)
    let run = CalledCommand("quarantine replay \(id)", database: database)
    #expect(run.code == .failed)
    #expect(
      run.errors
        == "\(id) stays in quarantine (413): its body was too large to be kept: replay a copy with --body FILE\n")
  }

  @Test func discardWantsAReasonAndKeepsIt() throws {
    let database = try database()
    for body in ["[1]", "[2]"] { _ = try database.quarantined(body: body) }
    #expect(CalledCommand("quarantine discard --source telecmi", database: database).code == .usage)
    let run = CalledCommand("quarantine discard --source telecmi --reason scanner", database: database)
    #expect(run.output == "discarded 2 requests\n")
    #expect(try database.text("SELECT count || ' ' || reason FROM action") == "2 scanner")
    #expect(CalledCommand("quarantine list", database: database).errors == "no request in quarantine matches\n")
    #expect(CalledCommand("quarantine list --state discarded --json", database: database).json.count == 2)
  }
}
