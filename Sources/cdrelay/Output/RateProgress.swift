import RelayCore

/// Shows how far something is whose end is known by a measure of its own, such as the bytes of a file: on a terminal a bar in
/// one line with rate and remaining time, elsewhere a line each ten seconds.
final class RateProgress {
  private let surroundings: Surroundings
  private let things: String
  private let began: Instant
  private var shownAt: Instant
  private var width = 0

  private static let terminalPause: Int64 = 200
  private static let linePause: Int64 = 10_000
  private static let barWidth = 24

  /// `things`: what is counted: `rows`.
  init(_ surroundings: Surroundings, things: String) {
    self.surroundings = surroundings
    self.things = things
    began = surroundings.time.now()
    shownAt = began
    // From here on a signal waits for the next commit.
    _ = surroundings.isInterrupted()
  }

  /// `share`: of the whole, 0 to 1; nil where nobody knows the end.
  func show(_ done: Int, share: Double?) {
    let now = surroundings.time.now()
    guard now - shownAt >= (surroundings.isTerminal ? Self.terminalPause : Self.linePause) else { return }
    shownAt = now
    let text = Self.text(done, things: things, share: share, took: now - began)
    guard surroundings.isTerminal else { return surroundings.complain(text) }
    let line = (share.map { Self.bar($0) + " " } ?? "") + text
    let rest = String(repeating: " ", count: max(0, width - line.count))
    width = line.count
    try? surroundings.errors.write("\r\(line)\(rest)")
    try? surroundings.errors.flush()
  }

  /// Leaves the line of the bar.
  func end() {
    guard width > 0 else { return }
    try? surroundings.errors.write("\r\(String(repeating: " ", count: width))\r")
    try? surroundings.errors.flush()
    width = 0
  }

  static func bar(_ share: Double) -> String {
    let full = Int(Double(barWidth) * min(1, max(0, share)))
    return "[" + String(repeating: "#", count: full) + String(repeating: "-", count: barWidth - full) + "]"
  }

  /// `42 %, 420,000 rows, 12,345 a second, 47 s left`.
  static func text(_ done: Int, things: String, share: Double?, took: Int64) -> String {
    var parts: [String] = []
    if let share { parts.append("\(Int(min(1, max(0, share)) * 100)) %") }
    parts.append("\(Phrases.grouped(done)) \(things)")
    if took > 0 {
      parts.append("\(Phrases.grouped(Int(Double(done) * 1000 / Double(took)))) a second")
      if let share, share > 0, share < 1 {
        parts.append("\(Phrases.span(Int64(Double(took) * (1 - share) / share))) left")
      }
    }
    return parts.joined(separator: ", ")
  }
}
