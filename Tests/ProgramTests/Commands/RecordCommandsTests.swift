import RelayCore
import TestSupport
import Testing

@testable import cdrelay

@Suite struct RecordCommandsTests {
  private static let body =
    #"{"type":"cdr","cmiuuid":"c1","appid":1,"status":"missed","direction":"inbound","from":33639980042,"time":1}"#

  @Test func showTellsTheCallWhereItCameFromAndItsDeliveries() throws {
    let database = try DatabaseOnDisk()
    let record = try database.record(callID: "c1", from: "33639980042", body: Self.body)
    let delivery = try database.delivery(of: record, .delivered, status: 200)
    for what in ["c1", "+33639980042", record.description] {
      let run = CalledCommand("records show \(what)", database: database)
      #expect(run.code == .done)
      #expect(run.output.contains("from 192.0.2.7, authenticated by token"))
      #expect(run.output.contains("  status: missed\n"))
      #expect(run.output.contains("Delivery \(delivery): crm by rule all, delivered"))
      #expect(run.output.hasSuffix("Body:\n\(Self.body)\n"))
    }
    let json = try #require(CalledCommand("records show c1 --json", database: database).json.first)
    #expect(json["call"]?["from"] == .string("33639980042"))
    #expect(json["deliveries"]?.array?.first?["state"] == .string("delivered"))
    #expect(json["body"] == .string(Self.body))
    let missing = CalledCommand("records show c2", database: database)
    #expect(missing.code == .failed)
    #expect(missing.errors == "cdrelay: no record has this id or number\n")
  }

  @Test func listFindsTheUnrouted() throws {
    let database = try DatabaseOnDisk()
    let unrouted = try database.record(unrouted: true)
    try database.delivery(.dead)
    let run = CalledCommand("records list --unrouted --json", database: database)
    #expect(run.json.map { $0["id"]?.string } == [unrouted.description])
    #expect(CalledCommand("records list", database: database).output.contains("crm dead"))
  }
}
