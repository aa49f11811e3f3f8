import DurableQueue
import Forwarding
import RelayCore
import Rules
import Telemetry

/// What the relay sees of its own queue, from beside: on a connection that only this has, in looks every few seconds, so that
/// neither receiving nor sending does anything for it. Belongs to the watchman's thread.
final class QueueWatch {
  /// Where the numbers come from that are not in the database.
  struct Sources {
    var pressure: () -> Pressure?
    var freeBytes: () -> Int64
    var isWritable: () -> Bool
  }

  /// What is counted or searched for over many rows may take this share of the time: 1/50.
  private static let share: Int64 = 50
  /// And is looked at no more often than that, in milliseconds.
  private static let slowPause: Int64 = 15_000

  private let visitor: QueueVisitor
  private let sources: Sources
  private let log: Log
  private var lateness: LateWatch
  private(set) var book: AlertBook
  private var saved: [ToldAlert]
  private var oldest: [String: Instant] = [:]
  private var kept: (unrouted: Int, quarantined: Int, refused: [RefusedStatus]) = (0, 0, [])
  private var nextSlowLook = Instant(milliseconds: .min)

  init(path: String, settings: AlertSettings, sources: Sources, log: Log) throws {
    visitor = try QueueVisitor(path: path)
    self.sources = sources
    self.log = log
    saved = try visitor.toldAlerts()
    book = AlertBook(pause: settings.pause, told: saved)
    let late = saved.filter { $0.kind == Condition.Kind.lateDelivery.rawValue }
    lateness = LateWatch(
      known: Dictionary(late.compactMap { alert in alert.destination.map { ($0, alert.beganAt) } }) { first, _ in first
      })
  }

  /// Looks at everything, logs what is late from now on or no more, and has the book see it.
  func look(_ rules: RuleFile, at now: Instant) throws -> Situation {
    var status = QueueStatus()
    status.destinations = try visitor.destinationsInShort()
    status.sources = try rules.sources.map { source in
      var status = SourceStatus(name: source.name)
      status.lastRecordAt = try visitor.lastRecord(of: source.name)
      return status
    }
    try lookSlowly(at: now, status.destinations, rules.alerts)
    for index in status.destinations.indices where status.destinations[index].waiting > 0 {
      status.destinations[index].oldestWaitingSince = oldest[status.destinations[index].name]
    }
    (status.unrouted, status.quarantined, status.refused) = (kept.unrouted, kept.quarantined, kept.refused)
    status.pressure = sources.pressure()
    status.room.freeBytes = sources.freeBytes()
    var situation = Situation(status: status, rules: rules, limits: QueueLimits(rules.relay.queue), now: now)
    situation.isWritable = sources.isWritable()
    situation.rulesLoadedAt = try visitor.newestRules()?.loadedAt
    situation.rulesLoad = try visitor.lastRulesLoad()
    situation.reconciliations = try visitor.reconciliations()
    situation.callsRefused = try visitor.callsRefused(of: rules)
    situation.countLimit = QueueVisitor.countLimit
    situation.late = try lookForLate(status, rules, at: now)
    // What is late the relay alone can see: `status` finds it among what was told, if only to the log.
    book.see(situation.conditions.filter { $0.isTold(by: rules.alerts) || $0.kind == .lateDelivery }, at: now)
    return situation
  }

  /// What is held is not asked: its deliveries wait on purpose.
  private func lookSlowly(at now: Instant, _ destinations: [DestinationStatus], _ settings: AlertSettings) throws {
    guard now >= nextSlowLook || nextSlowLook > now + 3_600_000 else { return }
    let begin = ContinuousClock.now
    oldest = [:]
    for destination in destinations where destination.waiting > 0 && !destination.hold.isHeld {
      oldest[destination.name] = try visitor.oldestWaiting(
        for: destination.name, ifBefore: now + -settings.longestWait)
    }
    kept = try visitor.keptInShort()
    let took = (ContinuousClock.now - begin).components
    let milliseconds = took.seconds * 1000 + took.attoseconds / 1_000_000_000_000_000
    nextSlowLook = now + max(Self.slowPause, milliseconds * Self.share)
  }

  // MARK: - Late deliveries

  private func lookForLate(
    _ status: QueueStatus, _ rules: RuleFile, at now: Instant
  ) throws -> [(destination: String, since: Instant, sentence: String)] {
    let held = Set(status.destinations.filter(\.hold.isHeld).map(\.name))
    let changes = lateness.look(
      try visitor.movements(at: now),
      patience: { name in
        guard !held.contains(name), let destination = rules.destination(named: name) else { return nil }
        return destination.patience(lateAfter: rules.alerts.lateAfter)
      }, now: now)
    for late in changes.began {
      log.warning(
        "delivery.late",
        late.fields(now)
          + [LogField("do", "see the lines of this destination; if they give no reason, restart the relay")])
    }
    for late in changes.ended { log.info("delivery.late_no_more", late.fields(now)) }
    return lateness.late.values.sorted { $0.destination < $1.destination }.map {
      ($0.destination, $0.since, $0.sentence(now: now))
    }
  }

  // MARK: - Telling

  /// Tells what is due, one message after the other, until one fails. `channel` nil: the log alone tells.
  /// - Parameter settings: what of it goes to the channel.
  /// - Parameter told: called with each message and whether it went through.
  func tell(
    by channel: (any AlertChannel)?, _ settings: AlertSettings, host: String, time: any TimeSource,
    isWanted: () -> Bool,
    told: (Bool) -> Void
  ) {
    while isWanted(), let message = book.next(at: time.now()) {
      let way = message.condition.isTold(by: settings) ? channel : nil
      let reason = way?.tell(Array(JSON.object(message.json(host: host)).text.utf8), isWanted: isWanted)
      let now = time.now()
      guard let reason else {
        book.succeeded(message, at: now)
        log(message)
        told(true)
        // Before the next one: what was told must not be told again by the next start.
        keepTold()
        continue
      }
      guard isWanted() else { return }
      let delay = book.failed(at: now)
      told(false)
      log.warning(
        "alert.failed",
        message.fields + [LogField("reason", reason), LogField("retry_in_s", (delay + 999) / 1000)])
      return
    }
    keepTold()
  }

  /// On disk; where that fails, with the next look again.
  private func keepTold() {
    guard book.told != saved else { return }
    do {
      try visitor.keep(book.told)
      saved = book.told
    } catch {
      log.warning("alert.not_kept", [LogField("reason", "\(error)")])
    }
  }

  private func log(_ message: AlertMessage) {
    let fields = message.fields + [LogField("text", message.text)]
    switch message.event {
    case .begins: log.warning("alert.begins", fields)
    case .grew: log.warning("alert.grew", fields)
    case .ends: log.info("alert.ends", fields)
    }
  }
}

extension AlertMessage {
  fileprivate var fields: [LogField] {
    var fields = [LogField("condition", condition.kind.rawValue)]
    if let destination = condition.destination { fields.append(LogField("destination", destination)) }
    if let source = condition.source { fields.append(LogField("source", source)) }
    if let holder = condition.holder { fields.append(LogField("held_by", holder.rawValue)) }
    return fields
  }
}

extension LateWatch.Late {
  fileprivate func fields(_ now: Instant) -> [LogField] {
    var fields = [LogField("destination", destination), LogField("nothing_moved_for_s", max(0, now - since) / 1000)]
    if let next = movement.next { fields.append(LogField("delivery", next.description)) }
    if let since = movement.dueSince { fields.append(LogField("due_for_s", max(0, now - since) / 1000)) }
    return fields
  }
}

extension Destination {
  /// Milliseconds for which nothing needs to move here: an attempt may take its whole time, and a rate its turns.
  func patience(lateAfter: Int64) -> Int64 {
    lateAfter + timeoutMilliseconds + (ratePerSecond.map { Int64(2000 / max($0, 0.001)) } ?? 0)
  }
}
