import DurableQueue
import RelayCore
import TestSupport
import Testing

/// When a fetched row is of a call that is stored.
@Suite struct MatchingTests {
  @Test func anIDIsFoundWhateverItIsCalled() throws {
    let fixture = try FetchFixture()
    try fixture.receive(TestCall(id: "leg", conversation: "conversation"))
    #expect(try fixture.compare(TestCall(id: "leg", time: ManualTime.start + 1))[0].sign == .id)
    // The webhook tells the answer, the row the beginning, minutes before.
    #expect(
      try fixture.compare(TestCall(id: "conversation", time: ManualTime.start + -600_000, total: 700))[0].sign == .id)
    let other = TestCall(id: "row", conversation: "leg")
    #expect(try fixture.compare(other)[0].sign == .id)
    #expect(try fixture.compare(TestCall(id: "another", customer: "33100000001"))[0] == .missing)
  }

  @Test func whereIDsSayNothingNumbersTimeAndDurationDo() throws {
    let fixture = try FetchFixture()
    try fixture.receive(TestCall(id: "uuid"))
    let row = TestCall(id: "64b7")
    let same: [(inout TestCall) -> Void] = [
      { $0.time = $0.time + 5000 }, { $0.time = $0.time + -5000 }, { $0.answered = 65 }, { $0.answered = nil },
      { $0.customer = "+33 6 39 98 00 42" }, { $0.customer = "0639980042" }, { $0.our = "33000000000" },
      // The row tells the beginning; the webhook told the answer, 20 s later.
      { call in (call.time, call.total) = (call.time + -20_000, 80) },
    ]
    for (place, change) in same.enumerated() {
      #expect(try fixture.compare(row.changed(change))[0].sign == .numbers, "\(place)")
    }
    let others: [(inout TestCall) -> Void] = [
      { $0.time = $0.time + 5001 }, { $0.time = $0.time + -5001 }, { $0.answered = 66 },
      { $0.customer = "33639980043" },
      { $0.direction = .outbound }, { $0.status = .missed }, { $0.customer = nil },
    ]
    for (place, change) in others.enumerated() {
      #expect(try fixture.compare(row.changed(change))[0] == .missing, "\(place)")
    }
    let strict = try fixture.visitor.compareFetched(
      [row.changed { $0.time = $0.time + 2000 }.fetched()], fixture.run(tolerance: 1000))
    #expect(strict[0] == .missing)
  }

  @Test func twoLegsAreOneCall() throws {
    let fixture = try FetchFixture()
    let legB = TestCall(id: "b", conversation: "call", leg: .b, direction: .outbound)
    try fixture.receive(
      TestCall(id: "a", conversation: "call", leg: .a, role: .leg, direction: .outbound, our: "33700000000"), legB)
    for id in ["a", "b", "call"] {
      let outcome = try fixture.compare(TestCall(id: id, direction: .outbound))[0]
      guard case .known(let call) = outcome else { return #expect(Bool(false), "\(id): \(outcome)") }
      #expect(call.records.count == 2, "\(id)")
    }
    #expect(try fixture.compare(TestCall(id: "64b7", direction: .outbound))[0].sign == .numbers)
    // Both settle one row, not two.
    let two = try fixture.compare(
      TestCall(id: "64b7", direction: .outbound),
      TestCall(id: "64b8", direction: .outbound, time: ManualTime.start + 900))
    #expect(two[0].sign == .numbers && two[1] == .missing)
  }

  @Test func aRowThatNamesItsLegIsThatLeg() throws {
    let fixture = try FetchFixture()
    let legA = TestCall(id: "a", conversation: "call", leg: .a, role: .leg, direction: .outbound)
    let legB = TestCall(id: "b", conversation: "call", leg: .b, direction: .outbound)
    try fixture.receive(legA)
    // Bodies of webhooks, brought back from elsewhere: the rules wait for leg b.
    #expect(try fixture.compare(legA, legB)[1] == .missing)
    try fixture.admit([legA, legB])
    #expect(try fixture.fixture.count("record") == 2)
  }

  @Test func anAgentWhoMissedItIsNotTheCall() throws {
    let fixture = try FetchFixture()
    let missed = TestCall(
      id: "agents-leg", conversation: "call", leg: .b, role: .agentMissed, status: .missed, answered: nil)
    try fixture.receive(missed)
    #expect(try fixture.compare(TestCall(id: "call"))[0] == .missing)
    #expect(try fixture.compare(TestCall(id: "call", status: .missed, answered: nil))[0] == .missing)
    #expect(try fixture.compare(TestCall(id: "64b7", status: .missed, answered: nil))[0] == .missing)
    #expect(try fixture.compare(TestCall(id: "agents-leg", status: .missed, answered: nil))[0].sign == .id)
  }

  @Test func ofTwoCallsInAMinuteTheNearestSettlesEach() throws {
    let fixture = try FetchFixture()
    try fixture.receive(TestCall(id: "first"))
    let near = TestCall(id: "x", time: ManualTime.start + 500)
    let far = TestCall(id: "y", time: ManualTime.start + 3000)
    for order in [[near, far], [far, near]] {
      let outcomes = try fixture.visitor.compareFetched(order.map { $0.fetched() }, fixture.run())
      #expect(outcomes.map(\.sign) == order.map { $0.id == "x" ? .numbers : nil })
    }
  }

  @Test func whereIDsCanBeComparedNumbersAreNotAsked() throws {
    let fixture = try FetchFixture()
    try fixture.receive(TestCall(id: "first"))
    // The second call, three seconds later, never arrived.
    let lost = TestCall(id: "second", time: ManualTime.start + 3000)
    #expect(try fixture.compare(lost, TestCall(id: "first")).map(\.sign) == [nil, .id])
  }

  @Test func whatDiffersIsTold() throws {
    let fixture = try FetchFixture()
    try fixture.receive(TestCall(id: "one", total: 70))
    let outcome = try fixture.compare(
      TestCall(
        id: "one", status: .missed, customer: "33100000001", time: ManualTime.start + 800_000, total: 90, answered: 5))[
        0]
    guard case .different(_, let fields) = outcome else { return #expect(Bool(false), "\(outcome)") }
    #expect(fields == ["status", "customer_number", "started_at", "total_seconds", "answered_seconds"])
  }

  @Test func aBodyThatIsGoneIsRecognisedByItsColumns() throws {
    let fixture = try FetchFixture()
    try fixture.receive(TestCall(id: "one"))
    try fixture.fixture.connect(.readWrite).execute("UPDATE record SET body = NULL")
    #expect(try fixture.compare(TestCall(id: "one", time: ManualTime.start + 7))[0].sign == .id)
    #expect(try fixture.compare(TestCall(id: "64b7"))[0].sign == .numbers)
  }

  @Test func anotherSourcesCallIsNotThisOne() throws {
    let fixture = try FetchFixture()
    try fixture.receive(TestCall(id: "one", source: "other"))
    #expect(try fixture.compare(TestCall(id: "one", time: ManualTime.start + 7))[0] == .missing)
  }
}
