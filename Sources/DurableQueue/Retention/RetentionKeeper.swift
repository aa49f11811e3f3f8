import RelayCore
import SQLite
import Telemetry

/// Lets retention take its turns between the writer's commits: on the same connection, so that nobody waits for a lock and
/// no page in memory is forgotten for another connection's sake. Belongs to the writer's thread.
final class RetentionKeeper {
  /// Nanoseconds until the next try after a batch failed: a minute.
  private static let patience: UInt64 = 60_000_000_000

  private let connection: Connection
  private var walk: RetentionWalk
  private var policy: RetentionPolicy
  private let interval: UInt64
  private let metrics: RetentionMetrics
  private let log: Log
  private var pace = RetentionPace()
  private var run = Run()
  private var isWithoutSync = false
  /// The last batch failed, and was told of.
  private var fails = false
  /// When the next batch is due, in nanoseconds of CLOCK_MONOTONIC.
  private(set) var nextAt: UInt64 = 0
  private var lastEnded: UInt64
  private var idle: UInt64 = 0

  private struct Run {
    var removed = RetentionCounts()
    var batches = 0
    var longest: UInt64 = 0
    var began: UInt64 = 0
  }

  /// `intervalMilliseconds`: between the end of one run and the next.
  init(
    connection: Connection, policy: RetentionPolicy, intervalMilliseconds: Int, metrics: RetentionMetrics, log: Log
  ) throws(DatabaseError) {
    self.connection = connection
    self.metrics = metrics
    self.log = log
    self.policy = policy
    walk = try RetentionWalk(connection: connection, policy: policy)
    interval = UInt64(intervalMilliseconds) * 1_000_000
    lastEnded = monotonicNanoseconds()
  }

  /// From now on; looks at everything anew where it changed.
  func use(_ policy: RetentionPolicy) {
    guard policy != self.policy else { return }
    do throws(DatabaseError) {
      walk = try RetentionWalk(connection: connection, policy: policy)
      self.policy = policy
      nextAt = 0
    } catch {
      log.warning("retention.failed", [LogField("reason", "\(error)")])
    }
  }

  /// The writer waited so long, in nanoseconds, since it had nothing to do.
  func writerWasIdle(_ nanoseconds: UInt64) {
    idle += nanoseconds
  }

  /// A batch, where one is due. Never throws: what fails is tried again later.
  func runIfDue(at now: Instant) {
    let began = monotonicNanoseconds()
    guard began >= nextAt else { return }
    let idleShare = Double(idle) / Double(max(1, began - lastEnded))
    if run.batches == 0 { run.began = began }
    do {
      let batch = try withoutSync { try walk.step(limit: pace.rows, at: now) }
      let ended = monotonicNanoseconds()
      fails = false
      guard batch.looked > 0 else { return end(at: ended) }
      count(batch, took: ended - began)
      nextAt = ended + pace.took(ended - began, rows: batch.looked, idleShare: idleShare)
    } catch {
      walk.startOver()
      if !fails { log.warning("retention.failed", [LogField("reason", "\(error)")]) }
      fails = true
      nextAt = monotonicNanoseconds() + Self.patience
    }
    lastEnded = monotonicNanoseconds()
    idle = 0
  }

  /// What is removed is overwritten, also on pages that get free. Nothing waits for it to be on disk: the sync of the next
  /// commit covers it (sqlite.org/pragma.html#pragma_synchronous, NORMAL in WAL mode).
  private func withoutSync<T>(_ body: () throws -> T) throws -> T {
    isWithoutSync = true
    try connection.execute("PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON")
    let result = Result(catching: body)
    try syncAgain()
    return try result.get()
  }

  /// No commit before this: where it fails, so does what wants to commit.
  func syncAgain() throws(DatabaseError) {
    guard isWithoutSync else { return }
    try connection.execute(DatabaseFile.everyday)
    isWithoutSync = false
  }

  private func count(_ batch: RetentionWalk.Batch, took nanoseconds: UInt64) {
    run.removed += batch.removed
    run.batches += 1
    run.longest = max(run.longest, nanoseconds)
    metrics.count(batch.removed, nanoseconds: nanoseconds)
  }

  private func end(at now: UInt64) {
    if run.removed != RetentionCounts() {
      log.info(
        "retention.done",
        RetentionCounts.names.map { LogField($0.name, run.removed[keyPath: $0.path]) } + [
          LogField("batches", run.batches), LogField("longest_us", run.longest / 1000),
          LogField("took_s", (now - run.began) / 1_000_000_000),
        ])
    }
    run = Run()
    nextAt = now + interval
  }
}

/// What retention did since the start.
final class RetentionMetrics: Sendable {
  private let removed = RetentionCounts.names.map { _ in Counter() }
  private let batches = Histogram(bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1])

  func count(_ counts: RetentionCounts, nanoseconds: UInt64) {
    for (counter, (_, path)) in zip(removed, RetentionCounts.names) { counter.add(Int64(counts[keyPath: path])) }
    batches.observe(nanoseconds: nanoseconds)
  }

  func write(to page: inout MetricsPage) {
    page.add(
      "cdrelay_retention_removed_total", .counter,
      "Rows that retention removed; bodies and answers also of rows that stay.",
      zip(removed, RetentionCounts.names).map { .init($0.value, ["table": $1.name]) })
    batches.write("cdrelay_retention_batch_seconds", "Time that retention kept the writer, a batch.", to: &page)
  }
}
