import Foundation
import RelayCore
import SQLite
import TestSupport
import Testing

@testable import DurableQueue

@Suite struct ErasingTests {
  private let number = "+33639980042"
  private var person: Person {
    get throws { .number(try #require(NumberSearch(number))) }
  }

  private func action(_ database: DatabaseOnDisk) -> Action {
    Action(at: database.now, user: "ann", command: "erase --number …", reason: "asked by letter")
  }

  private func erase(
    _ database: DatabaseOnDisk, waiting: WaitingErasure? = nil
  ) throws -> (plan: ErasurePlan, receipt: ErasureReceipt) {
    let visitor = try QueueVisitor(path: database.path)
    let plan = try visitor.find(person)
    return (plan, try visitor.erase(person, plan, waiting: waiting, action: action(database)))
  }

  /// Files of the database in which the text stands, whatever SQLite makes of them.
  private func files(of database: DatabaseOnDisk, with text: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: database.folder.path).filter { name in
      let bytes = try Data(contentsOf: URL(fileURLWithPath: database.folder.file(name)))
      return bytes.range(of: Data(text.utf8)) != nil
    }
  }

  /// The person in each place in which one can stand, among many who are not meant.
  private func fill(_ database: DatabaseOnDisk) throws -> Identifier {
    try database.execute("BEGIN")
    for other in 0..<300 {
      let caller = "3310000\(1000 + other)"
      let record = try database.record(from: caller, body: #"{"from":"\#(caller)","note":"\#(other)"}"#)
      try database.delivery(of: record, .delivered, status: 200)
      guard other % 10 == 0 else { continue }
      let spelled = ["33639980042", "+33 6 39 98 00 42", "0639980042"][other / 10 % 3]
      let called = try database.record(
        callID: "leg-\(other)", from: caller, to: "33639980042", body: #"{"custom":{"phone":"\#(spelled)"}}"#)
      try database.delivery(of: called, .delivered, status: 200)
    }
    let record = try database.record(
      callID: "33639980042-7", from: "33639980042", unrouted: true, body: #"{"to":33639980042}"#)
    try database.execute(
      #"UPDATE record SET headers = '[["x","+33639980042"]]', query = '[["to","0639980042"]]' WHERE id = \#(record)"#)
    let dead = try database.delivery(of: record, .dead, status: 422, reason: "not 0639980042")
    try database.execute(
      """
      UPDATE attempt SET response = CAST('no contact +33639980042' AS BLOB), reason = 'for 06 39 98 00 42' WHERE delivery = \(dead);
      UPDATE dead_letter SET reason = '33639980042' WHERE delivery = \(dead);
      INSERT INTO action VALUES (1, 0, 'bob', 'deliveries close', 1, 'call of 0639980042')
      """)
    _ = try database.quarantined(body: "number: 0033639980042")
    _ = try database.refused(body: "call=%2B33639980042")
    try database.execute("COMMIT")
    return record
  }

  @Test func nothingOfThePersonIsLeftInTheFiles() throws {
    let database = try DatabaseOnDisk()
    let record = try fill(database)
    let (plan, receipt) = try erase(database)
    #expect(plan.records.count == 31 && plan.quarantine.count == 1 && plan.refused.count == 1)
    #expect(receipt.records == 31 && receipt.cancelled == 1 && receipt.left == 0)
    #expect(receipt.isLogEmpty && receipt.traces == 0)
    for text in ["639980042", "39 98 00 42"] { #expect(try files(of: database, with: text) == []) }
    #expect(try QueueVisitor(path: database.path).find(person).count == 0)
    // The others are as they were.
    #expect(try database.integer("SELECT count(*) FROM record WHERE body IS NOT NULL") == 300)
    #expect(try database.integer("SELECT count(*) FROM record WHERE from_number IS NULL") == 31)
    #expect(try database.integer("SELECT count(*) FROM record WHERE call_id = 'leg-10'") == 1)
    #expect(try database.integer("SELECT count(*) FROM attempt WHERE response IS NOT NULL") == 300)
    // What proves that it was received and sent stays.
    let row = try #require(try QueueVisitor(path: database.path).record(record))
    #expect(row.from == nil && row.callID == nil && !row.isUnrouted && row.bodyHash.count == 32)
    #expect(
      try database.text("SELECT state || reason FROM delivery WHERE record = \(record)") == "cancelled" + "erased")
    #expect(try database.integer("SELECT count(*) FROM dead_letter") == 0)
    #expect(try database.text("SELECT state || reason FROM quarantine") == "discarded" + "erased")
    #expect(try database.integer("SELECT count(*) FROM refused") == 0)
    #expect(
      try database.text("SELECT group_concat(command || ':' || reason, '; ') FROM action ORDER BY id")
        == "erased:erased; erase --number …:asked by letter")
  }

  @Test func itIsSaidWhoHasIt() throws {
    let database = try DatabaseOnDisk()
    let record = try database.record(to: "0639980042")
    try database.delivery(of: record, to: "crm", .delivered, status: 200)
    try database.delivery(of: record, to: "billing", .dead, status: 500)
    try database.delivery(of: record, to: "archive", .waiting)
    try database.execute("INSERT INTO backup VALUES (1, 0, '\(database.path)'), (2, 0, '/nowhere/at.all')")
    let plan = try QueueVisitor(path: database.path).find(person)
    #expect(plan.receivers.map(\.destination) == ["billing", "crm"])
    #expect(plan.receivers[1] == .init(destination: "crm", count: 1, first: database.now, last: database.now))
    #expect(plan.waiting == ["archive": 1])
    #expect(plan.copies == [database.path], "the other is not there any more")
  }

  @Test func whatWaitsIsKeptOrCancelledAsTold() throws {
    let database = try DatabaseOnDisk()
    let waiting = try database.record(to: "0639980042", body: "a 0639980042")
    try database.delivery(of: waiting, .waiting)
    let sending = try database.record(to: "0639980042", body: "b 0639980042")
    try database.delivery(of: sending, .sending)
    try database.execute("UPDATE queue_count SET unsettled = 2")
    let kept = try erase(database, waiting: .keep)
    #expect(kept.plan.waitingCount == 2)
    #expect(kept.receipt.left == 2 && kept.receipt.records == 0 && kept.receipt.traces > 0)
    let cancelled = try erase(database, waiting: .cancel)
    #expect(cancelled.receipt.left == 1 && cancelled.receipt.records == 1 && cancelled.receipt.cancelled == 1)
    #expect(try database.text("SELECT state FROM delivery WHERE record = \(waiting)") == "cancelled")
    #expect(try database.text("SELECT state FROM delivery WHERE record = \(sending)") == "sending")
    #expect(try database.integer("SELECT unsettled FROM queue_count") == 1)
  }

  @Test func aRelayGoesOnAndKnowsTheRecordWhenItComesAgain() throws {
    let fixture = try QueueFixture()
    let new = NewRecord.sample(key: "k", body: Array(#"{"to":"06 39 98 00 42"}"#.utf8))
    let first = try fixture.queue.admit(new).get()
    let claimed = try fixture.queue.claim("crm").get()
    fixture.queue.settle(claimed.deliveries.map { .sample($0, .delivered, at: fixture.time.now()) })
    fixture.queue.flush()
    let visitor = try QueueVisitor(path: fixture.path)
    let plan = try visitor.find(person)
    #expect(plan.records == [first.record.number])
    let action = Action(at: fixture.time.now(), user: "ann", command: "erase")
    let receipt = try visitor.erase(person, plan, waiting: nil, action: action)
    #expect(receipt.records == 1 && receipt.isLogEmpty && receipt.traces == 0)
    let again = try fixture.queue.admit(new).get()
    #expect(again.isDuplicate && again.record == first.record)
    #expect(try fixture.connect().integer("SELECT count(*) FROM record WHERE body IS NULL") == 1)
    // Another call of the same number is taken as ever.
    #expect(try fixture.queue.admit(.sample(key: "next", body: new.raw.body)).get().isDuplicate == false)
  }

  @Test func anImportCanAskWhomItMustNotBringBack() throws {
    let database = try DatabaseOnDisk()
    #expect(try QueueVisitor(path: database.path).erasedPeople().isEmpty)
    _ = try erase(database)
    let visitor = try QueueVisitor(path: database.path)
    let agent = Person.agent(try #require(AgentSearch("Alice")))
    _ = try visitor.erase(agent, visitor.find(agent), waiting: nil, action: action(database))
    let people = try visitor.erasedPeople()
    for text in ["33639980042", "0033 6 39 98 00 42", "0639980042", "39980042", "0033 33639980042"] {
      #expect(people.contains(number: text), "\(text)")
    }
    for text in ["33639980043", "49639980042", "0139980042", "202", ""] {
      #expect(!people.contains(number: text), "\(text)")
    }
    #expect(people.contains(agent: "alice") && !people.contains(agent: "bob"))
    var call = Call()
    #expect(!people.takePart(in: call))
    call.customerNumber = "06 39 98 00 42"
    #expect(people.takePart(in: call))
    // Hashes of two databases do not compare.
    let other = try DatabaseOnDisk()
    _ = try erase(other)
    #expect(
      try database.text("SELECT hex(hash) FROM erased LIMIT 1") != other.text("SELECT hex(hash) FROM erased LIMIT 1"))
    #expect(try files(of: database, with: "639980042") == [])
  }

  @Test func aReaderKeepsTheLogAndThatIsSaid() throws {
    let database = try DatabaseOnDisk()
    _ = try database.record(to: "0639980042")
    let reader = try Connection(path: database.path, mode: .readOnly)
    try reader.execute("BEGIN; SELECT count(*) FROM record")
    let visitor = try QueueVisitor(path: database.path, busyTimeout: 20)
    let receipt = try visitor.erase(person, visitor.find(person), waiting: nil, action: action(database))
    #expect(!receipt.isLogEmpty)
    try reader.execute("COMMIT")
    #expect(try erase(database).receipt.isLogEmpty)
  }
}
