import DurableQueue
import RelayCore
import SQLite
import TestSupport
import Testing

/// Random sequences of what can happen to a queue, against a model in memory.
@Suite struct LifeOfDeliveriesTests {
  @Test(arguments: [1, 2, 3, 4, UInt64.random(in: 5...(.max))]) func everySequenceKeepsTheInvariants(
    seed: UInt64
  ) throws {
    let fixture = try QueueFixture(settings: Life.settings(isOrdered: true))
    var life = try Life(fixture: fixture, random: SeededRandom(seed: seed))
    for step in 0..<200 {
      try life.step()
      if step % 25 == 24 { try life.check() }
    }
    try life.sendTheRest()
  }
}

private struct Life {
  private struct Delivery {
    var state: DeliveryState
    var attempts = 0
    /// Those made before the last replay.
    var attemptsBefore = 0
    var tries = 0
    var dueAt: Instant?
  }

  private static let destinations = ["crm", "archive", "billing"]
  /// Takes the deliveries of a call in their order, unless the rule file was changed.
  private static let orderly = "billing"

  static func settings(isOrdered: Bool) -> DurableQueue.Settings {
    var settings = DurableQueue.Settings()
    settings.destinations = destinations
    settings.ordered = isOrdered ? [orderly] : []
    return settings
  }

  let fixture: QueueFixture
  var random: SeededRandom
  var taker: TestTaker
  /// Contents by key, the first first.
  private var records: [String: [String]] = [:]
  private var deliveries: [Identifier: Delivery] = [:]
  private var inHand: [Identifier: DueDelivery] = [:]
  private var countDeliveries = 0
  private var isOrdered = true
  /// By call, those that have a place in its order.
  private var lines: [String: [Identifier]] = [:]
  private var calls: [Identifier: String] = [:]

  init(fixture: QueueFixture, random: SeededRandom) throws {
    self.fixture = fixture
    self.random = random
    taker = fixture.startTaker()
  }

  private var seed: Comment { "seed \(random.seed)" }

  mutating func step() throws {
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<45: try admit()
    case 45..<60: try claim()
    case 60..<80: settle()
    case 80..<84: hold()
    case 84..<87: try pauseOrResume()
    case 87..<92: try change()
    case 92..<96: fixture.time.advance(milliseconds: .random(in: 0...90_000, using: &random))
    case 96..<97: fixture.time.advance(milliseconds: .random(in: -90_000...0, using: &random))
    default: try reopen()
    }
  }

  private mutating func admit() throws {
    let key = "key \(Int.random(in: 0..<40, using: &random))"
    let content = "content \(Int.random(in: 0..<3, using: &random))"
    let names = Self.destinations.filter { _ in Bool.random(using: &random) }
    let skips = Bool.random(using: &random)
    let call = ["a", "b", "c", nil].randomElement(using: &random) ?? nil
    if Bool.random(using: &random) {
      fixture.queue.grant(
        destination: Self.destinations.randomElement(using: &random) ?? "", room: .random(in: -1...2, using: &random))
    }
    let receipt = try fixture.queue.admit(
      .sample(key: key, content: content, to: names, skipsRevisions: skips, call: call)
    ).get()
    let known = records[key, default: []]
    if known.contains(content) {
      #expect(receipt.outcome == .duplicate, seed)
    } else {
      #expect(receipt.outcome == .accepted(revision: known.count), seed)
      records[key] = known + [content]
      if known.isEmpty || !skips { countDeliveries += names.count }
    }
    try learn(call: call ?? key)
  }

  /// Reads what the queue made of new deliveries, and takes over what it handed over.
  private mutating func learn(call: String) throws {
    let rows = try fixture.connect().prepare("SELECT id, state, next_attempt_at_ms, destination FROM delivery")
    var handed: Set<Identifier> = []
    while try rows.step() {
      let id = Identifier(rows.integer(0))
      guard deliveries[id] == nil, let state = DeliveryState(rawValue: rows.text(1)) else { continue }
      deliveries[id] = Delivery(state: state, dueAt: rows.optionalInteger(2).map(Instant.init(milliseconds:)))
      if rows.text(3) == Self.orderly, isOrdered {
        #expect((deliveries[id]?.dueAt == CallOrder.never) == (lines[call]?.isEmpty == false), seed)
        lines[call, default: []].append(id)
        calls[id] = call
      }
      if state == .sending { handed.insert(id) }
    }
    while !handed.isEmpty {
      let taken = taker.nextTaken()
      try #require(!taken.isEmpty, seed)
      for delivery in taken {
        #expect(handed.remove(delivery.id) != nil, seed)
        hold(delivery)
      }
    }
  }

  private mutating func claim() throws {
    let destination = Self.destinations.randomElement(using: &random) ?? ""
    let limit = Int.random(in: 0...5, using: &random)
    let now = fixture.time.now()
    let claim = try fixture.queue.claim(destination, limit: limit).get()
    for delivery in claim.deliveries {
      let known = try #require(deliveries[delivery.id], seed)
      #expect(known.state == .waiting, seed)
      #expect(known.dueAt.map { $0 <= now } == true, seed)
      #expect(delivery.attempts == known.attempts - known.attemptsBefore, seed)
      #expect(delivery.tries == known.tries, seed)
      deliveries[delivery.id]?.state = .sending
      deliveries[delivery.id]?.dueAt = nil
      hold(delivery)
    }
    if let next = claim.nextDueAt, next <= now { #expect(claim.deliveries.count == limit, seed) }
  }

  /// Only the first of a call may go, so that they arrive in their order and never two at a time.
  private mutating func hold(_ delivery: DueDelivery) {
    inHand[delivery.id] = delivery
    if let call = calls[delivery.id] { #expect(lines[call]?.first == delivery.id, seed) }
  }

  /// It is settled: the next of its call is due.
  private mutating func leaveLine(_ id: Identifier, at now: Instant) {
    guard let call = calls.removeValue(forKey: id) else { return }
    let wasFirst = lines[call]?.first == id
    lines[call]?.removeAll { $0 == id }
    if wasFirst, let next = lines[call]?.first { deliveries[next]?.dueAt = now }
  }

  private mutating func settle() {
    let chosen = inHand.keys.sorted().prefix(Int.random(in: 0...3, using: &random))
    let now = fixture.time.now()
    fixture.queue.settle(
      chosen.compactMap { id in
        guard let delivery = inHand.removeValue(forKey: id) else { return nil }
        let outcomes: [Settlement.Outcome] = [
          .delivered, .retry(at: now + 20_000), .dead, .postponed(until: now + 10_000), .interrupted,
        ]
        let outcome = outcomes.randomElement(using: &random) ?? .delivered
        let isTried = Bool.random(using: &random)
        note(outcome, id, isTried: isTried, at: now)
        return .sample(delivery, outcome, reason: "because", at: now, isTried: isTried)
      })
    // What is settled once stays so.
    if let id = chosen.first, let delivery = deliveries[id], delivery.state == .delivered {
      fixture.queue.settle([
        Settlement(
          delivery: id, destination: "crm", outcome: .dead, reason: "late", attempt: nil, settledAt: now)
      ])
    }
  }

  private mutating func note(_ outcome: Settlement.Outcome, _ id: Identifier, isTried: Bool, at now: Instant) {
    let (state, dueAt, counts): (DeliveryState, Instant?, Bool) =
      switch outcome {
      case .delivered: (.delivered, nil, true)
      case .retry(let at): (.waiting, at, true)
      case .dead: (.dead, nil, true)
      case .postponed(let until): (.waiting, until, false)
      case .interrupted: (.waiting, now, false)
      }
    deliveries[id]?.state = state
    deliveries[id]?.dueAt = dueAt
    if state != .waiting { leaveLine(id, at: now) }
    deliveries[id]?.tries += isTried ? 1 : 0
    deliveries[id]?.attempts += isTried && counts ? 1 : 0
  }

  private mutating func hold() {
    let destination = Self.destinations.randomElement(using: &random) ?? ""
    if Bool.random(using: &random) {
      fixture.queue.hold(destination, .credentials, reason: "status 401")
    } else {
      fixture.queue.release(destination, .credentials)
    }
  }

  private var action: Action { Action(at: fixture.time.now(), user: "root", command: "test") }

  private func visitor() throws -> QueueVisitor {
    try QueueVisitor(path: fixture.path)
  }

  /// As a command beside the relay does.
  private mutating func pauseOrResume() throws {
    let destination = Self.destinations.randomElement(using: &random) ?? ""
    if Bool.random(using: &random) {
      _ = try visitor().pause(destination, reason: "maintenance", action: action)
    } else {
      _ = try visitor().resume(destination, action: action)
    }
  }

  /// Replays, cancels or closes some, whatever state they are in.
  private mutating func change() throws {
    fixture.queue.flush()
    let changes: [DeliveryChange] = [.replay, .cancel(reason: "a person's words"), .close(reason: "a person's words")]
    let change = changes.randomElement(using: &random) ?? .replay
    let chosen = deliveries.keys.sorted().filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
    let possible = chosen.filter { id in deliveries[id].map { change.from.contains($0.state) } == true }
    let done = try visitor().change(change, ids: chosen, action: action)
    #expect(done.changed == possible.count, seed)
    #expect(done.skipped == chosen.count - possible.count, seed)
    for id in possible {
      deliveries[id]?.state = change == .replay ? .waiting : .cancelled
      deliveries[id]?.dueAt = change == .replay ? fixture.time.now() : nil
      leaveLine(id, at: fixture.time.now())
      let attempts = deliveries[id]?.attempts ?? 0
      if change == .replay { deliveries[id]?.attemptsBefore = attempts }
    }
  }

  private mutating func reopen() throws {
    isOrdered = Int.random(in: 0..<4, using: &random) > 0
    try fixture.reopen(settings: Self.settings(isOrdered: isOrdered))
    if !isOrdered {
      for (id, delivery) in deliveries where delivery.dueAt == CallOrder.never {
        deliveries[id]?.dueAt = fixture.time.now()
      }
      (lines, calls) = ([:], [:])
    }
    for id in inHand.keys {
      deliveries[id]?.state = .waiting
      deliveries[id]?.dueAt = fixture.time.now()
    }
    inHand = [:]
    taker = fixture.startTaker()
  }

  /// Whatever happened, all of it can go.
  mutating func sendTheRest() throws {
    for _ in 0..<1000 where deliveries.values.contains(where: { $0.state == .waiting || $0.state == .sending }) {
      fixture.time.advance(milliseconds: 90_000)
      for _ in 0..<5 { try claim() }
      let now = fixture.time.now()
      let sent = inHand.values.map { Settlement.sample($0, .delivered, at: now) }
      for settlement in sent {
        inHand[settlement.delivery] = nil
        note(.delivered, settlement.delivery, isTried: true, at: now)
      }
      fixture.queue.settle(sent)
    }
    #expect(deliveries.values.allSatisfy { $0.state != .waiting && $0.state != .sending }, seed)
    #expect(lines.values.allSatisfy { $0.isEmpty }, seed)
    try check()
    #expect(try fixture.count("call_order") == 0, seed)
  }

  func check() throws {
    fixture.queue.flush()
    let database = try fixture.connect()
    #expect(
      try database.integer("SELECT count(*) FROM record") == Int64(records.values.reduce(0) { $0 + $1.count }), seed)
    #expect(deliveries.count == countDeliveries, seed)
    let rows = try database.prepare(
      """
      SELECT id, state, attempts, tries, next_attempt_at_ms, (SELECT count(*) FROM attempt WHERE delivery = id),
        (SELECT count(*) FROM dead_letter WHERE delivery = id) FROM delivery
      """)
    var count = 0
    while try rows.step() {
      count += 1
      let known = try #require(deliveries[Identifier(rows.integer(0))], seed)
      #expect(rows.text(1) == known.state.rawValue, seed)
      #expect(rows.integer(2) == Int64(known.attempts), seed)
      #expect(rows.integer(3) == Int64(known.tries), seed)
      #expect(rows.optionalInteger(4) == known.dueAt?.milliseconds, seed)
      #expect(rows.integer(5) == rows.integer(3), seed)
      #expect((rows.integer(6) == 1) == (known.state == .dead), seed)
    }
    #expect(count == deliveries.count, seed)
    #expect(inHand.count == deliveries.values.count { $0.state == .sending }, seed)
    let unsettled = deliveries.values.count { $0.state == .waiting || $0.state == .sending }
    #expect(try database.integer("SELECT unsettled FROM queue_count") == Int64(unsettled), seed)
    let checked = try visitor().check(now: fixture.time.now(), integrity: .full)
    #expect(checked.faults == [], seed)
    #expect(checked.due + checked.scheduled + checked.held + checked.inFlight == unsettled, seed)
    #expect(checked.inFlight == inHand.count, seed)
  }
}
