import DurableQueue
import RelayCore
import TestSupport
import Testing

@testable import cdrelay

/// What is told, and when.
@Suite struct AlertBookTests {
  private let start = Instant(milliseconds: 1_759_309_200_000)

  private func dead(_ destination: String = "crm", level: Int? = nil) -> Condition {
    Condition(kind: .deadLetters, destination: destination, sentence: "\(destination): some are dead", level: level)
  }

  @Test func oneMessageWhenItBeginsAndOneWhenItEnds() {
    var book = AlertBook(pause: 60_000)
    book.see([dead()], at: start)
    let begins = book.next(at: start)
    #expect(begins?.event == .begins)
    #expect(begins?.text == "crm: some are dead")
    if let begins { book.succeeded(begins, at: start) }
    book.see([dead()], at: start + 3_600_000)
    #expect(book.next(at: start + 3_600_000) == nil)
    book.see([], at: start + 7_200_000)
    let ends = book.next(at: start + 7_200_000)
    #expect(ends?.event == .ends)
    #expect(ends?.text == "Over after 2 h: crm: some are dead")
    let ids = [begins, ends].map { $0?.json(host: "relay")["id"]?.string }
    #expect(ids == Array(repeating: "dead_letters crm 2025-10-01T09:00:00.000Z", count: 2))
    if let ends { book.succeeded(ends, at: start + 7_200_000) }
    #expect(book.told == [])
  }

  @Test func whatComesAndGoesWithinThePauseIsNotTold() {
    var book = AlertBook(pause: 60_000)
    book.see([dead()], at: start)
    if let begins = book.next(at: start) { book.succeeded(begins, at: start) }
    book.see([], at: start + 10_000)
    #expect(book.next(at: start + 59_999) == nil)
    book.see([dead()], at: start + 20_000)
    #expect(book.next(at: start + 120_000) == nil)
    book.see([], at: start + 130_000)
    #expect(book.next(at: start + 130_000)?.event == .ends)
  }

  @Test func whatIsCountedIsToldAgainWhenItGrewButNotBeforeAnHour() {
    var book = AlertBook(pause: 0)
    let hour: Int64 = 3_600_000
    book.see([dead(level: 1)], at: start)
    if let begins = book.next(at: start) { book.succeeded(begins, at: start) }
    book.see([dead(level: 5)], at: start + 1000)
    #expect(book.next(at: start + (hour - 1)) == nil)
    let grew = book.next(at: start + hour)
    #expect(grew?.event == .grew)
    if let grew { book.succeeded(grew, at: start + hour) }
    book.see([dead(level: 2)], at: start + hour)
    #expect(book.told.first?.level == 2)
    book.see([dead(level: 3)], at: start + 2 * hour)
    #expect(book.next(at: start + 2 * hour)?.event == .grew)
  }

  @Test func aFailedMessageIsTriedAgainLaterAndLater() {
    var book = AlertBook(pause: 0)
    book.see([dead(), dead("archive")], at: start)
    var now = start
    var delays: [Int64] = []
    for _ in 0..<9 {
      #expect(book.next(at: now)?.condition.destination == "archive")
      delays.append(book.failed(at: now))
      #expect(book.next(at: now + ((delays.last ?? 0) - 1)) == nil)
      now = now + (delays.last ?? 0)
    }
    #expect(delays == [10, 20, 40, 80, 160, 320, 640, 900, 900].map { $0 * 1000 })
    // A clock that was set back does not stop it for longer than the longest delay.
    #expect(book.next(at: now + -86_400_000) != nil)
    if let message = book.next(at: now) { book.succeeded(message, at: now) }
    #expect(book.next(at: now)?.condition.destination == "crm")
  }

  @Test func aRestartTellsNothingTwiceAndTheEndOnce() {
    var book = AlertBook(pause: 0)
    book.see([dead(), dead("archive")], at: start)
    while let message = book.next(at: start) { book.succeeded(message, at: start) }
    var next = AlertBook(pause: 0, told: book.told)
    next.see([dead()], at: start + 5000)
    let ends = next.next(at: start + 5000)
    #expect(ends?.event == .ends)
    #expect(ends?.condition.destination == "archive")
    if let ends { next.succeeded(ends, at: start + 5000) }
    #expect(next.next(at: start + 5000) == nil)
    #expect(next.told.map(\.condition) == ["dead_letters crm"])
    #expect(next.told.first?.beganAt == start)
  }

  @Test func heldByTwoThingsIsTwoConditions() {
    let holds = [Hold.Kind.breaker, .credentials].map {
      Condition(kind: .destinationHeld, destination: "crm", holder: $0, sentence: "held", since: start)
    }
    var book = AlertBook(pause: 0)
    book.see(holds, at: start)
    var told: [AlertMessage] = []
    while let message = book.next(at: start) {
      told.append(message)
      book.succeeded(message, at: start)
    }
    #expect(told.map(\.condition.name) == ["destination_held crm breaker", "destination_held crm credentials"])
    #expect(AlertBook(pause: 0, told: book.told).told == book.told)
  }

  /// Whatever comes and goes, fails and restarts: for each condition beginnings and ends alternate, never closer than the
  /// pause, and once all is quiet the receiver knows what holds.
  @Test(arguments: [1, 2, 3, UInt64.random(in: 4...(.max))]) func everySequenceEndsInTheTruth(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for _ in 0..<50 {
      let pause: Int64 = [0, 60_000, 600_000].randomElement(using: &random) ?? 0
      var book = AlertBook(pause: pause)
      var now = start
      var on: Set<String> = []
      var believed: Set<String> = []
      var lastTold: [String: Instant] = [:]
      func tell(succeeds: () -> Bool) {
        while let message = book.next(at: now) {
          guard succeeds() else {
            _ = book.failed(at: now)
            return
          }
          let name = message.condition.destination ?? ""
          if let last = lastTold[name] { #expect(now - last >= pause, "seed \(seed)") }
          switch message.event {
          case .begins: #expect(believed.insert(name).inserted, "seed \(seed): begins twice")
          case .ends: #expect(believed.remove(name) != nil, "seed \(seed): ends what never began")
          case .grew: Issue.record("seed \(seed): nothing is counted")
          }
          lastTold[name] = now
          book.succeeded(message, at: now)
        }
      }
      for _ in 0..<200 {
        now = now + Int64.random(in: 0...40_000, using: &random)
        let name = ["a", "b", "c"].randomElement(using: &random) ?? "a"
        if Bool.random(using: &random) { on.formSymmetricDifference([name]) }
        if Int.random(in: 0..<20, using: &random) == 0 {
          #expect(Set(book.told.compactMap(\.destination)) == believed, "seed \(seed)")
          book = AlertBook(pause: pause, told: book.told)
          // What the process before told last is known only of what lasts.
          for name in lastTold.keys where !believed.contains(name) { lastTold[name] = nil }
        }
        book.see(on.sorted().map { dead($0) }, at: now)
        tell { Int.random(in: 0..<4, using: &random) > 0 }
      }
      for _ in 0..<3 {
        now = now + max(pause, AlertBook.longestDelay)
        book.see(on.sorted().map { dead($0) }, at: now)
        tell { true }
      }
      #expect(believed == on, "seed \(seed)")
    }
  }
}
