import Glibc
import RelayCore
import SQLite
import Synchronization
import Telemetry

/// The one owner of the writing connection. Lives on a thread of its own, which takes what is in the mailbox, commits it
/// as one transaction, and answers.
final class Writer {
  /// Nanoseconds.
  private enum Pace {
    /// Between two tries while commits fail.
    static let probe: UInt64 = 250_000_000
    /// Of uninterrupted commits, until the write lock is left free for visitors…
    static let breath: UInt64 = 250_000_000
    /// … for so long.
    static let pause: UInt64 = 2_000_000
    /// Between the beginnings of two commits of few jobs. Each commit writes a dozen pages however few records it holds: at
    /// 8,000 records a second this takes two thirds of what is written to the disk away.
    static let gathering: UInt64 = 2_000_000
    /// So many jobs are not few.
    static let enough = 16
  }

  /// Milliseconds that others' locks are waited for once the queue is closing, since the process must end within 10 s: for
  /// the last commit, and for the log, which the next start reads just as well.
  private enum ClosingPatience {
    static let commit: Int32 = 2000
    static let log: Int32 = 250
  }

  private let file: DatabaseFile
  private let mailbox: Mailbox
  private let view: QueueView
  private let settings: DurableQueue.Settings
  private let time: any TimeSource
  private let log: Log
  private let group: GroupCommit
  private let refused: RefusedTray
  private let refusedKeeping: RefusedKeeping
  private let retention: RetentionKeeper
  private let dataVersion: Statement
  private let room: RoomKeeper
  private let checkpoints: Checkpointer
  private let metrics: QueueMetrics

  private var state: GroupCommit.State
  private var taker: (any DeliveryTaker)?
  /// What must be done although its commit failed: settlements, holds, counts.
  private var keptJobs: [Job] = []
  private var keptRefused: [String: Int] = [:]
  private var isFailing = false
  private var lastDataVersion: Int64 = 0
  private var nextWatch: UInt64 = 0
  private var nextProbe: UInt64 = 0
  private var lastRest: UInt64 = 0
  private var lastCommit: UInt64 = 0

  init(
    file: DatabaseFile, mailbox: Mailbox, refused: RefusedTray, view: QueueView, room: RoomKeeper,
    metrics: QueueMetrics, retention: RetentionMetrics, holds: [String: HoldState], settings: DurableQueue.Settings,
    time: any TimeSource, log: Log
  ) throws(DatabaseError) {
    self.file = file
    self.mailbox = mailbox
    self.refused = refused
    self.view = view
    self.room = room
    checkpoints = Checkpointer(file: file, room: room, pages: settings.checkpointPages, log: log)
    self.metrics = metrics
    self.settings = settings
    self.time = time
    self.log = log
    group = try GroupCommit(connection: file.connection, settings: settings)
    refusedKeeping = try RefusedKeeping(connection: file.connection, tray: refused, log: log)
    self.retention = try RetentionKeeper(
      connection: file.connection, policy: settings.retention, intervalMilliseconds: settings.retentionMilliseconds,
      metrics: retention, log: log)
    dataVersion = try file.connection.prepare("PRAGMA data_version")
    state = GroupCommit.State(
      desk: HandoverDesk(holds: holds, bodyLimit: settings.handOverBodyLimit),
      ids: IdentifierGenerator(process: UInt16.random(in: 0...0x1FFF)),
      holds: holds)
    lastDataVersion = try readDataVersion()
  }

  func run() {
    lastRest = monotonicNanoseconds()
    var spare: [Job] = []
    while true {
      let before = monotonicNanoseconds()
      var mail =
        isFailing
        ? mailbox.take(until: nextProbe, gathering: nextProbe, enough: .max, spare: spare)
        : mailbox.take(
          until: min(nextWatch, retention.nextAt), gathering: lastCommit + Pace.gathering, enough: Pace.enough,
          spare: spare)
      let now = monotonicNanoseconds()
      lastCommit = now
      retention.writerWasIdle(now - before)
      if now - before >= Pace.pause { lastRest = now }
      accept(&mail)
      if mail.isClosing { file.connection.waitForLocks(milliseconds: ClosingPatience.commit) }
      commit(mail)
      if mail.isClosing { refused.close() }
      if mail.isClosing || (now >= nextWatch && !isFailing) {
        refusedKeeping.run(at: time.now(), before: settings.beforeCommit)
      }
      if now >= nextWatch { watch(at: now) }
      if mail.isClosing { break }
      if !isFailing { retention.runIfDue(at: time.now()) }
      // At the rate of a flood a second is long: between two looks the disk takes no more than the log holds.
      if checkpoints.runIfDue() { room.look(commitsFail: isFailing) }
      rest()
      spare = mail.jobs
      mail.jobs = []
      spare.removeAll(keepingCapacity: true)
    }
    finish()
  }

  private func accept(_ mail: inout Mailbox.Mail) {
    if let new = mail.taker {
      taker = new
      new.databaseChanged(holds: state.holds)
      if isFailing { new.commitsFail(true) }
    }
    // Room counts only where somebody takes.
    if taker != nil { for (name, room) in mail.grants { state.desk.grant(room, to: name) } }
    for (source, times) in mail.refused { keptRefused[source, default: 0] += times }
    if !keptJobs.isEmpty {
      mail.jobs = keptJobs + mail.jobs
      keptJobs = []
    }
  }

  private func commit(_ mail: Mailbox.Mail) {
    // Counts alone can wait for the next tick.
    let isTick = monotonicNanoseconds() >= nextWatch || mail.isClosing
    guard !mail.jobs.isEmpty || isFailing || (isTick && !keptRefused.isEmpty) else { return }
    let began = monotonicNanoseconds()
    view.commitBegan.store(began, ordering: .relaxed)
    defer { view.commitBegan.store(0, ordering: .relaxed) }
    do {
      try prepareTransaction(isProbe: mail.jobs.isEmpty)
      let outcome = try group.write(mail.jobs, refused: keptRefused, from: state, at: time.now())
      keptRefused = [:]
      metrics.committed(nanoseconds: monotonicNanoseconds() - began)
      succeed(mail.jobs, outcome)
    } catch {
      fail(mail.jobs, error)
    }
  }

  private func prepareTransaction(isProbe: Bool) throws(DatabaseError) {
    try retention.syncAgain()
    try settings.beforeCommit?(file.connection)
    guard isFailing, isProbe else { return }
    // Nobody asks for anything: tries whether a page or some can be had and written.
    do {
      try file.connection.execute(
        "BEGIN IMMEDIATE; CREATE TABLE probe (bytes BLOB); INSERT INTO probe VALUES (zeroblob(65536)); DROP TABLE probe; COMMIT"
      )
    } catch {
      if file.connection.isInTransaction { try? file.connection.execute("ROLLBACK") }
      throw error
    }
  }

  private func succeed(_ jobs: [Job], _ outcome: GroupCommit.Outcome) {
    state = outcome.state
    let (taken, due) = state.desk.clear()
    if isFailing { setFailing(false, reason: nil) }
    if outcome.holdsChanged { view.state.withLock { $0.holds = state.holds } }
    for index in jobs.indices { answer(jobs[index], outcome.results[index]) }
    guard let taker else { return }
    if outcome.holdsChanged { taker.databaseChanged(holds: state.holds) }
    if !taken.isEmpty { taker.take(taken) }
    if !due.isEmpty { taker.becameDue(destinations: due) }
  }

  private func answer(_ job: Job, _ result: JobResult) {
    switch (job, result) {
    case (.admit(let job), .admitted(let receipt)): job.reply(.success(receipt))
    case (.quarantine(let job), .quarantined(let receipt)): job.reply(.success(receipt))
    case (.claim(let job), .claimed(let claim)): job.reply(.success(claim))
    case (.registerRules(let job), .registered(let version)): job.reply(.success(version))
    case (.call(let job), .called(let done)): job.reply(.success(done))
    case (.useRules(let job), .silent):
      retention.use(job.settings.retention)
      room.use(job.settings.limits)
    case (_, .failed(let failure)):
      if case .failed(let reason) = failure { log.error("queue.job_refused", [LogField("reason", reason)]) }
      // A settlement that the schema refuses can't be kept for ever: its delivery is sent again by the next start.
      _ = job.fail(failure)
    default: break
    }
  }

  private func fail(_ jobs: [Job], _ error: DatabaseError) {
    let failure: CommitFailure = error.isFull ? .diskFull : error.isBusy ? .locked : .failed(error.description)
    metrics.failedCommits.add()
    setFailing(true, reason: error.description)
    // Before the answers: whoever asks again at once is told of the full disk.
    let hasNewRoom = error.isFull ? room.diskIsFull() : !error.isBusy && room.look(commitsFail: true)
    keptJobs = jobs.filter { !$0.fail(failure) }
    // What the reserve gave is for the jobs that are kept: at once.
    if hasNewRoom { checkpoints.run() }
    nextProbe = monotonicNanoseconds() + (hasNewRoom ? 0 : Pace.probe)
  }

  private func setFailing(_ failing: Bool, reason: String?) {
    guard failing != isFailing else { return }
    isFailing = failing
    if failing {
      log.error("queue.commit_failed", [LogField("path", file.path), LogField("reason", reason ?? "")])
    } else {
      log.info("queue.commit_recovered", [LogField("path", file.path)])
    }
    view.state.withLock { $0.isWritable = !failing }
    taker?.commitsFail(failing)
  }
}

// MARK: - Beside the commits

extension Writer {
  private func watch(at now: UInt64) {
    nextWatch = now + UInt64(settings.lookMilliseconds) * 1_000_000
    if room.look(commitsFail: isFailing) { checkpoints.run() }
    do {
      let version = try readDataVersion()
      guard version != lastDataVersion else { return }
      lastDataVersion = version
      state.holds = try HoldBook(connection: file.connection).read()
      state.desk.setHolds(state.holds)
      view.state.withLock { $0.holds = state.holds }
      taker?.databaseChanged(holds: state.holds)
      // What another process wrote does not count as ours, but grows the same log.
      checkpoints.run()
    } catch {
      log.warning("queue.watch_failed", [LogField("path", file.path), LogField("reason", "\(error)")])
    }
  }

  /// Changes when another connection commits, not when this one does (sqlite.org/pragma.html#pragma_data_version).
  private func readDataVersion() throws(DatabaseError) -> Int64 {
    defer { dataVersion.reset() }
    return try dataVersion.step() ? dataVersion.integer(0) : 0
  }

  private func rest() {
    guard monotonicNanoseconds() - lastRest >= Pace.breath else { return }
    usleep(UInt32(Pace.pause / 1000))
    lastRest = monotonicNanoseconds()
  }

  /// Behind the last commit.
  private func finish() {
    if !keptJobs.isEmpty {
      log.error(
        "queue.closed_with_unwritten_settlements",
        [LogField("count", keptJobs.count), LogField("path", file.path)])
    }
    do {
      // Claimed or handed over when the taker had ended already.
      _ = try DeliverySettling.returnInterrupted(on: file.connection, at: time.now())
    } catch {
      // The next start does it.
      log.warning("queue.return_failed", [LogField("path", file.path), LogField("reason", "\(error)")])
    }
    file.connection.waitForLocks(milliseconds: ClosingPatience.log)
    checkpoints.empty()
  }
}
