import DurableQueue
import RelayCore
import Rules
import TestSupport
import Testing

@testable import Forwarding

/// What the ends of tries do to a destination.
@Suite("Signs of a destination")
struct LaneSignsTests {
  let time = ManualTime()
  var now: Instant { time.now() }

  private func lane(_ change: (inout RetryPolicy) -> Void = { _ in }) -> Lane {
    var limits = Lane.Limits()
    limits.rows = 64
    limits.inFlight = 100
    change(&limits.retry)
    var lane = Lane(limits: limits)
    lane.holdsAre(HoldState(), now)
    return lane
  }

  private func failure(_ words: String = "connection refused") -> Verdict {
    Verdict(.retry(at: now + 2000), words, .fails)
  }

  /// Sends the delivery of this number and ends it so.
  @discardableResult
  private func end(
    _ number: Int, _ verdict: Verdict, _ lane: inout Lane
  ) -> (outcome: Verdict.Outcome, changes: [Lane.Change]) {
    lane.take(Claim(deliveries: [dueDelivery(number)], nextDueAt: now))
    guard let turn = lane.nextTurn(now) else {
      Issue.record("delivery \(number) does not go")
      return (.dead, [])
    }
    lane.finish()
    return lane.follow(verdict, turn, jitter: 1, now)
  }

  @Test("So many failures in a row open the breaker, and nothing is sent until its probe")
  func opens() throws {
    var lane = lane { $0.breakerAfter = 3 }
    for number in 1...2 { #expect(end(number, failure(), &lane).changes.isEmpty) }
    let changes = end(3, failure(), &lane).changes
    let hold = Hold(
      kind: .breaker, since: now, until: now + 2000, reason: "3 failures in a row, the last: connection refused")
    #expect(changes == [.hold(hold, isNew: true)])
    lane.take(dueDelivery(4))
    #expect(lane.surplus(now).map(\.id.number) == [4])
    #expect(lane.nextTurn(now) == nil)
    #expect(lane.rowsToClaim(now) == nil)
    #expect(lane.wakeAt(now) == now + 2000)
    time.advance(milliseconds: 2000)
    #expect(lane.rowsToClaim(now) == 1)
  }

  @Test("A success in between begins the count anew")
  func consecutive() {
    var lane = lane { $0.breakerAfter = 3 }
    for number in 1...20 {
      end(number, number % 3 == 0 ? Verdict(.delivered, nil, .takes) : failure(), &lane)
    }
    #expect(!lane.holdState.isHeld)
  }

  @Test("Half-open one delivery goes; its failure doubles the time up to the longest delay, its success closes")
  func halfOpen() {
    var lane = lane {
      $0.breakerAfter = 1
      $0.maxDelayMilliseconds = 10_000
    }
    lane = {
      var limits = lane.limits
      limits.probeInterval = 10_000
      var lane = Lane(limits: limits)
      lane.holdsAre(HoldState(), now)
      return lane
    }()
    end(1, failure(), &lane)
    var waits: [Int64] = []
    for number in 2...6 {
      let until = lane.holdState.holds[0].until ?? now
      waits.append(until - now)
      time.advance(milliseconds: until - now)
      lane.take(Claim(deliveries: [dueDelivery(number), dueDelivery(100 + number)], nextDueAt: now))
      // One goes, the other does not.
      guard let turn = lane.nextTurn(now) else { return #expect(Bool(false)) }
      #expect(turn.isProbe)
      #expect(lane.nextTurn(now) == nil)
      #expect(lane.surplus(now).count == 1)
      lane.finish()
      let changes = lane.follow(failure(), turn, jitter: 1, now).changes
      guard case .hold(_, let isNew)? = changes.first else { return #expect(Bool(false)) }
      #expect(!isNew)
    }
    #expect(waits == [2000, 4000, 8000, 10_000, 10_000])
    time.advance(seconds: 10)
    let changes = end(7, Verdict(.delivered, nil, .takes), &lane).changes
    #expect(changes == [.release(.breaker)])
    #expect(!lane.holdState.isHeld)
  }

  @Test(
    "Time behind an open breaker counts towards giving up, and what died as a probe lets the next have its last try")
  func givesUpBehindBreaker() {
    var lane = lane { $0.breakerAfter = 1 }
    end(1, failure(), &lane)
    time.advance(seconds: 3600)
    #expect(lane.holdState.held(at: now) == 0)
    for number in 2...10 {
      #expect(end(number, Verdict(.dead, "gave up", .fails), &lane).outcome == .dead)
    }
    end(11, failure(), &lane)
    lane.take(dueDelivery(12))
    #expect(lane.nextTurn(now) == nil)
  }

  @Test("Any answer but a failure closes the breaker: it says that the destination is there")
  func closedByRefusal() {
    var lane = lane { $0.breakerAfter = 1 }
    end(1, failure(), &lane)
    time.advance(seconds: 2)
    #expect(end(2, Verdict(.dead, "status 404", .refuses(status: 404)), &lane).changes == [.release(.breaker)])
  }

  @Test("A breaker that is switched off never opens")
  func neverOpens() {
    var lane = lane { $0.breakerAfter = nil }
    for number in 1...50 { end(number, failure(), &lane) }
    #expect(!lane.holdState.isHeld)
  }

  @Test("What one delivery was told about waiting counts for all of its destination")
  func waits() {
    var lane = lane()
    for number in 1...3 { lane.take(dueDelivery(number)) }
    guard let turn = lane.nextTurn(now) else { return #expect(Bool(false)) }
    lane.finish()
    let until = now + 60_000
    let (outcome, changes) = lane.follow(
      Verdict(.retry(at: until), "status 429", .wait(until: until)), turn, jitter: 1, now)
    #expect(outcome == .retry(at: until))
    #expect(changes == [.hold(Hold(kind: .limit, since: now, until: until, reason: "status 429"), isNew: true)])
    #expect(lane.nextTurn(now) == nil)
    #expect(lane.surplus(now).count == 2)
    #expect(lane.rowsToClaim(now) == nil)
    #expect(lane.roomToGrant() == nil)
    #expect(lane.wakeAt(now) == until)
    time.advance(milliseconds: 59_999)
    #expect(lane.keepLimits(now).isEmpty)
    time.advance(milliseconds: 1)
    #expect(lane.keepLimits(now) == [.release(.limit)])
    #expect(lane.rowsToClaim(now) == 64)
  }

  @Test("A short wait stays in memory, and so do the deliveries")
  func waitsShortly() {
    var lane = lane()
    for number in 1...2 { lane.take(dueDelivery(number)) }
    guard let turn = lane.nextTurn(now) else { return #expect(Bool(false)) }
    lane.finish()
    let until = now + 1000
    let changes = lane.follow(Verdict(.retry(at: until), "status 429", .wait(until: until)), turn, jitter: 1, now)
      .changes
    #expect(changes.isEmpty)
    #expect(lane.nextTurn(now) == nil)
    #expect(lane.surplus(now).isEmpty)
    #expect(lane.wakeAt(now) == until)
    time.advance(seconds: 1)
    #expect(lane.nextTurn(now)?.delivery.id == Identifier(2))
  }

  @Test("Behind a wait one goes alone; only its answer lets the others go")
  func triesAlone() {
    var lane = lane()
    for number in 1...6 { lane.take(dueDelivery(number)) }
    guard let first = lane.nextTurn(now) else { return #expect(Bool(false)) }
    lane.finish()
    for verdict in [Verdict(.retry(at: now), "status 429", .wait(until: now + 1000)), Verdict(.delivered, nil, .takes)]
    {
      _ = lane.follow(Verdict(.retry(at: now), "status 429", .wait(until: now + 1000)), first, jitter: 1, now)
      time.advance(seconds: 1)
      guard let turn = lane.nextTurn(now) else { return #expect(Bool(false)) }
      #expect(lane.nextTurn(now) == nil)
      lane.finish()
      _ = lane.follow(verdict, turn, jitter: 1, now)
    }
    #expect(lane.nextTurn(now) != nil)
    #expect(lane.nextTurn(now) != nil)
  }

  @Test("A limit of an earlier process goes on; one that a person takes away ends")
  func keepsLimit() {
    var lane = Lane(limits: Lane.Limits())
    let hold = Hold(kind: .limit, since: now, until: now + 60_000, reason: "status 429")
    lane.take(dueDelivery(1))
    lane.holdsAre(HoldState(holds: [hold]), now)
    #expect(lane.nextTurn(now) == nil)
    lane.holdsAre(HoldState(), now)
    #expect(lane.nextTurn(now) != nil)
  }

  @Test("Its token endpoint wants to be left alone: held until then, or until a token comes")
  func rests() {
    var lane = lane()
    lane.take(dueDelivery(1))
    let hold = Hold(kind: .limit, since: now, until: now + 60_000, reason: "busy")
    #expect(lane.rest(until: now + 60_000, "busy", now) == .hold(hold, isNew: true))
    #expect(lane.rest(until: now + 60_000, "busy", now) == nil)
    #expect(lane.nextTurn(now) == nil)
    #expect(lane.surplus(now).count == 1)
    #expect(lane.wakeAt(now) == now + 60_000)
    lane.endRest(now)
    #expect(lane.keepLimits(now) == [.release(.limit)])
    lane.take(dueDelivery(1))
    guard let turn = lane.nextTurn(now) else { return #expect(Bool(false)) }
    lane.finish()
    // What the destination itself asks for is not over with a token.
    let later = now + 120_000
    _ = lane.rest(until: now + 60_000, "busy", now)
    _ = lane.follow(Verdict(.retry(at: later), "status 429", .wait(until: later)), turn, jitter: 1, now)
    lane.endRest(now)
    #expect(lane.keepLimits(now).isEmpty)
    #expect(lane.wakeAt(now) == later)
  }

  @Test("It says where a person let it go on, and only there")
  func resumed() {
    var lane = lane()
    #expect(lane.rest(until: now + 60_000, "busy", now) != nil)
    let onDisk = lane.holdState
    #expect(lane.holdsAre(onDisk, now) == false)
    #expect(lane.holdsAre(HoldState(), now) == true)
    #expect(lane.rest(until: now + 60_000, "busy", now) != nil)
    #expect(lane.holdsAre(onDisk, now) == false)
    time.advance(seconds: 60)
    #expect(lane.keepLimits(now) == [.release(.limit)])
    #expect(lane.holdsAre(HoldState(), now) == false)
  }

  private func refusal(_ status: Int) -> Verdict {
    Verdict(.dead, "status \(status)", .refuses(status: status))
  }

  @Test("So many different records refused in a row with the same status hold the destination, the last among them")
  func holdsAfterRefusals() {
    var lane = lane { $0.holdAfter = 3 }
    #expect(end(1, refusal(422), &lane).outcome == .dead)
    #expect(end(1, refusal(422), &lane).outcome == .dead)
    #expect(end(2, refusal(422), &lane).outcome == .dead)
    let (outcome, changes) = end(3, refusal(422), &lane)
    #expect(outcome == .postponed(until: now))
    let hold = Hold(kind: .refusals, since: now, reason: "status 422, to 3 different records in a row")
    #expect(changes == [.hold(hold, isNew: true)])
    #expect(lane.nextTurn(now) == nil)
    time.advance(seconds: 120)
    // The probe is refused in the same way: it waits on, uncounted.
    #expect(end(3, refusal(422), &lane).outcome == .postponed(until: now))
    time.advance(seconds: 120)
    #expect(end(3, Verdict(.delivered, nil, .takes), &lane).changes == [.release(.refusals)])
    #expect(lane.holdState.heldTotal == 240_000)
  }

  @Test("Another status, or a success, begins the count of refusals anew")
  func refusalsInARow() {
    var lane = lane { $0.holdAfter = 3 }
    for number in 1...30 {
      let verdict = number % 3 == 0 ? Verdict(.delivered, nil, .takes) : refusal(number % 2 == 0 ? 400 : 422)
      #expect(end(number, verdict, &lane).outcome != .postponed(until: now))
    }
    #expect(!lane.holdState.isHeld)
    #expect(end(31, refusal(410), &lane).outcome == .dead)
  }

  @Test("A late answer of what was under way does not lift refused credentials, a probe's does")
  func lateAnswers() {
    var lane = lane()
    for number in 1...2 { lane.take(dueDelivery(number)) }
    guard let first = lane.nextTurn(now), let second = lane.nextTurn(now) else { return #expect(Bool(false)) }
    lane.finish()
    _ = lane.follow(Verdict(.postponed(until: now), "status 401", .refusesCredentials), first, jitter: 1, now)
    lane.finish()
    #expect(lane.follow(Verdict(.delivered, nil, .takes), second, jitter: 1, now).changes.isEmpty)
    #expect(lane.holdState.has(.credentials))
    time.advance(seconds: 120)
    #expect(end(3, Verdict(.delivered, nil, .takes), &lane).changes == [.release(.credentials)])
  }

  @Test("No more than rate_per_day goes before midnight, also over a restart; then it goes on by itself")
  func quota() {
    var limits = Lane.Limits()
    limits.quota = DayQuota(limit: 3, zone: "Europe/Paris")
    var lane = Lane(limits: limits)
    lane.holdsAre(HoldState(), now)
    for number in 1...2 { end(number, Verdict(.delivered, nil, .takes), &lane) }
    #expect(lane.keepLimits(now).isEmpty)
    // 09:00 in UTC is 11:00 in Paris.
    let midnight = now + 13 * 3_600_000
    let told = lane.quota?.news()
    #expect(told == QuotaUse(sent: 2, ends: midnight))
    #expect(lane.quota?.news() == nil)
    lane = Lane(limits: limits)
    lane.holdsAre(HoldState(quota: told), now)
    end(3, Verdict(.delivered, nil, .takes), &lane)
    lane.take(dueDelivery(4))
    #expect(lane.nextTurn(now) == nil)
    let hold = Hold(kind: .limit, since: now, until: midnight, reason: "rate_per_day: 3 were sent since midnight")
    #expect(lane.keepLimits(now) == [.hold(hold, isNew: true)])
    #expect(lane.wakeAt(now) == midnight)
    time.advance(seconds: 13 * 3600)
    #expect(lane.keepLimits(now) == [.release(.limit)])
    #expect(lane.nextTurn(now)?.delivery.id == Identifier(4))
    #expect(lane.quota?.use.sent == 1)
  }

  @Test("Whoever resumes a destination whose quota is used up gives it another")
  func quotaResumed() {
    var limits = Lane.Limits()
    limits.quota = DayQuota(limit: 1, zone: "UTC")
    var lane = Lane(limits: limits)
    lane.holdsAre(HoldState(), now)
    end(1, Verdict(.delivered, nil, .takes), &lane)
    guard case .hold(let hold, _)? = lane.keepLimits(now).first else { return #expect(Bool(false)) }
    lane.holdsAre(HoldState(holds: [hold], quota: lane.quota?.use), now)
    lane.holdsAre(HoldState(quota: lane.quota?.use), now)
    #expect(lane.keepLimits(now).isEmpty)
    end(2, Verdict(.delivered, nil, .takes), &lane)
    #expect(lane.keepLimits(now).count == 1)
  }

  @Test("Who resumes another wait, or ends a pause, gives no other quota")
  func quotaKept() {
    var limits = Lane.Limits()
    limits.quota = DayQuota(limit: 2, zone: "UTC")
    var lane = Lane(limits: limits)
    lane.holdsAre(HoldState(), now)
    let later = now + 60_000
    end(1, Verdict(.retry(at: later), "status 429", .wait(until: later)), &lane)
    #expect(lane.keepLimits(now).isEmpty)
    lane.holdsAre(lane.holdState, now)
    lane.holdsAre(HoldState(), now)
    #expect(lane.quota?.use.sent == 1)
    end(2, Verdict(.delivered, nil, .takes), &lane)
    guard case .hold(let hold, _)? = lane.keepLimits(now).first else { return #expect(Bool(false)) }
    let pause = Hold(kind: .person, since: now, reason: "lunch")
    lane.holdsAre(HoldState(holds: [hold, pause]), now)
    lane.holdsAre(HoldState(), now)
    #expect(lane.quota?.use.sent == 2)
    // It holds on, and who resumes that means it.
    #expect(lane.keepLimits(now).count == 1)
    lane.holdsAre(HoldState(holds: [hold]), now)
    lane.holdsAre(HoldState(), now)
    #expect(lane.quota?.use.sent == 0)
  }
}
