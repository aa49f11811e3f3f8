import DurableQueue
import RelayCore
import Rules

/// What one rule file in place of another would have done with the records that came: which deliveries would be new, which
/// would be gone, and which would be another request. Nothing is stored or sent.
struct RulesDiff {
  enum Change: String, CaseIterable {
    case gone, new, changed
  }

  /// One record that shows a change.
  struct Example: Equatable {
    let record: Identifier
    let receivedAt: Instant
    let source: String
    let rule: String
    /// Of a new or gone delivery: why the other file does not make it; numbers masked.
    let why: String?
    /// Of a changed request.
    let places: [ChangedPlace]
  }

  /// All changes of one kind at one destination.
  struct Share {
    fileprivate(set) var count = 0
    /// Records by the rule that sends them, or sent them.
    fileprivate(set) var rules: [String: Int] = [:]
    /// Of changed requests: how many differ there.
    fileprivate(set) var places: [String: Int] = [:]
    /// The newest ones.
    fileprivate(set) var examples: [Example] = []
  }

  let old: RuleFile
  let new: RuleFile
  private let now: Instant
  private let comparison: RecordComparison

  private(set) var records = 0
  /// Their bodies are no longer kept, so that nobody can tell.
  private(set) var bodyGone = 0
  /// Records that the new file would not take any more, by reason.
  private(set) var refused: [String: Int] = [:]
  /// Records that no rule would match any more, and those that one would match at last.
  private(set) var becomesUnrouted = 0
  private(set) var becomesRouted = 0
  private(set) var oldest: Instant?
  private var shares: [String: [Change: Share]] = [:]

  static let examplesOfEach = 3

  /// Both files with their secrets unresolved (`RulesDiff.comparable`).
  init(old: RuleFile, new: RuleFile, now: Instant) {
    self.old = old
    self.new = new
    self.now = now
    comparison = RecordComparison(old: old, new: new)
  }

  /// A file as `rules_version` keeps it: secrets that are written out are masked in it, so that they don't count as changes.
  static func comparable(_ rules: RuleFile) -> RuleFile {
    let secrets = SecretsResolver(mode: .unresolved, environment: [:])
    return (try? RuleFile.parse(Array(rules.text.utf8), path: rules.path, secrets: secrets)) ?? rules
  }

  /// Replays what is stored, the newest first. `progress` hears of each record.
  static func replay(
    old: RuleFile, new: RuleFile, _ visitor: QueueVisitor, since: Instant?, limit: Int = .max, now: Instant,
    progress: (Int) -> Void = { _ in }
  ) throws -> RulesDiff {
    var diff = RulesDiff(old: comparable(old), new: comparable(new), now: now)
    try visitor.forEachStoredRecord(since: since, limit: limit) { record in
      diff.add(record)
      progress(diff.records)
    }
    return diff
  }

  mutating func add(_ record: StoredRecord) {
    records += 1
    oldest = min(oldest ?? record.row.receivedAt, record.row.receivedAt)
    guard let raw = record.raw else {
      bodyGone += 1
      return
    }
    let outcome = comparison.compare(record.row, raw)
    if let refusal = outcome.refusal { refused[refusal, default: 0] += 1 }
    if outcome.isRouted == (true, false) { becomesUnrouted += 1 }
    if outcome.isRouted == (false, true) { becomesRouted += 1 }
    for difference in outcome.differences { add(difference, of: record.row) }
  }

  private mutating func add(_ difference: RecordComparison.Difference, of row: RecordRow) {
    var share = shares[difference.destination]?[difference.change] ?? Share()
    share.count += 1
    share.rules[difference.rule, default: 0] += 1
    for place in difference.places { share.places[place.path, default: 0] += 1 }
    if share.examples.count < Self.examplesOfEach {
      share.examples.append(
        Example(
          record: row.id, receivedAt: row.receivedAt, source: row.source, rule: difference.rule,
          why: difference.why().map(Phrases.maskingNumbers), places: difference.places))
    }
    shares[difference.destination, default: [:]][difference.change] = share
  }
}

extension RulesDiff {
  /// True where no record tells the two files apart.
  var isEmpty: Bool { shares.isEmpty && refused.isEmpty }

  func share(_ change: Change, of destination: String) -> Share? { shares[destination]?[change] }

  /// Of the new file first, in its order; those that only the old one has behind them.
  var destinations: [String] {
    let names = new.destinations.map(\.name)
    let removed = old.destinations.map(\.name).filter { !names.contains($0) }
    return (names + removed).filter { shares[$0] != nil }
  }

  /// Their definitions differ, and no record shows it: limits, retries, credentials.
  var redefined: [String] {
    new.destinations.filter { destination in
      guard let before = old.destination(named: destination.name) else { return false }
      return before != destination && shares[destination.name]?[.changed] == nil
    }.map(\.name)
  }

  /// From the oldest record looked at until now, one day at least.
  var days: Double {
    oldest.map { max(1, Double(now - $0) / 86_400_000) } ?? 1
  }
}
