import Glibc

/// How many cases a fuzz test tries, and from which seed. Case n has the seed of the run plus n, so that the sentence which
/// reports it is all that is needed to try it again: `CDRELAY_FUZZ_SEED=… CDRELAY_FUZZ_REQUESTS=1`.
package struct FuzzRun {
  package let seed: UInt64
  package let count: Int

  /// `variable` in the environment says how many, `CDRELAY_FUZZ_SEED` from where; a random seed where it says nothing.
  package init(_ variable: String, orElse standard: Int) {
    count = Self.number(variable).map(Int.init) ?? standard
    seed = Self.number("CDRELAY_FUZZ_SEED") ?? UInt64.random(in: 0...UInt64.max)
    print("\(variable): \(count) cases from CDRELAY_FUZZ_SEED=\(seed)")
  }

  package func random(of index: Int) -> SeededRandom {
    SeededRandom(seed: seed &+ UInt64(index))
  }

  private static func number(_ variable: String) -> UInt64? {
    getenv(variable).flatMap { UInt64(String(cString: $0)) }
  }
}

extension SeededRandom {
  /// Below `bound`, which is small: what the remainder favours is less than chance.
  package mutating func below(_ bound: Int) -> Int {
    Int(truncatingIfNeeded: next() >> 33) % bound
  }

  package mutating func pick<Element>(_ choices: [Element]) -> Element {
    choices[below(choices.count)]
  }
}
