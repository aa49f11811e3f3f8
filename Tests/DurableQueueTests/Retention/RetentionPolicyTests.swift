import RelayCore
import TestSupport
import Testing

@testable import DurableQueue

/// What becomes of one record, at one moment.
@Suite struct RetentionPolicyTests {
  static let day: Int64 = 86_400_000
  private let now = ManualTime().now()

  private func policy(_ set: (inout RetentionPolicy) -> Void) -> RetentionPolicy {
    var policy = RetentionPolicy()
    policy.bodies = 90 * Self.day
    policy.delivered = 400 * Self.day
    policy.cancelled = 400 * Self.day
    policy.records = 400 * Self.day
    set(&policy)
    return policy
  }

  /// `settled`: a state, and how many days ago.
  private func record(
    daysAgo: Int64, unrouted: Bool = false, hasBody: Bool = true, settled: (DeliveryState, Int64?)...
  ) -> AgingRecord {
    AgingRecord(
      id: 1, receivedAt: now + -daysAgo * Self.day, isUnrouted: unrouted, hasBody: hasBody,
      deliveries: settled.enumerated().map { index, delivery in
        AgingRecord.Delivery(
          id: Int64(index + 2), state: delivery.0, settledAt: delivery.1.map { now + -$0 * Self.day })
      })
  }

  @Test func aBodyGoesOnceItsLastDeliveryIsSettledForLongEnough() {
    let policy = policy { _ in }
    #expect(policy.decide(record(daysAgo: 91, settled: (.delivered, 91), (.cancelled, 90)), at: now).removesBody)
    let late = policy.decide(record(daysAgo: 200, settled: (.delivered, 199), (.delivered, 89)), at: now)
    #expect(!late.removesBody)
    #expect(late.lookAgainAt == now + Self.day)
    #expect(policy.decide(record(daysAgo: 91), at: now).removesBody, "it has no delivery")
    #expect(!policy.decide(record(daysAgo: 91, hasBody: false), at: now).removesBody)
  }

  @Test(arguments: [DeliveryState.waiting, .sending, .dead]) func whatIsNotOverKeepsEverything(state: DeliveryState) {
    let settled: Int64? = state == .dead ? 3000 : nil
    let decision = policy { $0.records = 400 * Self.day }.decide(
      record(daysAgo: 3000, settled: (.delivered, 300), (state, settled)), at: now)
    #expect(decision.deliveries.isEmpty && !decision.removesBody && !decision.removesRecord)
    #expect(decision.lookAgainAt == now + Self.day)
  }

  @Test func aDeadLetterEndsOnlyWhereThatIsSet() {
    let policy = policy { $0.dead = 30 * Self.day }
    let old = policy.decide(record(daysAgo: 100, settled: (.dead, 31)), at: now)
    #expect(old.deliveries == [2] && old.removesBody && !old.removesRecord)
    let young = policy.decide(record(daysAgo: 100, settled: (.dead, 29)), at: now)
    #expect(young.deliveries.isEmpty && !young.removesBody)
    #expect(young.lookAgainAt == now + Self.day)
  }

  @Test func anUnroutedRecordStaysWholeUnlessThatIsSet() {
    let old = record(daysAgo: 3000, unrouted: true)
    #expect(policy { _ in }.decide(old, at: now) == RetentionDecision(lookAgainAt: now + Self.day))
    #expect(policy { $0.unrouted = 30 * Self.day }.decide(old, at: now).removesRecord)
  }

  @Test func theRowGoesLast() {
    let policy = policy { $0.delivered = 10 * Self.day }
    let settled = policy.decide(record(daysAgo: 20, settled: (.delivered, 20)), at: now)
    #expect(settled.deliveries == [2] && !settled.removesBody && !settled.removesRecord)
    #expect(!policy.decide(record(daysAgo: 399, hasBody: false), at: now).removesRecord)
    #expect(policy.decide(record(daysAgo: 400, hasBody: false), at: now).removesRecord)
    let whole = policy.decide(record(daysAgo: 401, settled: (.delivered, 401), (.cancelled, 401)), at: now)
    #expect(whole.deliveries == [2, 3] && whole.removesRecord && !whole.removesBody)
  }

  @Test func nothingIsRemovedWithoutASetting() {
    let old = record(daysAgo: 30_000, settled: (.delivered, 29_000), (.dead, 29_000))
    #expect(RetentionPolicy().decide(old, at: now) == RetentionDecision())
    #expect(RetentionPolicy().spans.isEmpty)
  }

  /// Walks come by at each span: until they do, nobody has to remember the record.
  @Test func whatALaterWalkSeesToIsNotPutDown() {
    var record = record(daysAgo: 100, settled: (.delivered, 100))
    record = AgingRecord(
      id: (now + -100 * Self.day - Identifier.epoch) << 23, receivedAt: record.receivedAt, isUnrouted: false,
      hasBody: true, deliveries: record.deliveries)
    let decision = policy { _ in }.decide(record, at: now)
    #expect(decision.removesBody && decision.lookAgainAt == nil)
  }

  @Test func spansAreWalkedTheLongestFirstAndEachOnce() {
    #expect(policy { $0.dead = 1000 }.spans == [400 * Self.day, 90 * Self.day, 1000])
    let age = now - Identifier.epoch
    #expect(RetentionPolicy.bound(100, at: now) == (age - 110) << 23)
    #expect(RetentionPolicy.bound(90 * Self.day, at: now) == (age - 91 * Self.day) << 23)
    #expect(RetentionPolicy.bound(4000 * Self.day, at: now) == 0)
    #expect(RetentionPolicy.bound(100, at: Instant(milliseconds: 0)) == 0)
  }
}

@Suite struct RetentionPaceTests {
  @Test func aBatchComesToTakeTwoMilliseconds() {
    var pace = RetentionPace()
    for _ in 0..<20 { _ = pace.took(UInt64(pace.rows) * 10_000, rows: pace.rows, idleShare: 1) }
    #expect(pace.rows == 200)
    _ = pace.took(40_000_000, rows: 200, idleShare: 1)
    #expect(pace.rows == 10, "a slow one makes the next small at once")
    _ = pace.took(1_000_000_000, rows: 1, idleShare: 1)
    #expect(pace.rows == 1)
    for _ in 0..<20 { _ = pace.took(1, rows: pace.rows, idleShare: 1) }
    #expect(pace.rows == RetentionPace.mostRows)
    _ = pace.took(1000, rows: 3, idleShare: 1)
    #expect(pace.rows == RetentionPace.mostRows, "the end of a walk says nothing of speed")
  }

  @Test func theWriterIsLeftAloneForLongerWhereItHasMuchToDo() {
    var pace = RetentionPace()
    #expect(pace.took(2_000_000, rows: 1, idleShare: 1) == 8_000_000)
    #expect(pace.took(2_000_000, rows: 1, idleShare: 0) == 80_000_000)
    #expect(pace.took(5_000_000, rows: 1, idleShare: 2) == 20_000_000)
    #expect(pace.took(1, rows: 1, idleShare: 1) == 8_000_000)
  }
}
