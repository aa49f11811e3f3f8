import DurableQueue
import HTTPTypes
import RelayCore
import Testing
import TestSupport

@testable import Forwarding

func dueDelivery(_ number: Int, bytes: Int = 10, destination: String = "crm") -> DueDelivery {
  DueDelivery(
    id: Identifier(Int64(number)), destination: destination, rule: "all", record: Identifier(Int64(number)),
    source: "pbx",
    provider: .generic, receivedAt: Instant(milliseconds: 0), revision: 0,
    raw: RawRecord(
      body: [UInt8](repeating: 0x20, count: bytes), contentType: nil, headers: HTTPHeaders(), query: FormFields()),
    attempts: 0, tries: 0, replays: 0, clockStartedAt: Instant(milliseconds: 0), heldBefore: 0)
}

@Suite("Lanes")
struct LaneTests {
  let time = ManualTime()
  var now: Instant { time.now() }

  private func lane(_ change: (inout Lane.Limits) -> Void = { _ in }) -> Lane {
    var limits = Lane.Limits()
    limits.rows = 16
    change(&limits)
    var lane = Lane(limits: limits)
    lane.holdsAre(HoldState(), now)
    return lane
  }

  private func credentialsHold() -> HoldState {
    HoldState(holds: [Hold(kind: .credentials, since: now, reason: "status 401")], heldSince: now)
  }

  @Test("Nothing is asked for or sent before it is known what is held")
  func startsClosed() {
    var lane = Lane(limits: Lane.Limits())
    lane.take(dueDelivery(1))
    #expect(lane.nextTurn(now) == nil)
    #expect(lane.roomToGrant() == nil)
    #expect(lane.rowsToClaim(now) == nil)
    #expect(lane.wakeAt(now) == nil)
    lane.holdsAre(HoldState(), now)
    #expect(lane.nextTurn(now)?.delivery.id == Identifier(1))
  }

  @Test("Not more are in flight than may be")
  func limitsFlight() {
    var lane = lane { $0.inFlight = 2 }
    for number in 1...3 { lane.take(dueDelivery(number)) }
    #expect(lane.nextTurn(now)?.delivery.id == Identifier(1))
    #expect(lane.nextTurn(now)?.delivery.id == Identifier(2))
    #expect(lane.nextTurn(now) == nil)
    lane.finish()
    #expect(lane.nextTurn(now)?.delivery.id == Identifier(3))
  }

  @Test("A rate is kept evenly, and a pause is not made up for")
  func paced() {
    var lane = lane {
      $0.inFlight = 100
      $0.perSecond = 4
    }
    for number in 1...20 { lane.take(dueDelivery(number)) }
    #expect(lane.nextTurn(now) != nil)
    #expect(lane.nextTurn(now) == nil)
    #expect(lane.wakeAt(now) == now || lane.rowsToClaim(now) != nil)
    #expect(lane.wakeAt(now) == now + 255)
    time.advance(milliseconds: 254)
    #expect(lane.nextTurn(now) == nil)
    time.advance(milliseconds: 1)
    #expect(lane.nextTurn(now) != nil)
    time.advance(seconds: 60)
    #expect(lane.nextTurn(now) != nil)
    #expect(lane.nextTurn(now) == nil)
  }

  @Test("Whatever the way takes, no more arrive in any second than the rate allows")
  func pacedAtTheDestination() {
    for perSecond in [1, 2, 2.5, 7, 20] {
      var random = SeededRandom(seed: .random(in: 0 ... .max))
      var lane = lane {
        $0.inFlight = 100
        $0.perSecond = perSecond
      }
      for number in 1...200 { lane.take(dueDelivery(number)) }
      var arrivals: [Instant] = []
      var answers: [(at: Instant, turn: Lane.Turn)] = []
      while arrivals.count < 100 {
        while let turn = lane.nextTurn(now) {
          let arrival = now + .random(in: 0...240, using: &random)
          arrivals.append(arrival)
          answers.append((arrival + .random(in: 0...10, using: &random), turn))
        }
        for answer in answers where answer.at <= now {
          lane.arrived(answer.turn, by: now)
          lane.finish()
        }
        answers.removeAll { $0.at <= now }
        time.advance(milliseconds: 1)
      }
      arrivals.sort { $0.milliseconds < $1.milliseconds }
      let count = Int(perSecond.rounded(.up))
      let window = Int64(Double(count) * 1000 / perSecond)
      for (first, last) in zip(arrivals, arrivals.dropFirst(count)) {
        #expect(last - first >= window, "\(perSecond) a second, seed \(random.seed)")
      }
    }
  }

  @Test("A clock that is set back does not stop a paced lane")
  func pacedAgainstTheClock() {
    var lane = lane { $0.perSecond = 1 }
    lane.take(dueDelivery(1))
    lane.take(dueDelivery(2))
    #expect(lane.nextTurn(now) != nil)
    time.advance(seconds: -3600)
    #expect(lane.wakeAt(now).map { $0 - now <= 1020 } == true)
  }

  @Test("A clock that is set back does not put off the next claim, the next probe or the next turn")
  func setBack() {
    var paced = lane { $0.perSecond = 1 }
    paced.take(dueDelivery(1))
    paced.take(dueDelivery(2))
    #expect(paced.nextTurn(now) != nil)
    var claiming = lane()
    #expect(claiming.rowsToClaim(now) != nil)
    claiming.claimFailed(now)
    var probing = lane { $0.probeInterval = 5000 }
    _ = probing.hold(.credentials, "status 401", now)
    let before = now
    time.advance(seconds: -3600)
    paced.clockWasSetBack(by: before - now)
    claiming.clockWasSetBack(by: before - now)
    probing.clockWasSetBack(by: before - now)
    claiming.isDue(at: now)
    probing.isDue(at: now)
    time.advance(milliseconds: 999)
    #expect(claiming.rowsToClaim(now) == nil)
    time.advance(milliseconds: 1)
    #expect(claiming.rowsToClaim(now) != nil)
    time.advance(milliseconds: 19)
    #expect(paced.nextTurn(now) == nil)
    time.advance(milliseconds: 1)
    #expect(paced.nextTurn(now) != nil)
    #expect(probing.rowsToClaim(now) == nil)
    time.advance(milliseconds: 3980)
    #expect(probing.rowsToClaim(now) == 1)
  }

  @Test("High rates are kept over a second")
  func pacedHigh() {
    var lane = lane {
      $0.perSecond = 3000
      $0.inFlight = 100_000
      $0.rows = 100_000
    }
    for number in 1...10_000 { lane.take(dueDelivery(number)) }
    var sent = 0
    for _ in 0..<1000 {
      while lane.nextTurn(now) != nil { sent += 1 }
      time.advance(milliseconds: 1)
    }
    #expect((2930...3000).contains(sent), "sent \(sent)")
  }

  @Test("Fresh deliveries go first, but a backlog is not starved")
  func freshFirst() {
    var lane = lane { $0.inFlight = 100 }
    _ = lane.rowsToClaim(now)
    lane.take(Claim(deliveries: (101...103).map { dueDelivery($0) }, nextDueAt: nil))
    for number in 1...10 { lane.take(dueDelivery(number)) }
    var order: [Int64] = []
    while let turn = lane.nextTurn(now) { order.append(turn.delivery.id.number) }
    #expect(order == [1, 2, 3, 4, 5, 6, 7, 101, 8, 9, 10, 102, 103])
  }

  @Test("Room is granted for what memory holds, in portions, and taken back when the bodies are large")
  func grants() {
    var lane = lane { $0.bytes = 1000 }
    #expect(lane.roomToGrant() == 16)
    #expect(lane.roomToGrant() == nil)
    for number in 1...4 { lane.take(dueDelivery(number)) }
    #expect(lane.roomToGrant() == nil)
    for _ in 1...4 { _ = lane.nextTurn(now) }
    #expect(lane.roomToGrant() == 4)
    lane.take(dueDelivery(5, bytes: 2000))
    #expect(lane.roomToGrant() == -15)
    #expect(lane.roomToGrant() == nil)
  }

  @Test("A claim is asked for once, when memory runs low and something is due")
  func claims() {
    var lane = lane { $0.inFlight = 100 }
    #expect(lane.rowsToClaim(now) == 16)
    #expect(lane.rowsToClaim(now) == nil)
    lane.take(Claim(deliveries: (1...16).map { dueDelivery($0) }, nextDueAt: now + -5))
    #expect(lane.rowsToClaim(now) == nil)
    for _ in 1...8 { _ = lane.nextTurn(now) }
    #expect(lane.rowsToClaim(now) == 8)
    lane.take(Claim(deliveries: [], nextDueAt: now + 60_000))
    while lane.nextTurn(now) != nil {}
    #expect(lane.rowsToClaim(now) == nil)
    #expect(lane.wakeAt(now) == now + 60_000)
    lane.isDue(at: now + 2000)
    #expect(lane.wakeAt(now) == now + 2000)
    time.advance(seconds: 2)
    #expect(lane.rowsToClaim(now) == 16)
    lane.isDue(at: now + 500)
    lane.take(Claim(deliveries: [], nextDueAt: nil))
    #expect(lane.wakeAt(now) == now + 500)
  }

  @Test("A claim that failed is tried again after a second")
  func claimFails() {
    var lane = lane()
    #expect(lane.rowsToClaim(now) != nil)
    lane.claimFailed(now)
    #expect(lane.rowsToClaim(now) == nil)
    #expect(lane.wakeAt(now) == now + 1000)
    time.advance(seconds: 1)
    #expect(lane.rowsToClaim(now) != nil)
  }

  @Test("A person's hold gives everything back and sends nothing")
  func heldByPerson() {
    var lane = lane()
    for number in 1...3 { lane.take(dueDelivery(number)) }
    lane.holdsAre(HoldState(holds: [Hold(kind: .person, since: now, reason: "maintenance")], heldSince: now), now)
    #expect(lane.surplus(now).map(\.id.number) == [1, 2, 3])
    time.advance(seconds: 86_400)
    #expect(lane.nextTurn(now) == nil)
    #expect(lane.rowsToClaim(now) == nil)
    #expect(lane.roomToGrant() == nil)
    #expect(lane.wakeAt(now) == nil)
    lane.holdsAre(HoldState(), now)
    #expect(lane.rowsToClaim(now) == 16)
  }

  @Test("Refused credentials are probed with one delivery, from the start and then every few minutes")
  func probes() {
    var lane = Lane(limits: Lane.Limits())
    lane.holdsAre(credentialsHold(), now)
    #expect(lane.rowsToClaim(now) == 1)
    lane.take(Claim(deliveries: [dueDelivery(1)], nextDueAt: now))
    #expect(lane.surplus(now).isEmpty)
    #expect(lane.nextTurn(now)?.isProbe == true)
    #expect(lane.rowsToClaim(now) == nil)
    _ = lane.hold(.credentials, "status 401", now)
    lane.finish()
    #expect(lane.rowsToClaim(now) == nil)
    #expect(lane.wakeAt(now) == now + 120_000)
    time.advance(seconds: 120)
    #expect(lane.rowsToClaim(now) == 1)
    lane.take(Claim(deliveries: [dueDelivery(2)], nextDueAt: now))
    #expect(lane.nextTurn(now)?.isProbe == true)
    lane.finish()
    _ = lane.release([.credentials], now)
    #expect(!lane.holdState.isHeld)
    #expect(lane.holdState.heldTotal == 120_000)
    #expect(lane.rowsToClaim(now) == 1024)
  }

  @Test("Fresh deliveries of a lane that is held go back, all but a probe that is due")
  func surplus() {
    var lane = lane()
    for number in 1...2 { lane.take(dueDelivery(number)) }
    _ = lane.nextTurn(now)
    _ = lane.hold(.credentials, "status 401", now)
    #expect(lane.surplus(now).map(\.id.number) == [2])
    lane.finish()
    time.advance(seconds: 120)
    lane.take(dueDelivery(3))
    #expect(lane.surplus(now).isEmpty)
    #expect(lane.nextTurn(now)?.delivery.id == Identifier(3))
  }

  @Test("What the queue says before it has heard of our hold does not lift it")
  func crossingWords() {
    var lane = lane()
    _ = lane.hold(.credentials, "status 401", now)
    lane.holdsAre(HoldState(), now)
    #expect(lane.holdState.isHeld)
    lane.holdsAre(credentialsHold(), now)
    lane.holdsAre(HoldState(), now)
    #expect(!lane.holdState.isHeld)
  }
}
