/// When which connection is to be looked at again. Adding takes constant time; a tick costs what is due in it, and
/// nothing for the others, however many there are.
///
/// Entries are never taken out early: the owner keeps the tick that counts, and passes over entries of other ticks.
struct DeadlineWheel {
  /// Milliseconds: what a deadline is looked at late by at most.
  static let tick: Int64 = 100
  /// Ticks that can be told apart, 102 s. What lies further ahead is due at the horizon, and added again then.
  private static let horizon: Int64 = 1024

  private var buckets = [[UInt64]](repeating: [], count: Int(horizon))
  /// The first tick that has not been taken.
  private var next: Int64

  init(now: Int64) {
    next = now / Self.tick + 1
  }

  /// Milliseconds until the next tick.
  func untilNext(_ now: Int64) -> Int64 { max(0, next * Self.tick - now) }

  func isDue(_ now: Int64) -> Bool { now >= next * Self.tick }

  /// The tick in which a deadline is looked at: never before it has passed, unless it lies behind the horizon.
  func tick(of deadline: Int64) -> Int64 {
    let tick = deadline / Self.tick + (deadline % Self.tick == 0 ? 0 : 1)
    return min(max(tick, next), next + Self.horizon - 1)
  }

  /// `tick` is one that `tick(of:)` gave since the last `takeDue`.
  mutating func add(_ entry: UInt64, in tick: Int64) {
    buckets[Int(tick % Self.horizon)].append(entry)
  }

  /// Moves to `due` what was added for the ticks up to now, and returns the last of these.
  mutating func takeDue(_ now: Int64, into due: inout [UInt64]) -> Int64 {
    let last = now / Self.tick
    // After a long sleep each bucket is emptied once.
    for tick in next..<max(next, min(last + 1, next + Self.horizon)) {
      let bucket = Int(tick % Self.horizon)
      due.append(contentsOf: buckets[bucket])
      // A flood's worth of memory is given back.
      buckets[bucket].removeAll(keepingCapacity: buckets[bucket].capacity <= 64)
    }
    next = max(next, last + 1)
    return last
  }
}
