import Dispatch
import DurableQueue
import Foundation
import ProviderAPIs
import RelayCore
import Rules
import Synchronization
import Telemetry

/// Compares sources with their providers while the relay runs, as `reconcile` says. On a thread and a connection of its own:
/// nothing waits for an API but this.
final class Reconciler: Sendable {
  /// Seconds between two looks at what is due.
  private static let pause = 2.0
  /// Seconds that `stop` waits for the thread: a request is given up within a tenth of one, a commit is short.
  private static let patience = 2.0
  /// Calls that the kept report names, without numbers.
  private static let listed = 20

  private let path: String
  private let rules: Mutex<(file: RuleFile, version: Int64)>
  private let time: any TimeSource
  private let log: Log
  private let startedAt: Instant
  private let last = Mutex<[String: KeptReconciliation]>([:])
  private let stored = Mutex<[String: Int64]>([:])
  private let isStopping = Atomic<Bool>(false)
  private let wake = DispatchSemaphore(value: 0)
  private let hasEnded = DispatchSemaphore(value: 0)
  let requests = APICounts()

  /// `path`: of the database, which the queue has opened.
  init(path: String, rules: RuleFile, version: Int64, time: any TimeSource, log: Log) {
    self.path = path
    self.rules = Mutex((rules, version))
    self.time = time
    self.log = log
    startedAt = time.now()
  }

  func start() {
    let thread = Thread { [self] in
      run()
      hasEnded.signal()
    }
    thread.name = "reconciler"
    thread.start()
  }

  /// What is under way ends soon.
  func cancel() {
    isStopping.store(true, ordering: .relaxed)
    wake.signal()
  }

  /// Waits for the end. Call once, behind `start`, before the queue closes.
  func stop() {
    cancel()
    _ = hasEnded.wait(timeout: .now() + Self.patience)
  }

  /// From now on. A comparison under way ends where its source is another one now; it begins again when it is due.
  func use(_ rules: RuleFile, version: Int64) {
    self.rules.withLock { $0 = (rules, version) }
  }

  private var isWanted: Bool { !isStopping.load(ordering: .relaxed) }

  private func run() {
    var opened: QueueVisitor?
    var isFailing = false
    while wait(Self.pause) {
      let (file, version) = rules.withLock { $0 }
      let compared = file.sources.filter { $0.isEnabled && $0.reconcile != nil && $0.api != nil }
      // Who compares nothing needs no connection for it.
      guard !compared.isEmpty else { continue }
      do {
        let visitor = try opened ?? QueueVisitor(path: path)
        if opened == nil { last.withLock { $0 = Self.byName((try? visitor.reconciliations()) ?? []) } }
        opened = visitor
        for source in compared where isWanted && isDue(source) { try compare(source, file, version, visitor) }
        isFailing = false
      } catch {
        // Once, not at every look: where the disk is at fault, the log says more than enough already.
        if !isFailing { log.warning("reconcile.not_kept", [LogField("reason", "\(error)")]) }
        isFailing = true
      }
    }
  }

  private static func byName(_ kept: [KeptReconciliation]) -> [String: KeptReconciliation] {
    Dictionary(kept.map { ($0.source, $0) }) { first, _ in first }
  }

  private func isDue(_ source: Source) -> Bool {
    guard let settings = source.reconcile else { return false }
    let kept = last.withLock { $0[source.name] }
    return time.now() >= ReconcileSchedule.next(settings, kept, startedAt: startedAt)
  }

  /// So many seconds, or until it is woken; false where the relay stops.
  private func wait(_ seconds: Double) -> Bool {
    guard isWanted else { return false }
    _ = wake.wait(timeout: .now() + seconds)
    return isWanted
  }
}

// MARK: - Comparing

extension Reconciler {
  private func compare(_ source: Source, _ file: RuleFile, _ version: Int64, _ visitor: QueueVisitor) throws {
    guard let settings = source.reconcile else { return }
    let begin = time.now()
    var kept = last.withLock { $0[source.name] } ?? KeptReconciliation(source: source.name)
    do {
      let report = try report(source, settings, file, version, visitor, at: begin)
      kept = KeptReconciliation(
        source: source.name, comparedAt: begin,
        report: JSON.object(report.json(numbers: false, listed: Self.listed)).text)
      tell(report, took: time.now() - begin)
    } catch APIFailure.stopped {
      return
    } catch {
      kept.failedAt = time.now()
      kept.failure = "\(error)"
      log.warning("reconcile.failed", [LogField("source", source.name), LogField("reason", "\(error)")])
    }
    last.withLock { $0[source.name] = kept }
    try visitor.keep(kept)
  }

  private func report(
    _ source: Source, _ settings: ReconcileSettings, _ file: RuleFile, _ version: Int64, _ visitor: QueueVisitor,
    at now: Instant
  ) throws -> Reconciliation {
    let fetched = try FetchedSource(source.name, in: file)
    let client = try fetched.client(
      database: path, counts: requests, time: time, wait: { [self] in wait($0, for: source) },
      isWanted: { [self] in isWanted(source) })
    let span = TimeSlice(from: now + -settings.lookBack, to: now + -settings.settle)
    let desk = FetchedDesk(fetched, file, receivedAt: now)
    var run = FetchRun(client, desk, visitor, span, limit: Self.listed, looksForExtras: true)
    let action = Action(at: now, user: "cdrelay", command: "reconcile \(source.name)", reason: "as the rule file says")
    let before = run.report.total.stored
    defer { stored.withLock { $0[source.name, default: 0] += Int64(run.report.total.stored - before) } }
    try run.run(settings.backfills ? .store(.stored(version: version), action) : .look) { _, _ in }
    return run.report
  }

  /// False where the relay stops, or the rules in force have the source otherwise.
  private func isWanted(_ source: Source) -> Bool {
    guard isWanted else { return false }
    let now = rules.withLock { $0.file.source(named: source.name) }
    return now === source
      || (now?.api == source.api && now?.reconcile == source.reconcile && now?.settings == source.settings)
  }

  /// In short pieces, since the rules may change meanwhile.
  private func wait(_ milliseconds: Int64, for source: Source) {
    var left = milliseconds
    while left > 0, isWanted(source) {
      _ = wait(Double(min(left, 200)) / 1000)
      left -= 200
    }
  }

  private func tell(_ report: Reconciliation, took: Int64) {
    let total = report.total
    let fields = [
      LogField("source", report.source), LogField("provider", total.provider), LogField("ours", total.ours),
      LogField("missing", total.missing), LogField("stored", total.stored), LogField("extra", total.extra),
      LogField("different", total.different), LogField("bad", report.bad), LogField("requests", report.requests),
      LogField("took_ms", took),
    ]
    if report.isComplete { log.info("reconcile.done", fields) } else { log.warning("reconcile.calls_missing", fields) }
  }
}

// MARK: - Metrics

extension Reconciler: MetricsSource {
  func write(to page: inout MetricsPage) {
    let (last, stored, now) = (last.withLock { $0 }, stored.withLock { $0 }, time.now())
    let kept = last.values.sorted { $0.source < $1.source }
    let compared = kept.compactMap { kept in ReconciliationStatus(kept).map { (kept, $0) } }
    page.add(
      "cdrelay_reconcile_missing", .gauge,
      "Calls that the provider has, that were not here when they were compared, and that were not fetched.",
      compared.map { .init($1.missing - $1.stored, ["source": $0.source]) })
    page.add(
      "cdrelay_reconcile_stored_total", .counter, "Calls that the relay fetched by itself since it started.",
      stored.sorted { $0.key < $1.key }.map { .init($0.value, ["source": $0.key]) })
    page.add(
      "cdrelay_reconcile_age_seconds", .gauge, "Time since a source was compared with its provider.",
      kept.compactMap { kept in
        kept.comparedAt.map { .init(Double(max(0, now - $0)) / 1000, ["source": kept.source]) }
      })
    page.add(
      "cdrelay_reconcile_failing", .gauge, "1 where the last comparison failed.",
      kept.map { .init($0.failedAt == nil ? 0 : 1, ["source": $0.source]) })
    requests.write(to: &page)
  }
}
