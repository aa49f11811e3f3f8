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
    if count > standard { Self.stopBacktraces() }
    print("\(variable): \(count) cases from CDRELAY_FUZZ_SEED=\(seed)")
  }

  package func random(of index: Int) -> SeededRandom {
    SeededRandom(seed: seed &+ UInt64(index))
  }

  /// Swift Testing takes a backtrace of every error at its throw, which is most of the time of a run that throws millions.
  /// It hears of them through these two variables of the runtime.
  private static func stopBacktraces() {
    for hook in ["_swift_willThrow", "_swift_willThrowTypedImpl"] { dlsym(nil, hook)?.storeBytes(of: 0, as: UInt.self) }
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
