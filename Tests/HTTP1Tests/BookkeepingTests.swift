import Glibc
import TestSupport
import Testing

@testable import HTTP1

/// The parts with which a loop finds what is late and who waits longest, held against slow ones that can't be wrong.
@Suite struct BookkeepingTests {
  @Test func theLineKeepsItsOrder() {
    var random = SeededRandom(seed: .random(in: 0 ... .max))
    var line = WaitingLine()
    var expected: [Int] = []
    for _ in 0..<5000 {
      if let number = (0..<40).randomElement(using: &random), !expected.contains(number) {
        line.append(number)
        expected.append(number)
      }
      if Bool.random(using: &random), let number = expected.randomElement(using: &random) {
        line.remove(number)
        expected.removeAll { $0 == number }
      }
      #expect(line.first == expected.first, "seed \(random.seed)")
    }
  }

  @Test func eachDeadlineIsLookedAtOnceItHasPassedAndAtMostATickLater() {
    var random = SeededRandom(seed: .random(in: 0 ... .max))
    var now: Int64 = 1_000_000
    var wheel = DeadlineWheel(now: now)
    var deadlines: [UInt64: Int64] = [:]
    var due: [UInt64] = []
    for round in 0..<2000 {
      let deadline = now + .random(in: 0...90_000, using: &random)
      deadlines[UInt64(round)] = deadline
      wheel.add(UInt64(round), in: wheel.tick(of: deadline))
      now += .random(in: 0...300, using: &random)
      #expect(wheel.isDue(now) == (wheel.untilNext(now) == 0))
      _ = wheel.takeDue(now, into: &due)
      for entry in due { #expect((deadlines.removeValue(forKey: entry) ?? .max) <= now, "seed \(random.seed)") }
      due = []
      let ticksPassed = now / DeadlineWheel.tick * DeadlineWheel.tick
      #expect(deadlines.values.allSatisfy { $0 > ticksPassed }, "seed \(random.seed), round \(round)")
    }
  }

  @Test func whatLiesFarAheadOrFarBehindIsLookedAtNotLost() {
    var wheel = DeadlineWheel(now: 0)
    var due: [UInt64] = []
    let far = wheel.tick(of: 3_600_000)
    wheel.add(1, in: far)
    #expect(far <= 1024, "looked at early, and added again")
    wheel.add(2, in: wheel.tick(of: -5))
    let last = wheel.takeDue(10_000_000_000, into: &due)
    #expect(Set(due) == [1, 2])
    #expect(last >= far)
    due = []
    wheel.add(3, in: wheel.tick(of: 10_000_000_050))
    _ = wheel.takeDue(10_000_000_100, into: &due)
    #expect(due == [3])
  }

  @Test(arguments: [
    ("203.0.113.9", "::ffff:203.0.113.9", true), ("203.0.113.9", "203.0.113.10", false),
    ("2001:db8::1", "2001:db8::ffff:0:0:1", true), ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
  ])
  func addressesOfOneNetworkCountTogether(one: String, other: String, areSame: Bool) {
    #expect((PeerAddress.network(storage(one)) == PeerAddress.network(storage(other))) == areSame)
  }

  @Test func connectionsOfAnAddressAreForgottenWithTheLast() {
    let counts = AddressCounts()
    #expect(counts.opened(7) == 1)
    #expect(counts.opened(7) == 2)
    #expect(counts.opened(8) == 1)
    counts.closed(7)
    counts.closed(7)
    counts.closed(7)
    #expect(counts.opened(7) == 1)
  }

  private func storage(_ address: String) -> sockaddr_storage {
    var storage = sockaddr_storage()
    withUnsafeMutableBytes(of: &storage) { bytes in
      guard let base = bytes.baseAddress else { return }
      if address.contains(":") {
        bytes.storeBytes(of: sa_family_t(AF_INET6), as: sa_family_t.self)
        #expect(inet_pton(AF_INET6, address, base + 8) == 1)
      } else {
        bytes.storeBytes(of: sa_family_t(AF_INET), as: sa_family_t.self)
        #expect(inet_pton(AF_INET, address, base + 4) == 1)
      }
    }
    return storage
  }
}
