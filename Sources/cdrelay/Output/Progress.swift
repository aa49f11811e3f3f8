/// Shows how far a change is: over and over in one line on a terminal, a line each 10,000 otherwise.
final class Progress {
  private let surroundings: Surroundings
  private let total: Int
  private let participle: String
  private let things: String
  private var shown = 0

  private static let step = 10_000

  /// `participle`: what happens to the things: `replayed`.
  init(_ surroundings: Surroundings, total: Int, participle: String, things: String = "deliveries") {
    self.surroundings = surroundings
    self.total = total
    self.participle = participle
    self.things = things
    // From here on a signal waits for the next commit.
    _ = surroundings.isInterrupted()
  }

  /// Called behind each commit; ends the command where a person stopped it.
  func show(_ done: Int) throws {
    let share = "\(Phrases.grouped(done)) of \(Phrases.grouped(total))"
    let isLast = done >= total
    if surroundings.isTerminal {
      try? surroundings.errors.write("\r\(share)" + (isLast ? "\n" : ""))
      try? surroundings.errors.flush()
    } else if total > Self.step, isLast || done - shown >= Self.step {
      surroundings.complain(share)
      shown = done
    }
    guard surroundings.isInterrupted(), !isLast else { return }
    if surroundings.isTerminal { surroundings.complain("") }
    throw CommandError("stopped: \(participle) \(share) \(things); the same command does the rest, and nothing twice")
  }
}
