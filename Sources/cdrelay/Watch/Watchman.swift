import Dispatch
import DurableQueue
import Foundation
import Glibc
import RelayCore
import Rules
import Synchronization
import Telemetry

/// Looks after the queue while the relay runs: tells of late deliveries and, as `alerts` say, of all that wants a person. On a
/// thread of its own, which may wait for a slow program or server: nothing else waits for it.
final class Watchman: Sendable {
  /// Seconds between two looks.
  private static let pause = 2.0
  /// Seconds that `stop` waits for the thread.
  private static let patience = 2.0

  /// What `/metrics` shows of the last look.
  private struct Seen {
    var conditions: [Condition.Kind: Int] = [:]
    var lastRecords: [(source: String, at: Instant)] = []
    var late: [String: Bool] = [:]
  }

  private let path: String
  private let rules: Mutex<RuleFile>
  private let sources: @Sendable () -> QueueWatch.Sources
  private let environment: [String: String]
  private let time: any TimeSource
  private let log: Log
  private let seen = Mutex(Seen())
  private let toldCount = Counter()
  private let failedCount = Counter()
  private let isStopping = Atomic<Bool>(false)
  private let wake = DispatchSemaphore(value: 0)
  private let hasEnded = DispatchSemaphore(value: 0)

  /// `path`: of the database, which the queue has opened.
  init(
    queue: DurableQueue, path: String, rules: RuleFile, environment: [String: String], time: any TimeSource, log: Log
  ) {
    self.path = path
    self.rules = Mutex(rules)
    sources = {
      QueueWatch.Sources(
        pressure: { queue.pressure }, freeBytes: { queue.room.freeBytes }, isWritable: { queue.isWritable })
    }
    self.environment = environment
    self.time = time
    self.log = log
  }

  func start() {
    let thread = Thread { [self] in
      run()
      hasEnded.signal()
    }
    thread.name = "watchman"
    thread.start()
  }

  /// Ends what is being told. Call once, behind `start`, before the queue closes.
  func stop() {
    isStopping.store(true, ordering: .relaxed)
    wake.signal()
    _ = hasEnded.wait(timeout: .now() + Self.patience)
  }

  /// From the next look on. The conditions that are told go on; `least_seconds_between` is that of the start.
  func use(_ rules: RuleFile) {
    self.rules.withLock { $0 = rules }
  }

  private var isWanted: Bool { !isStopping.load(ordering: .relaxed) }

  private func run() {
    var opened: QueueWatch?
    var isFailing = false
    // The start has more urgent things to do.
    while wait() {
      let rules = rules.withLock { $0 }
      do {
        let watch = try opened ?? QueueWatch(path: path, settings: rules.alerts, sources: sources(), log: log)
        opened = watch
        note(try watch.look(rules, at: time.now()))
        watch.tell(
          by: rules.alerts.channel(environment), rules.alerts, host: Self.host, time: time, isWanted: { isWanted },
          told: { ($0 ? toldCount : failedCount).add() })
        if isFailing { log.info("watch.recovered") }
        isFailing = false
      } catch {
        // Once, not at every look: where the disk is at fault, the log says more than enough already.
        if !isFailing { log.warning("watch.failed", [LogField("reason", "\(error)")]) }
        isFailing = true
      }
    }
  }

  /// Until the next look; false where none is wanted.
  private func wait() -> Bool {
    _ = wake.wait(timeout: .now() + Self.pause)
    return isWanted
  }

  private func note(_ situation: Situation) {
    seen.withLock { seen in
      seen.conditions = Dictionary(situation.conditions.map { ($0.kind, 1) }, uniquingKeysWith: +)
      seen.lastRecords = situation.status.sources.compactMap { source in source.lastRecordAt.map { (source.name, $0) } }
      let late = Set(situation.late.map(\.destination))
      let names = situation.rules?.destinations.map(\.name) ?? []
      seen.late = Dictionary(names.map { ($0, late.contains($0)) }) { first, _ in first }
    }
  }

  private static let host: String = {
    var bytes = [CChar](repeating: 0, count: 256)
    guard gethostname(&bytes, bytes.count - 1) == 0 else { return "" }
    return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }()
}

extension Watchman: MetricsSource {
  func write(to page: inout MetricsPage) {
    let seen = seen.withLock { $0 }
    let now = time.now()
    page.add(
      "cdrelay_source_silence_seconds", .gauge, "Time since the last record of a source came.",
      seen.lastRecords.map { .init(Double(max(0, now - $0.at)) / 1000, ["source": $0.source]) })
    page.add(
      "cdrelay_delivery_late", .gauge, "1 where deliveries to a destination do not move although nothing holds it.",
      seen.late.sorted { $0.key < $1.key }.map { .init($0.value ? 1 : 0, ["destination": $0.key]) })
    page.add(
      "cdrelay_problems", .gauge, "Things that a person should see to, as cdrelay status --problems shows them.",
      Condition.Kind.allCases.map { .init(seen.conditions[$0, default: 0], ["problem": $0.rawValue]) })
    page.add("cdrelay_alerts_told_total", .counter, "Messages of alerts that went through.", toldCount.value)
    page.add("cdrelay_alerts_failed_total", .counter, "Messages of alerts that are tried again.", failedCount.value)
  }
}
