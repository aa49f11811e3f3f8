import DurableQueue
import RelayCore
import Telemetry
import TestSupport
import Testing

/// What a backfill writes.
@Suite struct FetchingTests {
  @Test func whatIsMissingIsStoredWithItsDeliveriesAndMarked() throws {
    let fixture = try FetchFixture()
    try fixture.receive(TestCall(id: "one"))
    let outcomes = try fixture.admit([TestCall(id: "one"), TestCall(id: "two", customer: "33100000001")])
    #expect(outcomes.map(\.isStored) == [false, true])
    #expect(try fixture.fixture.count("record WHERE credential = 'backfill' AND call_id = 'two' AND revision = 0") == 1)
    #expect(try fixture.fixture.count("delivery WHERE state = 'waiting'") == 3)
    #expect(try fixture.fixture.connect().integer("SELECT unsettled FROM queue_count") == 3)
    #expect(try fixture.fixture.connect().text("SELECT user || ' ' || count FROM action") == "ann 1")
    #expect(try fixture.fixture.connect().integer("SELECT sum(accepted) FROM source_hour") == 2)
  }

  @Test func whatIsFetchedIsNoSignThatTheSenderIsAlive() throws {
    let fixture = try FetchFixture()
    try fixture.admit([TestCall(id: "one")])
    #expect(try fixture.fixture.count("source_hour WHERE accepted = 1 AND last_record_at_ms IS NULL") == 1)
  }

  @Test func aRowWhoseCallIsStoredIsNoRevision() throws {
    let fixture = try FetchFixture()
    let call = TestCall(id: "one")
    try fixture.receive(call)
    for changed in [call.changed { $0.answered = 61 }, call.changed { $0.time = $0.time + 1 }] {
      #expect(try !fixture.admit([changed])[0].isStored)
    }
    #expect(try fixture.fixture.count("record") == 1)
  }

  @Test func aWebhookBehindItsRowIsKeptAndSentNowhere() throws {
    let fixture = try FetchFixture()
    let call = TestCall(id: "one")
    try fixture.admit([call])
    let same = try fixture.fixture.queue.admit(call.sent()).get()
    #expect(same.isDuplicate)
    let other = try fixture.fixture.queue.admit(call.changed { $0.answered = 61 }.sent()).get()
    #expect(other.revision == 1)
    #expect(try fixture.fixture.count("record") == 2)
    #expect(try fixture.fixture.count("delivery WHERE record = \(other.record)") == 0)
    // Behind its own first version it is sent as ever.
    try fixture.receive(TestCall(id: "two"))
    let revision = try fixture.fixture.queue.admit(TestCall(id: "two", answered: 61).sent()).get()
    #expect(try fixture.fixture.count("delivery WHERE record = \(revision.record)") == 1)
  }

  @Test func whatCameTwiceIsOnePage() throws {
    let fixture = try FetchFixture()
    let call = TestCall(id: "one")
    let outcomes = try fixture.admit([
      call, call, call.changed { $0.answered = 61 }, call.changed { $0.time = $0.time + 9 },
    ])
    #expect(outcomes.count(where: \.isStored) == 1)
    #expect(outcomes.count { $0 == .repeated } == 3)
    #expect(try fixture.fixture.count("record") == 1)
  }

  @Test func transactionsAreBoundedAndProgressIsTold() throws {
    let fixture = try FetchFixture()
    let calls = (0..<1000).map { TestCall(id: "id \($0)", customer: "331000\($0 + 10_000)") }
    let action = Action(at: ManualTime().now(), user: "ann", command: "backfill telecmi")
    var running = RunningAction(action)
    var told: [Int] = []
    _ = try fixture.visitor.admitFetched(
      calls.map { $0.fetched() }, fixture.run(), rules: .file(text: "{}"), action: action, &running
    ) { told.append($0) }
    // Three rows a call: the record and its two deliveries.
    #expect(told.first == QueueVisitor.batchSize / 3 && told.last == 1000)
    #expect(zip(told, told.dropFirst()).allSatisfy { $1 - $0 <= QueueVisitor.batchSize / 3 })
    #expect(try fixture.fixture.count("record") == 1000)
  }

  @Test func aStopInTheMiddleIsMadeGoodByAnotherRun() throws {
    struct Stop: Error {}
    let fixture = try FetchFixture()
    let calls = (0..<400).map { TestCall(id: "id \($0)", customer: "331000\($0 + 10_000)") }
    let action = Action(at: ManualTime().now(), user: "ann", command: "backfill telecmi")
    var running = RunningAction(action)
    #expect(throws: Stop.self) {
      _ = try fixture.visitor.admitFetched(
        calls.map { $0.fetched() }, fixture.run(), rules: .file(text: "{}"), action: action, &running
      ) { _ in throw Stop() }
    }
    #expect(try fixture.fixture.count("record") == 166)
    #expect(try fixture.admit(calls).count(where: \.isStored) == 234)
    #expect(try fixture.admit(calls).count(where: \.isStored) == 0)
    #expect(try fixture.fixture.count("record") == 400)
    #expect(try fixture.fixture.count("delivery") == 800)
  }

  @Test func aPersonWhoWasErasedDoesNotComeBack() throws {
    let fixture = try FetchFixture()
    let search = try #require(NumberSearch("33639980042"))
    let action = Action(at: ManualTime().now(), user: "ann", command: "erase")
    _ = try fixture.visitor.erase(
      .number(search), try fixture.visitor.find(.number(search)), waiting: nil, action: action, progress: { _ in })
    #expect(try fixture.admit([TestCall(id: "one")]) == [.erased])
    #expect(try fixture.fixture.count("record") == 0)
  }

  @Test func rowsOfAFileAreRecognisedWhereTheAPIBroughtThemAndTheOtherWayRound() throws {
    let fixture = try FetchFixture()
    try fixture.admit([TestCall(id: "cmiuid")], nil, .api)
    #expect(try fixture.admit([TestCall(id: "fetched-1")], nil, .file)[0].sign == .numbers)
    #expect(try fixture.admit([TestCall(id: "fetched-2", time: ManualTime.start + 3_600_000)], nil, .file)[0].isStored)
    #expect(
      try fixture.admit([TestCall(id: "other", time: ManualTime.start + 3_600_000)], nil, .api)[0].sign == .numbers)
  }

  @Test func twoRowsOfOneFileAreTwoCalls() throws {
    let fixture = try FetchFixture()
    let run = fixture.run()
    for seconds in 0..<4 {
      let call = TestCall(id: "fetched-\(seconds)", time: ManualTime.start + Int64(seconds) * 1000)
      #expect(try fixture.admit([call], run, .file)[0].isStored)
    }
  }

  @Test func theRelayTakesWebhooksMeanwhile() throws {
    let fixture = try FetchFixture()
    let relay = fixture.fixture
    let accepted = Counter()
    let load = BackgroundLoad { number in
      let answer = relay.queue.admit(TestCall(id: "live \(number)", customer: "332000\(number + 10_000)").sent())
      if case .success = answer { accepted.add() }
    }
    let calls = (0..<500).map { TestCall(id: "id \($0)", customer: "331000\($0 + 10_000)") }
    let outcomes = try fixture.admit(calls)
    #expect(load.stop() > 0)
    #expect(outcomes.count { $0.isStored } == outcomes.count)
    #expect(try fixture.fixture.count("record") == 500 + Int(accepted.value))
  }
}
