import Digests
import RelayCore
import Simulator
import TestSupport
import Testing

@Suite struct SimulatedDayTests {
  private static func bytes(_ seed: UInt64, _ provider: SimulatedProvider, calls: Int = 200) -> [UInt8] {
    SimulatedTraffic(
      SimulatedDay(seed: seed, calls: calls, from: Trying.midnight), provider, account: Trying.account
    ).reduce(into: []) { bytes, webhook in
      bytes += Array("\(webhook.at.milliseconds) ".utf8) + webhook.body
    }
  }

  @Test func aSeedGivesTheSameBytes() {
    for provider in [SimulatedProvider.telecmi, .callr(.mixed)] {
      #expect(Self.bytes(7, provider) == Self.bytes(7, provider))
      #expect(Self.bytes(7, provider) != Self.bytes(8, provider))
    }
  }

  /// Whoever changes what a seed gives changes what others hold their systems against: a new line here says so.
  @Test func aSeedGivesTheSameBytesInEveryVersion() {
    #expect(Hex.encode(SHA256.hash(Self.bytes(1, .telecmi))).prefix(16) == "2351787ff0f48d95")
    #expect(Hex.encode(SHA256.hash(Self.bytes(1, .callr(.mixed)))).prefix(16) == "b18163337b0befc2")
  }

  @Test func aCallIsTheSameWhereverItIsAskedFor() {
    let day = SimulatedDay(seed: 3, calls: 500, from: Trying.midnight)
    let calls = Array(day.calls)
    #expect(day[499] == calls[499] && day[0] == calls[0])
    #expect(zip(calls, calls.dropFirst()).allSatisfy { $0.startedAt <= $1.startedAt })
    #expect(calls.allSatisfy { $0.startedAt >= day.from && $0.startedAt < day.from + SimulatedDay.milliseconds })
    #expect(Set(calls.map(\.mainID)).count == 500 && Set(calls.map(\.callid)).count == 500)
  }

  @Test func onlyTheTimesHangOnTheBeginning() {
    let (one, other) = (
      SimulatedDay(seed: 3, calls: 20, from: Trying.midnight),
      SimulatedDay(seed: 3, calls: 20, from: Trying.midnight + 86_400_000)
    )
    for number in 0..<20 {
      #expect(one[number].mainID == other[number].mainID && one[number].customer == other[number].customer)
      #expect(other[number].startedAt - one[number].startedAt == 86_400_000)
    }
  }

  @Test func trafficHasEveryWebhookOnceInTheOrderOfPosting() {
    for provider in [SimulatedProvider.telecmi, .callr(.mixed)] {
      let day = SimulatedDay(seed: 11, calls: 300, from: Trying.midnight)
      let traffic = Array(SimulatedTraffic(day, provider, account: Trying.account))
      #expect(zip(traffic, traffic.dropFirst()).allSatisfy { $0.at <= $1.at })
      let one = day.calls.flatMap { $0.webhooks(provider, Trying.account) }
      #expect(traffic.count == one.count && Set(traffic.map(\.body)) == Set(one.map(\.body)))
    }
  }

  @Test func anEmptyDayPostsNothing() {
    let day = SimulatedDay(seed: 1, calls: 0, from: Trying.midnight)
    #expect(Array(SimulatedTraffic(day, .telecmi, account: Trying.account)).isEmpty && day.calls.isEmpty)
  }

  @Test func aDayHasNoMoreThanItMay() {
    #expect(SimulatedDay(seed: 1, calls: .max, from: Trying.midnight).count == SimulatedDay.mostCalls)
    #expect(SimulatedDay(seed: 1, calls: -1, from: Trying.midnight).count == 0)
  }

  @Test func whatIsMissingIsWhatNoSendOfItsOwnRecordReached() {
    let day = SimulatedDay(seed: 5, calls: 2000, from: Trying.midnight)
    let lost = (Trying.midnight + 10 * 3_600_000)..<(Trying.midnight + 12 * 3_600_000)
    let arrived = SimulatedTraffic(day, .telecmi, account: Trying.account).filter { $0.isMain && !lost.contains($0.at) }
    let missing = day.missing(.telecmi, lost: lost)
    #expect(Set(missing.map(\.number)).union(arrived.map(\.call)) == Set(0..<2000))
    #expect(Set(missing.map(\.number)).isDisjoint(with: arrived.map(\.call)))
    // Two of the busiest hours of 24.
    #expect((200...500).contains(missing.count))
  }
}
