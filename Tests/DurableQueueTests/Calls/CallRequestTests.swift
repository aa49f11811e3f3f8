import Foundation
import RelayCore
import SQLite
import TestSupport
import Testing

@testable import DurableQueue

@Suite struct CallRequestTests {
  private func new(
    key: String? = nil, to: String = "33639980042", client: String = "crm", perMinute: Int = 1000, perDay: Int = 1000
  ) -> NewCallRequest {
    NewCallRequest(
      source: "telecmi", client: client, key: key, from: "33199001234", to: to, request: #"{"to":"\#(to)"}"#,
      perMinute: perMinute, perDay: perDay)
  }

  private func accepted(_ fixture: QueueFixture, _ new: NewCallRequest) throws -> AcceptedCall {
    guard case .accepted(let call) = try fixture.queue.accept(new).get() else {
      throw Unexpected()
    }
    return call
  }

  private struct Unexpected: Error {}

  private func settle(
    _ fixture: QueueFixture, _ call: AcceptedCall, _ state: CallState, _ fault: CallFault? = nil, id: String? = nil
  ) throws -> CallRequestRow {
    var settlement = CallSettlement(call: call.id, state, fault, reason: "words")
    settlement.requestID = id
    return try #require(fixture.queue.settle(settlement))
  }

  @Test func theWayOfACall() throws {
    let fixture = try QueueFixture()
    let call = try accepted(fixture, new(key: "k"))
    #expect(try fixture.count("call_request WHERE state = 'accepted'") == 1)
    #expect(try fixture.queue.begin(call)?.call == call.id)
    #expect(try fixture.count("call_request WHERE state = 'sending'") == 1)
    #expect(try fixture.queue.begin(call)?.call == nil, "there is one permit")
    let row = try settle(fixture, call, .placed, id: "r1")
    #expect(row.state == .placed && row.requestID == "r1" && row.to == "33639980042" && row.key == "k")
    // What is settled stays.
    #expect(try settle(fixture, call, .unknown, .noAnswer).state == .placed)
  }

  @Test func aKeySeenAgainGivesWhatWasSaid() throws {
    let fixture = try QueueFixture()
    let call = try accepted(fixture, new(key: "k"))
    guard case .underWay(call.id) = try fixture.queue.accept(new(key: "k")).get() else { throw Unexpected() }
    _ = try fixture.queue.begin(call)
    guard case .underWay(call.id) = try fixture.queue.accept(new(key: "k")).get() else { throw Unexpected() }
    _ = try settle(fixture, call, .unknown, .noAnswer)
    guard case .known(let row) = try fixture.queue.accept(new(key: "k")).get() else { throw Unexpected() }
    #expect(row.id == call.id && row.state == .unknown)
    guard case .otherRequest(call.id) = try fixture.queue.accept(new(key: "k", to: "33639980043")).get() else {
      throw Unexpected()
    }
    // Of another client it is another key.
    #expect(try accepted(fixture, new(key: "k", client: "billing")).id != call.id)
    #expect(try fixture.count("call_request") == 2)
  }

  @Test(arguments: CallFault.allCases.filter { $0 != .noAnswer }) func onlyWhatWasNotSentIsTriedAgain(
    fault: CallFault
  ) throws {
    let fixture = try QueueFixture()
    let call = try accepted(fixture, new(key: "k"))
    _ = try fixture.queue.begin(call)
    _ = try settle(fixture, call, .refused, fault)
    switch try fixture.queue.accept(new(key: "k")).get() {
    case .accepted(let again):
      #expect(fault.isRetried && again.id == call.id)
      #expect(try fixture.queue.begin(again)?.call == call.id)
    case .known(let row): #expect(!fault.isRetried && row.fault == fault)
    default: throw Unexpected()
    }
  }

  @Test func ratesAreOfTheTable() throws {
    let fixture = try QueueFixture()
    for _ in 0..<3 {
      _ = try accepted(fixture, new(perMinute: 3, perDay: 5))
      fixture.time.advance(seconds: 10)
    }
    guard case .overRate(3, "a minute", 31) = try fixture.queue.accept(new(perMinute: 3, perDay: 5)).get() else {
      throw Unexpected()
    }
    try fixture.reopen()
    guard case .overRate(3, "a minute", 31) = try fixture.queue.accept(new(perMinute: 3, perDay: 5)).get() else {
      throw Unexpected()
    }
    _ = try accepted(fixture, new(client: "billing", perMinute: 3, perDay: 5))
    fixture.time.advance(seconds: 31)
    for _ in 0..<2 { _ = try accepted(fixture, new(perMinute: 1000, perDay: 5)) }
    guard case .overRate(5, "24 hours", let seconds) = try fixture.queue.accept(new(perMinute: 1000, perDay: 5)).get()
    else { throw Unexpected() }
    #expect(seconds == 86_400 - 61 + 1)
    // A key that is known costs nothing.
    fixture.time.advance(seconds: 86_400)
    _ = try accepted(fixture, new(key: "k", perDay: 1))
    guard case .underWay = try fixture.queue.accept(new(key: "k", perDay: 1)).get() else { throw Unexpected() }
  }

  @Test func aStartSettlesWhatWasUnderWay() throws {
    let fixture = try QueueFixture()
    let waiting = try accepted(fixture, new(key: "a"))
    let sending = try accepted(fixture, new(key: "b"))
    _ = try fixture.queue.begin(sending)
    // Of this one a record came before an answer did.
    let dialled = try accepted(fixture, new(key: "c"))
    _ = try fixture.queue.begin(dialled)
    _ = try fixture.queue.admit(record("r", of: CallMark(id: dialled.id, client: "crm"))).get()
    try fixture.reopen()
    let visitor = try QueueVisitor(path: fixture.path)
    let proven = try #require(try visitor.calls(named: "c").first)
    #expect(proven.state == .placed && proven.fault == nil && proven.reason == CallRequests.provenByRecord)
    let rows = try [waiting, sending].flatMap { try visitor.calls(named: $0.id.description) }
    #expect(rows.map(\.state) == [.refused, .unknown])
    #expect(rows.map(\.fault) == [.stopped, .noAnswer])
    #expect(rows.allSatisfy { $0.reason != nil && $0.settledAt != nil })
    #expect(try accepted(fixture, new(key: "a")).id == waiting.id)
    guard case .known = try fixture.queue.accept(new(key: "b")).get() else { throw Unexpected() }
  }

  private func record(_ key: String, of mark: CallMark?) -> NewRecord {
    let sample = NewRecord.sample(key: key)
    return NewRecord(
      record: Record(
        source: "telecmi", provider: .telecmi, kind: .cdr, call: Call(), body: JSONView(.null),
        headers: sample.raw.headers, query: sample.raw.query,
        identity: RecordIdentity(key: key, time: Instant(milliseconds: 1), content: [UInt8](repeating: 0, count: 16))),
      raw: sample.raw, routes: [], receivedAt: fixtureNow, sender: "127.0.0.1", credential: "token",
      bodyHash: sample.bodyHash, rulesVersion: 1, dedupScope: "telecmi", callMark: mark)
  }

  private var fixtureNow: Instant { ManualTime().now() }

  @Test func aRecordSettlesWhatNobodyKnew() throws {
    let fixture = try QueueFixture()
    let call = try accepted(fixture, new(key: "k"))
    _ = try fixture.queue.begin(call)
    #expect(try settle(fixture, call, .unknown, .noAnswer).state == .unknown)
    let mark = CallMark(id: call.id, client: "crm")
    let first = try fixture.queue.admit(record("a", of: mark)).get()
    let visitor = try QueueVisitor(path: fixture.path)
    let row = try #require(try visitor.calls(named: "k").first)
    #expect(row.state == .placed && row.fault == nil && row.reason == CallRequests.provenByRecord)
    #expect(try visitor.records(of: row).map(\.id) == [first.record])
    // And where it comes first, there is nothing unknown.
    let early = try accepted(fixture, new(key: "e"))
    _ = try fixture.queue.begin(early)
    _ = try fixture.queue.admit(record("b", of: CallMark(id: early.id, client: "crm"))).get()
    #expect(try settle(fixture, early, .unknown, .noAnswer).state == .placed)
  }

  @Test func aMarkOfNoCallIsPassedOver() throws {
    let fixture = try QueueFixture()
    let call = try accepted(fixture, new())
    _ = try fixture.queue.admit(record("a", of: CallMark(id: call.id, client: "other"))).get()
    _ = try fixture.queue.admit(record("b", of: CallMark(id: Identifier(7), client: "crm"))).get()
    #expect(try fixture.count("call_record") == 0)
    #expect(try fixture.count("record") == 2)
  }

  @Test func theProvidersIdIsKnownInMemoryAlsoAfterAStart() throws {
    let fixture = try QueueFixture()
    let call = try accepted(fixture, new())
    _ = try fixture.queue.begin(call)
    func mark(_ requestID: String?) -> CallMark? {
      var reading = Call()
      reading.requestID = requestID
      let record = Record(
        source: "telecmi", provider: .telecmi, kind: .cdr, call: reading, body: JSONView(.null), headers: .init(),
        query: .init(), identity: RecordIdentity(key: "k", time: Instant(milliseconds: 1), content: []))
      return fixture.queue.callMark(of: record)
    }
    fixture.queue.know("r1", of: CallMark(id: call.id, client: "crm"))
    #expect(mark("r1") == CallMark(id: call.id, client: "crm"), "before the answer is written")
    #expect(mark("r2") == nil && mark(nil) == nil)
    _ = try settle(fixture, call, .placed, id: "r1")
    try fixture.reopen()
    #expect(mark("r1") == CallMark(id: call.id, client: "crm"))
  }

  @Test func theOldestIsForgottenFirst() {
    let known = KnownCalls(limit: 3)
    for number in 1...5 { known.add("r\(number)", CallMark(id: Identifier(Int64(number)), client: "crm")) }
    known.add("r5", CallMark(id: Identifier(5), client: "crm"))
    #expect((1...5).map { known.mark(of: "r\($0)") != nil } == [false, false, true, true, true])
  }

  @Test func retentionRemovesCallsAndErasureTheirPeople() throws {
    var settings = DurableQueue.Settings()
    settings.retention.calls = 86_400_000
    let fixture = try QueueFixture()
    let old = try accepted(fixture, new())
    _ = try fixture.queue.begin(old)
    _ = try settle(fixture, old, .placed)
    _ = try fixture.queue.admit(record("a", of: CallMark(id: old.id, client: "crm"))).get()
    fixture.time.advance(seconds: 86_400)
    let call = try accepted(fixture, new(key: "33639980042-1"))
    _ = try fixture.queue.begin(call)
    var settlement = CallSettlement(call: call.id, .placed)
    settlement.response = Array(#"{"to":33639980042}"#.utf8)
    settlement.requestID = "r1"
    _ = fixture.queue.settle(settlement)
    fixture.queue.close()
    let file = try DatabaseFile.open(path: fixture.path, time: fixture.time)
    let walk = try RetentionWalk(connection: file.connection, policy: settings.retention)
    var removed = 0
    while true {
      let batch = try walk.step(limit: 10, at: fixture.time.now())
      if batch.looked == 0 { break }
      removed += batch.removed.calls
    }
    #expect(removed == 1)
    #expect(try fixture.count("call_request") == 1)
    #expect(try fixture.count("call_record") == 0)
    let visitor = try QueueVisitor(path: fixture.path)
    let person = Person.number(try #require(NumberSearch("+33 6 39 98 00 42")))
    let plan = try visitor.find(person)
    #expect(plan.calls == [call.id.number])
    let action = Action(at: fixture.time.now(), user: "ann", command: "erase --number …")
    #expect(try visitor.erase(person, plan, waiting: nil, action: action).calls == 1)
    let row = try #require(try visitor.calls(named: "r1").first)
    #expect(row.to == nil && row.from == nil && row.request == nil && row.response.isEmpty && row.key == nil)
    #expect(row.state == .placed && row.client == "crm")
    #expect(try visitor.find(person).calls.isEmpty)
  }

  /// Random lives: clients ask again and again, permits are used or lost, the relay stops at any moment. No call is ever given
  /// two permits unless the first was given back unsent, and every one ends with a reason.
  @Test func atMostOnceInRandomLives() throws {
    var random = SeededRandom(seed: UInt64.random(in: 0 ... .max))
    let seed = random.seed
    let fixture = try QueueFixture()
    let keys = (0..<40).map { "key-\($0)" }
    var sent: [Identifier: Int] = [:]
    var waiting: [AcceptedCall] = []
    var flying: [AcceptedCall] = []
    for _ in 0..<1500 {
      switch random.next() % 12 {
      case 0...4:
        let key = keys[Int(random.next() % 40)]
        if case .accepted(let call) = try fixture.queue.accept(new(key: key, perMinute: 100_000, perDay: 100_000)).get()
        {
          waiting.append(call)
        }
      case 5...7:
        guard !waiting.isEmpty else { continue }
        let call = waiting.remove(at: Int(random.next() % UInt64(waiting.count)))
        if try fixture.queue.begin(call)?.call != nil { flying.append(call) }
      case 8...10:
        guard !flying.isEmpty else { continue }
        let call = flying.remove(at: Int(random.next() % UInt64(flying.count)))
        if random.next() % 3 == 0 {
          _ = try settle(fixture, call, .refused, .connection)
        } else {
          sent[call.id, default: 0] += 1
          let isPlaced = random.next() % 2 == 0
          _ = try settle(fixture, call, isPlaced ? .placed : .unknown, isPlaced ? nil : .noAnswer)
        }
      default:
        // What flies may have been sent.
        for call in flying { sent[call.id, default: 0] += 1 }
        let orphans = waiting + flying
        (waiting, flying) = ([], [])
        try fixture.reopen()
        for call in orphans { #expect(try fixture.queue.begin(call)?.call == nil, "seed \(seed)") }
      }
    }
    try fixture.reopen()
    #expect(sent.values.allSatisfy { $0 == 1 }, "seed \(seed)")
    #expect(try fixture.count("call_request WHERE settled_at_ms IS NULL") == 0, "seed \(seed)")
    #expect(
      try fixture.count("call_request WHERE state <> 'placed' AND reason IS NULL") == 0, "seed \(seed)")
  }
}

extension DurableQueue {
  fileprivate func accept(_ new: NewCallRequest) -> Result<CallAdmission, CommitFailure> {
    reply { accept(new, reply: $0) }
  }
}
