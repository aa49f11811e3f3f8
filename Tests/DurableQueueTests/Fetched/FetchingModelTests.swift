import DurableQueue
import RelayCore
import TestSupport
import Testing

/// A provider's day, of which some webhooks were lost: whatever the order of the rows, exactly what was lost is stored, and a
/// second run changes nothing. `CDRELAY_FUZZ_FETCH` says how many days, `CDRELAY_FUZZ_SEED` from which seed.
@Suite struct FetchingModelTests {
  private struct Day {
    /// As they came by webhook: one or two legs each.
    var received: [[TestCall]] = []
    var rows: [TestCall] = []
    /// Ids of rows whose webhooks were lost.
    var lost: Set<String> = []

    /// `sharesIDs`: rows have the id of one of the legs, or of the conversation; else ids of their own, or none.
    init(_ random: inout SeededRandom, sharesIDs: Bool) {
      var time = ManualTime.start
      for number in 0..<(20 + random.below(60)) {
        // Few numbers, so that the same ones meet again; three seconds apart at least where ids say nothing.
        time = time + Int64((sharesIDs ? 0 : 3000) + random.below(20_000))
        var call = TestCall(id: "leg \(number)")
        call.customer = "3310000000\(random.below(3))"
        call.direction = random.pick([.inbound, .outbound])
        call.status = random.pick([.answered, .missed])
        call.answered = call.status == .answered ? Int64(random.below(4)) : nil
        call.time = time
        var legs = [call]
        if call.direction == .outbound, random.below(2) == 0 {
          legs = [
            call.changed { ($0.id, $0.leg, $0.role, $0.conversation) = ("a \(number)", .a, .leg, "call \(number)") },
            call.changed { ($0.leg, $0.conversation) = (.b, "call \(number)") },
          ]
        }
        if random.below(4) == 0, call.direction == .inbound {
          // An agent of the group who did not pick up: on its own it is not the call.
          received.append([
            call.changed {
              ($0.id, $0.leg, $0.role, $0.status, $0.answered) = ("agent \(number)", .b, .agentMissed, .missed, nil)
            }
          ])
        }
        var row = call
        row.id = sharesIDs ? random.pick(legs).id : random.pick(["row \(number)", "fetched-\(number)"])
        row.time = time + Int64(random.below(1000))
        if random.below(3) == 0 { row.customer = "+" + (row.customer ?? "") }
        rows.append(row)
        if random.below(3) == 0 { lost.insert(row.id) } else { received.append(legs) }
      }
    }
  }

  private func check(_ random: inout SeededRandom, sharesIDs: Bool, _ label: String) throws {
    let day = Day(&random, sharesIDs: sharesIDs)
    let fixture = try FetchFixture()
    for legs in day.received { try fixture.receive(legs) }
    let before = try fixture.fixture.count("record")
    for _ in 0..<3 {
      let rows = day.rows.shuffled(using: &random)
      let outcomes = try fixture.visitor.compareFetched(rows.map { $0.fetched() }, fixture.run())
      let missing = zip(rows, outcomes).filter { $1 == .missing }.map(\.0.id)
      #expect(Set(missing) == day.lost && missing.count == day.lost.count, "\(label)")
    }
    // In pages where ids can be compared: any; else the whole day, as a backfill gives it.
    let run = fixture.run()
    var rest = day.rows.shuffled(using: &random)[...]
    var stored: [String] = []
    while !rest.isEmpty {
      let page = Array(rest.prefix(sharesIDs ? 10 + random.below(20) : day.rows.count))
      rest = rest.dropFirst(page.count)
      stored += zip(page, try fixture.admit(page, run)).filter { $1.isStored }.map(\.0.id)
    }
    #expect(Set(stored) == day.lost, "\(label)")
    #expect(try fixture.fixture.count("record") == before + stored.count, "\(label)")
    let again = try fixture.admit(day.rows.shuffled(using: &random))
    #expect(!again.contains { $0.isStored }, "\(label)")
    #expect(try fixture.fixture.count("record WHERE revision > 0") == 0, "\(label)")
  }

  @Test func exactlyWhatWasLostIsStored() throws {
    let run = FuzzRun("CDRELAY_FUZZ_FETCH", orElse: 12)
    for index in 0..<run.count {
      var random = run.random(of: index)
      try check(&random, sharesIDs: index % 2 == 0, "case \(index)")
    }
  }
}
