import RelayCore

/// One backfill, import or reconciliation: how its rows are compared, and what it found so far. Belongs to one thread.
package final class FetchedRun {
  /// Of one dedup scope: whose records the rows may be.
  let sources: Set<String>
  /// Milliseconds by which times and durations may differ where ids say nothing. Default 5 s: times of files are cut to
  /// seconds, durations rounded; within it nobody hangs up, dials the same number again and talks for as long.
  let tolerance: Int64
  let ordered: Set<String>
  let decode: (StoredRecord) -> Record?
  var memory = CallMatching.Memory()
  var erased: ErasedPeople?

  package static let defaultTolerance: Int64 = 5000

  /// Milliseconds before and after a row's own time in which its id is looked for: a webhook tells the answer or the end of a
  /// call where a row may tell its beginning. The row's own length comes on top.
  static let idWindow: Int64 = 900_000

  /// - Parameters:
  ///   - sources: the source, and the others of its `dedup_group`.
  ///   - ordered: destinations with `"order": "per_call"`.
  ///   - decode: a stored record as its source's decoder reads it today; nil where it can't.
  package init(
    sources: Set<String>, tolerance: Int64 = FetchedRun.defaultTolerance, ordered: Set<String> = [],
    decode: @escaping (StoredRecord) -> Record?
  ) {
    self.sources = sources
    self.tolerance = tolerance
    self.ordered = ordered
    self.decode = decode
  }

  /// How far from a row's time its call is looked for.
  func window(_ facts: CallFacts) -> Int64 {
    max(tolerance, Self.idWindow) + min(86_400, max(facts.totalSeconds ?? 0, facts.answeredSeconds ?? 0)) * 1000
  }
}
