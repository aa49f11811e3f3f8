/// How many rows a batch has, and how long the writer is left alone behind it. A value without a clock.
struct RetentionPace: Equatable {
  /// Nanoseconds that a batch is to take, with its commit: a record that comes meanwhile waits for so long.
  static let target: UInt64 = 2_000_000
  /// Rows of a batch at most.
  static let mostRows = 1000

  /// Of the next batch.
  private(set) var rows = 20

  /// A batch looked at so many rows and took so long. `idleShare`: the part of the time before it in which the writer had
  /// nothing to do, 0 to 1. Gives the pause behind it, in nanoseconds: four times as long as it took where the writer is
  /// idle, forty times where it is never.
  mutating func took(_ nanoseconds: UInt64, rows looked: Int, idleShare: Double) -> UInt64 {
    // Of what was asked for, or the end of a walk would be taken for speed.
    if looked > 0 {
      let fitting = Double(looked) * Double(Self.target) / Double(max(1, nanoseconds))
      rows = min(Self.mostRows, max(1, min(Int(fitting), looked < rows ? rows : rows * 2)))
    }
    let idle = min(1, max(0, idleShare))
    return max(Self.target, nanoseconds) * UInt64(4 + (1 - idle) * 36)
  }
}
