import RelayCore

/// The calls of one day of an office, all made from a seed: the same seed, count and beginning give the same calls, on every
/// machine, in every order asked. Holds nothing but those; a call is made when it is asked for.
package struct SimulatedDay: Sendable, Equatable {
  package enum Product: Sendable, Equatable {
    /// CHUB, and one call in ten as PIOPIY tells it. No real account mixes them; it shows both at once.
    case mixed
    case only(SimulatedCall.Dialect)
  }

  package let seed: UInt64
  package let count: Int
  /// When its first hour begins.
  package let from: Instant
  package let product: Product

  /// 200,000: what is posted out of order is held in memory for an hour of the day.
  package static let mostCalls = 200_000
  package static let milliseconds: Int64 = 86_400_000

  /// `calls`: at most `mostCalls`; more are left out.
  package init(seed: UInt64, calls: Int, from: Instant, product: Product = .mixed) {
    self.seed = seed
    count = min(max(0, calls), Self.mostCalls)
    // Whole seconds, since some dialects have no less.
    self.from = Instant(milliseconds: from.milliseconds.flooredDivision(by: 1000).quotient * 1000)
    self.product = product
  }

  /// In the order in which they began.
  package subscript(number: Int) -> SimulatedCall {
    SimulatedCall(number: number, daySeed: seed, startedAt: startedAt(number), product: product)
  }

  package var calls: some RandomAccessCollection<SimulatedCall> {
    (0..<count).lazy.map { self[$0] }
  }

  // MARK: When

  /// How busy each hour is against the others.
  private static let weights: [UInt64] = [
    1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 18, 16, 12, 15, 17, 17, 16, 13, 9, 6, 4, 3, 2, 1,
  ]
  private static let scale: UInt64 = 1 << 20

  /// Each call has a slot of the day, the wider the quieter the hour, and begins somewhere in it.
  private func startedAt(_ number: Int) -> Instant {
    var dice = Dice(seed: seed &+ 0x51, part: UInt64(number) &+ 1)
    let total = Self.weights.reduce(0, +)
    var place = (UInt64(number) * Self.scale + dice.next() % Self.scale) * total / UInt64(count)
    for (hour, weight) in Self.weights.enumerated() {
      if place < weight * Self.scale {
        return from + Int64(UInt64(hour) * 3_600_000 + place * 3_600_000 / (weight * Self.scale))
      }
      place -= weight * Self.scale
    }
    return from + (Self.milliseconds - 1)
  }

  // MARK: What is lost

  /// The calls whose own record a relay never sees where what is posted in this time is lost: all sends of the record that
  /// stands for the call fall into it. Legs and live events may have come.
  package func missing(
    _ provider: SimulatedProvider, lost: Range<Instant>, account: SimulatedAccount = SimulatedAccount()
  ) -> [SimulatedCall] {
    calls.filter { call in
      guard call.startedAt < lost.upperBound, call.endedAt + 3_600_000 > lost.lowerBound else { return false }
      return call.webhooks(provider, account).allSatisfy { !$0.isMain || lost.contains($0.at) }
    }
  }
}
