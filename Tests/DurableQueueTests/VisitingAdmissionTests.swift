import DurableQueue
import RelayCore
import SQLite
import TestSupport
import Testing

/// What a command beside the relay does with the queue's own code, on a connection of its own.
@Suite struct VisitingAdmissionTests {
  @Test func aVisitorsRecordIsDueAndTheTakerLooksAgain() throws {
    let fixture = try QueueFixture()
    let taker = fixture.startTaker(room: ["crm": 5])
    let receipt = try admit(.sample(key: "k"), into: fixture, process: 1)
    #expect(receipt.revision == 0)
    taker.next { if case .changed = $0 { true } else { false } }
    #expect(try fixture.queue.claim("crm").get().deliveries.map(\.record) == [receipt.record])
    #expect(try fixture.queue.admit(.sample(key: "k")).get().record == receipt.record)
  }

  @Test func aNumberThatAnotherProcessUsedIsDrawnAgain() throws {
    let fixture = try QueueFixture()
    // Two processes that drew the same bits, in the same millisecond.
    let first = try admit(.sample(key: "a"), into: fixture, process: 7)
    let second = try admit(.sample(key: "b"), into: fixture, process: 7)
    #expect(first.record < second.record)
    #expect(try fixture.count("record") == 2)
    #expect(try fixture.count("delivery") == 2)
  }

  @Test func aVisitorGetsItsTurnUnderLoad() throws {
    let fixture = try QueueFixture()
    let loads = (0..<32).map { client in
      BackgroundLoad { number in _ = fixture.queue.admit(.sample(key: "\(client) \(number)")) }
    }
    for visit in 0..<10 { try admit(.sample(key: "visit \(visit)"), into: fixture, process: 1) }
    let count = loads.reduce(10) { $0 + $1.stop() }
    #expect(try fixture.count("record") == count)
  }

  @discardableResult
  private func admit(_ new: NewRecord, into fixture: QueueFixture, process: UInt16) throws -> CommitReceipt {
    let connection = try fixture.connect(.readWrite)
    let now = fixture.time.now()
    return try connection.transaction {
      var ids = IdentifierGenerator(process: process)
      var desk = HandoverDesk(holds: try HoldBook(connection: connection).read())
      return try Admission(connection: connection).admit(new, at: now, ids: &ids, desk: &desk)
    }
  }
}
