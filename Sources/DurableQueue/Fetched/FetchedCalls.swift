import RelayCore
import SQLite

/// Calls that a backfill, an import or a reconciliation stored in place of webhooks that had not come: a webhook that comes
/// behind its row would send the call a second time. Its key may be another (it names its leg, or writes its time in another
/// way), so that it is recognised by the provider's id. Belongs to the writer; asks the database only where another
/// connection has changed it, inside the transaction that stores the webhook: what is under way there comes before or behind.
final class FetchedCalls {
  private struct Name: Hashable {
    let source: String
    let id: String
  }

  /// A run as its row in `action` has it. Its records are numbered from its beginning on, whenever they were stored.
  private struct Run {
    let id: Int64
    let begin: Instant
    /// Records that it stored so far.
    let count: Int64

    /// Behind its last number, with some room: a millisecond has 1024 numbers for records and their deliveries.
    var end: Instant { begin + 2000 + count / 32 }
  }

  private var times: [Name: Instant] = [:]
  /// By run: how many of its records were read, and the number of the last.
  private var known: [Int64: (count: Int64, last: Int64)] = [:]
  private var version: Int64?
  private let readVersion: Statement
  private let findRuns: Statement
  private let findRecords: Statement

  /// Milliseconds: a webhook that comes so long after its call is sent, as if no row had come. Three days.
  static let memory: Int64 = 259_200_000
  /// Calls that are remembered. About 100 bytes each; a file of more of the last three days than that is none that webhooks
  /// race with.
  private static let limit = 200_000
  /// Records of runs that began within the same seconds: up to so many all are read again whenever one grows, since their
  /// numbers are mixed. Of more, some may be passed over: a webhook that comes behind such a row is sent.
  private static let mixed: Int64 = 50_000

  init(connection: Connection) throws(DatabaseError) {
    readVersion = try connection.prepare("PRAGMA data_version")
    findRuns = try connection.prepare(
      """
      SELECT id, done_at_ms, count FROM action WHERE done_at_ms >= ? AND
      (command LIKE 'backfill %' OR command LIKE 'import %' OR command LIKE 'reconcile %')
      """)
    findRecords = try connection.prepare(
      """
      SELECT id, source, call_id, dedup_key FROM record WHERE id > ? AND id < ?
      AND (credential = '\(FetchedMark.credential)' OR credential LIKE '\(FetchedMark.imported(by: ""))%')
      ORDER BY id LIMIT ?
      """)
  }

  /// Whether the call came already, without a webhook. `new`: none whose key is stored.
  func have(_ new: NewRecord) -> Bool {
    guard !times.isEmpty, new.kind == .cdr, let id = new.columns.id,
      times[Name(source: new.source, id: id)] != nil
    else { return false }
    // What one agent did not pick up, or another leg, is not the call.
    return new.role == nil || new.role == .call
  }

  /// Inside a transaction of the caller's.
  func refresh(at now: Instant) throws(DatabaseError) {
    let current = try currentVersion()
    guard current != version else { return }
    let oldest = now + -Self.memory
    let runs = try runs(since: oldest)
    for run in runs where known[run.id]?.count != run.count {
      let others = runs.filter { $0.id != run.id && $0.begin < run.end && run.begin < $0.end }.map(\.count)
      try read(run, others: others.reduce(0, +), since: oldest)
    }
    version = current
  }

  private func currentVersion() throws(DatabaseError) -> Int64 {
    defer { readVersion.reset() }
    return try readVersion.step() ? readVersion.integer(0) : 0
  }

  private func runs(since oldest: Instant) throws(DatabaseError) -> [Run] {
    findRuns.bind(1, oldest.milliseconds)
    defer { findRuns.reset() }
    var found: [Run] = []
    while try findRuns.step() {
      found.append(
        Run(id: findRuns.integer(0), begin: Instant(milliseconds: findRuns.integer(1)), count: findRuns.integer(2)))
    }
    return found
  }

  /// `others`: records of runs of the same time, which may stand between its own.
  private func read(_ run: Run, others: Int64, since oldest: Instant) throws(DatabaseError) {
    let before = Identifier.first(at: run.begin).number - 1
    let isMixed = others > 0 && run.count + others <= Self.mixed
    let start = isMixed ? (0, before) : known[run.id] ?? (0, before)
    var last = start.1
    findRecords.bind(1, last)
    findRecords.bind(2, Identifier.first(at: run.end).number)
    // So many and no further: behind the run's last record there are many of the relay's.
    findRecords.bind(3, run.count - start.0 + others)
    defer { findRecords.reset() }
    if times.count >= Self.limit { times = times.filter { $0.value >= oldest } }
    while try findRecords.step() {
      last = findRecords.integer(0)
      let name = Name(source: findRecords.text(1), id: findRecords.text(2))
      let time = QueueVisitor.time(findRecords.blob(3))
      guard !name.id.isEmpty, !name.id.hasPrefix(FetchedMark.idPrefix), time >= oldest, times.count < Self.limit else {
        continue
      }
      times[name] = time
    }
    known[run.id] = (run.count, last)
  }
}
