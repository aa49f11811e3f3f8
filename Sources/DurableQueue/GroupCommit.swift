import RelayCore
import SQLite

/// One transaction for all jobs that came since the last: everything or nothing of it is on disk when `write` returns.
final class GroupCommit {
  /// What a transaction changes in the writer's memory. A value: a failed transaction leaves the old one in force.
  struct State {
    var desk: HandoverDesk
    var ids: IdentifierGenerator
    var holds: [String: HoldState]
  }

  struct Outcome {
    var state: State
    /// One for each job.
    var results: [JobResult]
    var holdsChanged = false
    fileprivate var counts = SourceCounts()
    /// Deliveries that were settled for good.
    fileprivate var ended = 0
  }

  private let connection: Connection
  private let quarantineLimit: Int
  private let begin: Statement
  private let commit: Statement
  private let admission: Admission
  private let quarantine: QuarantineKeeping
  private let claiming: DeliveryClaiming
  private let settling: DeliverySettling
  private let sourceHours: SourceHours
  private let unsettled: UnsettledCount

  init(connection: Connection, settings: DurableQueue.Settings) throws(DatabaseError) {
    self.connection = connection
    quarantineLimit = settings.quarantineLimit
    begin = try connection.prepare("BEGIN IMMEDIATE")
    commit = try connection.prepare("COMMIT")
    admission = try Admission(
      connection: connection, ordered: settings.ordered, capturing: settings.capturing,
      fetched: FetchedCalls(connection: connection))
    quarantine = try QuarantineKeeping(connection: connection)
    claiming = try DeliveryClaiming(connection: connection, capturing: settings.capturing)
    settling = try DeliverySettling(connection: connection, ordered: settings.ordered)
    sourceHours = try SourceHours(connection: connection)
    unsettled = try UnsettledCount(connection: connection)
  }

  /// Throws where the whole transaction failed. A job that the schema refuses fails alone: then all is rolled back and
  /// written again with a savepoint around each job, which is too slow for every day.
  func write(
    _ jobs: [Job], refused: [String: Int], from state: State, at now: Instant
  ) throws(DatabaseError) -> Outcome {
    do {
      return try transact(jobs, refused: refused, from: state, at: now, isolated: false)
    } catch {
      guard !error.isOfTheMachine else { throw error }
    }
    return try transact(jobs, refused: refused, from: state, at: now, isolated: true)
  }

  private func transact(
    _ jobs: [Job], refused: [String: Int], from state: State, at now: Instant, isolated: Bool
  ) throws(DatabaseError) -> Outcome {
    var outcome = Outcome(state: state, results: Array(repeating: .silent, count: jobs.count))
    try begin.run()
    do {
      if isolated {
        for (place, job) in jobs.enumerated() { outcome.results[place] = try performAlone(job, at: now, &outcome) }
      } else {
        try perform(jobs, at: now, &outcome)
      }
      for (source, times) in refused { outcome.counts.countRefused(times, source: source, at: now) }
      try sourceHours.add(outcome.counts)
      try unsettled.add(outcome.state.desk.placed - outcome.ended)
      try commit.run()
      return outcome
    } catch {
      rollBack()
      throw error
    }
  }

  /// SQLite rolls back by itself behind a full disk and some I/O errors (sqlite.org/lang_transaction.html §3).
  private func rollBack() {
    guard connection.isInTransaction else { return }
    // Where even this fails, the next BEGIN says why.
    try? connection.execute("ROLLBACK")
  }

  /// In their order, but records that come together are admitted together.
  private func perform(_ jobs: [Job], at now: Instant, _ outcome: inout Outcome) throws(DatabaseError) {
    var admits: [AdmitJob] = []
    admits.reserveCapacity(jobs.count)
    var places: [Int] = []
    places.reserveCapacity(jobs.count)
    for (place, job) in jobs.enumerated() {
      if case .admit(let admit) = job {
        admits.append(admit)
        places.append(place)
        continue
      }
      // What was sent does not depend on what comes in; all else may.
      if case .settle = job {} else { try admitAll(&admits, &places, at: now, &outcome) }
      outcome.results[place] = try perform(job, at: now, &outcome)
    }
    try admitAll(&admits, &places, at: now, &outcome)
  }

  private func admitAll(
    _ jobs: inout [AdmitJob], _ places: inout [Int], at now: Instant, _ outcome: inout Outcome
  ) throws(DatabaseError) {
    let receipts = try admission.admit(jobs, at: now, ids: &outcome.state.ids, desk: &outcome.state.desk)
    for (index, receipt) in receipts.enumerated() {
      outcome.results[places[index]] = .admitted(receipt)
      outcome.counts.count(receipt.outcome, source: jobs[index].new.source, at: jobs[index].new.receivedAt)
    }
    jobs.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
  }

  private func performAlone(_ job: Job, at now: Instant, _ outcome: inout Outcome) throws(DatabaseError) -> JobResult {
    guard case .settle(let settlements) = job else {
      return try attempt(&outcome) { outcome throws(DatabaseError) in try perform(job, at: now, &outcome) }
    }
    var worst = JobResult.silent
    for settlement in settlements {
      let result = try attempt(&outcome) { outcome throws(DatabaseError) in
        try settle(settlement, &outcome)
        return .silent
      }
      if case .failed = result { worst = result }
    }
    return worst
  }

  private func attempt(
    _ outcome: inout Outcome, _ body: (inout Outcome) throws(DatabaseError) -> JobResult
  ) throws(DatabaseError) -> JobResult {
    let before = outcome
    try connection.execute("SAVEPOINT job")
    do {
      let result = try body(&outcome)
      try connection.execute("RELEASE job")
      return result
    } catch {
      guard !error.isOfTheMachine else { throw error }
      outcome = before
      try connection.execute("ROLLBACK TO job; RELEASE job")
      return .failed(.failed(error.description))
    }
  }

  private func perform(_ job: Job, at now: Instant, _ outcome: inout Outcome) throws(DatabaseError) -> JobResult {
    switch job {
    case .admit(let job):
      let receipt = try admission.admit(job.new, at: now, ids: &outcome.state.ids, desk: &outcome.state.desk)
      outcome.counts.count(receipt.outcome, source: job.new.source, at: job.new.receivedAt)
      return .admitted(receipt)
    case .quarantine(let job):
      return try keep(job.new, at: now, &outcome)
    case .claim(let job):
      return .claimed(
        try claiming.claim(destination: job.destination, limit: job.limit, byteLimit: job.byteLimit, at: now))
    case .settle(let settlements):
      for settlement in settlements { try settle(settlement, &outcome) }
    case .hold(let destination, let kind, let reason, let until):
      try changeHolds(&outcome) { book throws(DatabaseError) in
        try book.hold(destination, kind, reason: reason, until: until, at: now)
      }
    case .release(let destination, let kind):
      try changeHolds(&outcome) { book throws(DatabaseError) in try book.release(destination, kind, at: now) }
    case .useQuota(let destination, let quota):
      try HoldBook(connection: connection).use(quota, of: destination)
    case .synchronizeRuleHolds(let held):
      try changeHolds(&outcome) { book throws(DatabaseError) in try book.synchronizeRuleHolds(held, at: now) }
    case .registerRules(let job):
      let version = try RulesVersions.register(job.text, path: job.load?.path, on: connection, at: now)
      if var load = job.load {
        if load.version == 0 { load.version = version }
        try load.write(on: connection)
      }
      return .registered(version)
    case .noteRefusedRules(let load):
      try load.write(on: connection)
    case .call(let job):
      return .called(
        try CallRequests(connection: connection).perform(job.work, at: now, ids: &outcome.state.ids))
    case .useRules(let job):
      try changeHolds(&outcome) { book throws(DatabaseError) in try book.synchronizeRuleHolds(job.holds, at: now) }
      try order(job.settings, at: now, &outcome)
    }
    return .silent
  }

  /// Destinations that ask for no order any more: what waited behind another there is due.
  private func order(
    _ settings: DurableQueue.Settings, at now: Instant, _ outcome: inout Outcome
  ) throws(DatabaseError) {
    admission.ordered = settings.ordered
    settling.ordered = settings.ordered
    (admission.capturing, claiming.capturing) = (settings.capturing, settings.capturing)
    let order = CallOrder(connection: connection)
    for name in settings.destinations where !settings.ordered.contains(name) {
      if try order.end(at: name, now) > 0 { outcome.state.desk.becameDue(name) }
    }
  }

  private func settle(_ settlement: Settlement, _ outcome: inout Outcome) throws(DatabaseError) {
    let settled = try settling.settle(settlement)
    if settled.hasEnded { outcome.ended += 1 }
    if settled.freesNext { outcome.state.desk.becameDue(settlement.destination) }
  }

  private func keep(
    _ new: NewQuarantine, at now: Instant, _ outcome: inout Outcome
  ) throws(DatabaseError) -> JobResult {
    guard let receipt = try quarantine.keep(new, limit: quarantineLimit, at: now, ids: &outcome.state.ids) else {
      outcome.counts.countRefused(source: new.source, at: new.receivedAt)
      return .failed(.quarantineFull(limit: quarantineLimit))
    }
    outcome.counts.countQuarantined(source: new.source, at: new.receivedAt)
    return .quarantined(receipt)
  }

  private func changeHolds(
    _ outcome: inout Outcome, _ change: (HoldBook) throws(DatabaseError) -> Void
  ) throws(DatabaseError) {
    let book = HoldBook(connection: connection)
    try change(book)
    outcome.state.holds = try book.read()
    outcome.state.desk.setHolds(outcome.state.holds)
    outcome.holdsChanged = true
  }
}
