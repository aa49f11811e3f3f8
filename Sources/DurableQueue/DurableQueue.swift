import RelayCore
import SQLite
import Telemetry

/// The durable queue of one relay: records, their deliveries and what became of them, in one SQLite file that this process
/// owns. Everything is written by one thread in group commits; nobody is answered before COMMIT returned.
///
/// All functions may be called on any thread. Replies come on the writer's thread, all of one commit together, and must
/// not block; a refusal (`.busy`, `.closed`) comes at once, on the caller's.
package final class DurableQueue: Sendable {
  let mailbox: Mailbox
  private let view: QueueView
  private let metrics: QueueMetrics
  private let retention: RetentionMetrics
  private let thread: WriterThread
  let knownCalls: KnownCalls
  /// Requests refused with 401 on their way to disk, and how many were.
  package let refusedTray: RefusedTray

  /// Locks the file, brings it to today's schema, and turns what was being sent back to `waiting`. Takes no longer for a
  /// million waiting rows. Commits from now on; hands nothing over before `start`.
  package static func open(
    path: String, settings: Settings = Settings(), time: any TimeSource, log: Log
  ) throws(OpeningError) -> DurableQueue {
    do {
      return try openOnce(path: path, settings: settings, time: time, log: log)
    } catch {
      // On a full disk even what a start writes may find no room.
      guard case .full(let path) = error, Reserve(databasePath: path).giveUp() else { throw error }
    }
    log.error("queue.reserve_given_up", [LogField("path", path), LogField("reason", "the disk is full")])
    return try openOnce(path: path, settings: settings, time: time, log: log)
  }

  private static func openOnce(
    path: String, settings: Settings, time: any TimeSource, log: Log
  ) throws(OpeningError) -> DurableQueue {
    let file = try DatabaseFile.open(path: path, time: time, cacheKiB: settings.cacheKiB, log: log)
    do {
      let interrupted = try DeliverySettling.returnInterrupted(on: file.connection, at: time.now())
      if interrupted > 0 { log.info("queue.interrupted_deliveries_returned", [LogField("count", interrupted)]) }
      let calls = try CallRequests(connection: file.connection).settleInterrupted(at: time.now())
      if calls.refused + calls.unknown > 0 {
        log.warning(
          "queue.interrupted_calls", [LogField("refused", calls.refused), LogField("unknown", calls.unknown)])
      }
      let knownCalls = KnownCalls()
      try CallRequests(connection: file.connection).readKnown(into: knownCalls)
      let early = try DeliverySettling.returnFromTheFuture(on: file.connection, at: time.now())
      if early > 0 { log.warning("queue.clock_was_ahead", [LogField("deliveries_made_due", early)]) }
      let freed = try CallOrder.keep(
        settings.ordered, among: settings.destinations, on: file.connection, at: time.now())
      if freed > 0 { log.info("queue.order_ended", [LogField("deliveries_made_due", freed)]) }
      if let made = try CopyMark.takeOff(file.connection, holding: settings.destinations, at: time.now()) {
        log.warning(
          "queue.is_a_copy",
          [
            LogField("path", path), LogField("copied_at", made.rfc3339),
            LogField("do", "see cdrelay destinations list"),
          ])
      }
      let holds = try HoldBook(connection: file.connection).read()
      let mailbox = Mailbox(jobLimit: settings.waitingLimit, byteLimit: settings.waitingBytes)
      let view = QueueView(holds: holds)
      let room = try RoomKeeper(
        file: file, limits: settings.limits, freeBytes: settings.freeBytes, view: view, log: log)
      room.look()
      let metrics = QueueMetrics()
      let retention = RetentionMetrics()
      let tray = RefusedTray()
      let writer = try Writer(
        file: file, mailbox: mailbox, refused: tray, view: view, room: room, metrics: metrics, retention: retention,
        holds: holds, settings: settings, time: time, log: log)
      return DurableQueue(
        mailbox: mailbox, view: view, metrics: metrics, retention: retention, thread: try WriterThread(writer),
        knownCalls: knownCalls, refusedTray: tray)
    } catch let error as OpeningError {
      throw error
    } catch let error as DatabaseError where error.isFull {
      throw .full(path: file.path)
    } catch {
      throw .failed(path: file.path, reason: "\(error)")
    }
  }

  private init(
    mailbox: Mailbox, view: QueueView, metrics: QueueMetrics, retention: RetentionMetrics, thread: WriterThread,
    knownCalls: KnownCalls, refusedTray: RefusedTray
  ) {
    self.mailbox = mailbox
    self.view = view
    self.metrics = metrics
    self.retention = retention
    self.thread = thread
    self.knownCalls = knownCalls
    self.refusedTray = refusedTray
  }

  deinit {
    close()
  }

  /// From now on the taker hears of deliveries; first of all of the holds.
  package func start(taker: any DeliveryTaker) {
    mailbox.set(taker: taker)
  }

  /// Commits what is there, refuses what comes later with `.closed`, moves the log into the database and releases the
  /// lock. Returns when that is done. Deliveries still `sending` are turned back to `waiting`: their taker must have ended.
  package func close() {
    mailbox.close()
    thread.join()
  }
}

// MARK: - Coming in

extension DurableQueue {
  /// Stores a record and its deliveries, or finds that it is stored.
  package func admit(
    _ new: NewRecord, reply: @escaping @Sendable (Result<CommitReceipt, CommitFailure>) -> Void
  ) {
    let job = Job.admit(AdmitJob(new: new, reply: reply))
    if let refusal = diskPressure ?? mailbox.post(job, bytes: new.raw.body.count) { reply(.failure(refusal)) }
  }

  /// Keeps what could not be accepted: each content of a source once, counted.
  package func quarantine(
    _ new: NewQuarantine, reply: @escaping @Sendable (Result<QuarantineReceipt, CommitFailure>) -> Void
  ) {
    let refusal =
      diskPressure ?? mailbox.post(.quarantine(QuarantineJob(new: new, reply: reply)), bytes: new.raw.body.count)
    if let refusal {
      reply(.failure(refusal))
    }
  }

  /// Counts a request that was refused without being kept. In the database with the next commit, within a second or so.
  package func countRefused(source: String) {
    mailbox.countRefused(source: source)
  }

  var diskPressure: CommitFailure? {
    guard view.isPressed.load(ordering: .relaxed) else { return nil }
    return view.state.withLock { $0.pressure }.map(CommitFailure.pressure)
  }

  /// Keeps a request that was refused with 401, apart from the records, within a second; with too many at once it is dropped
  /// and counted. With the disk past a limit none is kept. Nobody waits for it, and `make` runs, on this thread, only where there is room. `bytes` of its body, of which
  /// `limit` may be kept in all.
  package func keepRefused(source: String, bytes: Int, limit: Int, _ make: () -> NewRefused) {
    guard diskPressure == nil else { return }
    refusedTray.offer(source: source, bytes: bytes, limit: limit, make)
  }

  /// The version of this rule file's text: that of the newest where nothing changed. Waits for the commit; tries once more
  /// where the disk was full, since the reserve has been given up by then.
  /// - Parameter load: what is kept of it for commands to see, in the same commit.
  package func registerRules(text: String, load: RulesLoad? = nil) throws(CommitFailure) -> Int64 {
    do {
      return try registerOnce(text, load)
    } catch {
      guard error == .diskFull else { throw error }
    }
    return try registerOnce(text, load)
  }

  /// Has commands see that a rule file was refused. With the next commit that succeeds.
  package func noteRefusedRules(_ load: RulesLoad) {
    mailbox.post(.noteRefusedRules(load))
  }

  /// Behind the records that were admitted before: these holds, the order of calls, limits and retention of these settings.
  /// What else is in them acts from the next start on.
  package func use(_ settings: Settings, holds: RuleHolds) {
    mailbox.post(.useRules(UseRulesJob(holds: holds, settings: settings)))
  }

  private func registerOnce(_ text: String, _ load: RulesLoad?) throws(CommitFailure) -> Int64 {
    let answer = Answer<Int64>()
    let job = RegisterRulesJob(text: text, load: load) { answer.give($0) }
    return mailbox.post(.registerRules(job)) ? try answer.wait() : try Result.failure(CommitFailure.closed).get()
  }
}

// MARK: - Going out

extension DurableQueue {
  /// Room in the taker's memory for that many more fresh deliveries; negative takes some back. Each one handed over uses
  /// one up. Without effect before `start`.
  package func grant(destination: String, room: Int) {
    mailbox.grant(destination: destination, room: room)
  }

  /// Takes deliveries that are due from disk, the longest due first: not more than `limit`, with bodies of not more than
  /// `byteLimit` bytes in all (one is given however long it is). They say `sending` when the reply comes. A caller has one
  /// at a time for each destination.
  package func claim(
    destination: String, limit: Int, byteLimit: Int, reply: @escaping @Sendable (Result<Claim, CommitFailure>) -> Void
  ) {
    let job = ClaimJob(destination: destination, limit: limit, byteLimit: byteLimit, reply: reply)
    // Not counted against the limit, or a flood of records would keep deliveries from going out.
    if !mailbox.post(.claim(job)) { reply(.failure(.closed)) }
  }

  /// Writes what became of tries. Never lost: kept and tried again while commits fail. One whose delivery is not `sending`
  /// changes nothing.
  package func settle(_ settlements: [Settlement]) {
    if !settlements.isEmpty { mailbox.post(.settle(settlements)) }
  }

  package func hold(_ destination: String, _ kind: Hold.Kind, reason: String, until: Instant? = nil) {
    mailbox.post(.hold(destination: destination, kind: kind, reason: reason, until: until))
  }

  package func release(_ destination: String, _ kind: Hold.Kind) {
    mailbox.post(.release(destination: destination, kind: kind))
  }

  /// Keeps what was sent of a destination's quota of a day, for the next start.
  package func use(_ quota: QuotaUse, of destination: String) {
    mailbox.post(.useQuota(destination: destination, quota))
  }

  /// Afterwards exactly these destinations (with these reasons) are held by the rule file and its secrets.
  package func synchronizeRuleHolds(_ held: RuleHolds) {
    mailbox.post(.synchronizeRuleHolds(held))
  }
}

// MARK: - Looking at it

extension DurableQueue {
  /// Every destination that is held or ever was, as of the last commit or look at other processes' changes.
  package var holds: [String: HoldState] {
    view.state.withLock { $0.holds }
  }

  /// Whether the last commit or probe succeeded.
  package var isWritable: Bool {
    view.state.withLock { $0.isWritable }
  }

  /// The queue and its disk, as of the last look a second ago.
  package var room: Room {
    view.state.withLock { $0.room }
  }

  /// Why a record would be refused now; nil where one would be taken. Cheap: asked before a large body is read.
  package var pressure: Pressure? {
    if view.isPressed.load(ordering: .relaxed) { return view.state.withLock { $0.pressure } }
    return mailbox.isFull ? Pressure(.requests, found: 0, allowed: 0) : nil
  }

  /// For how many whole seconds the commit under way has taken.
  package var commitSeconds: Int {
    let began = view.commitBegan.load(ordering: .relaxed)
    return began == 0 ? 0 : Int(max(monotonicNanoseconds(), began) - began) / 1_000_000_000
  }
}

extension DurableQueue: MetricsSource {
  package func write(to page: inout MetricsPage) {
    let (room, pressure) = view.state.withLock { ($0.room, $0.pressure) }
    metrics.write(room, pressure ?? self.pressure, jobsWaiting: mailbox.waitingRequests, to: &page)
    retention.write(to: &page)
    page.add(
      "cdrelay_destination_held", .gauge, "1 for what holds a destination now, of those that ever were held.",
      holds.sorted { $0.key < $1.key }.flatMap { name, state in
        Hold.Kind.allCases.map { .init(state.has($0) ? 1 : 0, ["destination": name, "kind": $0.rawValue]) }
      })
  }
}
