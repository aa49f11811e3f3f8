import DurableQueue
import RelayCore
import TestSupport
import Testing

@testable import cdrelay

@Suite struct LateWatchTests {
  private let start = Instant(milliseconds: 1_759_309_200_000)

  private func movement(due: Instant?, next: Int64 = 7, sending: Int = 0, sum: Int64 = 0) -> Movement {
    var movement = Movement()
    movement.dueSince = due
    movement.next = due.map { _ in Identifier(next) }
    movement.sending = sending
    movement.sum = sum
    return movement
  }

  @Test func whatDoesNotMoveIsLateOnceAndOverOnce() {
    var watch = LateWatch()
    let stuck = ["crm": movement(due: start)]
    #expect(watch.look(stuck, patience: { _ in 60_000 }, now: start) == .init())
    #expect(watch.look(stuck, patience: { _ in 60_000 }, now: start + 59_999) == .init())
    let began = watch.look(stuck, patience: { _ in 60_000 }, now: start + 60_000).began
    #expect(began.map(\.destination) == ["crm"])
    #expect(began.first?.since == start)
    #expect(watch.look(stuck, patience: { _ in 60_000 }, now: start + 90_000) == .init())
    let moved = watch.look(["crm": movement(due: start, next: 8)], patience: { _ in 60_000 }, now: start + 91_000)
    #expect(moved.ended.map(\.destination) == ["crm"])
    #expect(watch.late.isEmpty)
  }

  /// One delivery every 50 s of a backlog that is hours old: behind, not late.
  @Test func whatIsBehindButMovesIsNotLate() {
    var watch = LateWatch()
    for second in 0..<3600 {
      let head = start + Int64(second / 50) * 1000
      let changes = watch.look(
        ["crm": movement(due: head + -7_200_000, next: Int64(second / 50))], patience: { _ in 60_000 },
        now: start + Int64(second) * 1000)
      #expect(changes == .init())
    }
  }

  @Test func whatIsInTheRelaysHandsAndDoesNotMoveIsLateToo() {
    var watch = LateWatch()
    let stuck = ["crm": movement(due: nil, sending: 3, sum: 99)]
    _ = watch.look(stuck, patience: { _ in 60_000 }, now: start)
    #expect(watch.look(stuck, patience: { _ in 60_000 }, now: start + 60_000).began.count == 1)
    // An attempt ended, another began.
    let moved = ["crm": movement(due: nil, sending: 3, sum: 100)]
    #expect(watch.look(moved, patience: { _ in 60_000 }, now: start + 61_000).ended.count == 1)
  }

  @Test func whatIsHeldIsNotLate() {
    var watch = LateWatch()
    let stuck = ["crm": movement(due: start)]
    _ = watch.look(stuck, patience: { _ in 60_000 }, now: start)
    #expect(watch.look(stuck, patience: { _ in 60_000 }, now: start + 60_000).began.count == 1)
    #expect(watch.look(stuck, patience: { _ in nil }, now: start + 61_000).ended.count == 1)
    // From when it is held no more it has its time again.
    _ = watch.look(stuck, patience: { _ in 60_000 }, now: start + 600_000)
    #expect(watch.look(stuck, patience: { _ in 60_000 }, now: start + 650_000) == .init())
  }

  @Test func aClockThatWasSetBackMakesNothingLate() {
    var watch = LateWatch()
    let stuck = ["crm": movement(due: start)]
    _ = watch.look(stuck, patience: { _ in 60_000 }, now: start + 3_600_000)
    #expect(watch.look(stuck, patience: { _ in 60_000 }, now: start) == .init())
    #expect(watch.look(stuck, patience: { _ in 60_000 }, now: start + 60_000).began.count == 1)
  }

  @Test func whatWasLateBeforeARestartIsUntilSomethingMoves() {
    var watch = LateWatch(known: ["crm": start, "archive": start])
    let now = start + 600_000
    let first = watch.look(["crm": movement(due: start)], patience: { _ in 60_000 }, now: now)
    #expect(first.began.isEmpty)
    #expect(first.ended.map(\.destination) == ["archive"])
    #expect(watch.look(["crm": movement(due: start)], patience: { _ in 60_000 }, now: now + 2000) == .init())
    #expect(
      watch.look(["crm": movement(due: start, next: 9)], patience: { _ in 60_000 }, now: now + 4000).ended.count == 1)
  }
}
