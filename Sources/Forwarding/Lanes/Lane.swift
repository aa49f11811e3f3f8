import DurableQueue
import RelayCore
import Rules

/// One destination's way out: what it has in memory and in flight, and what comes next. Pure: the clock is passed in, and
/// every decision is returned for the sending loop to carry out.
///
/// Deliveries reach it in two ways. Fresh ones are handed over behind the commit of their record, within the room that the
/// lane granted; all others (overflow, retries, replays) wait on disk and are claimed in batches when memory runs low.
struct Lane {
  struct Limits {
    /// Deliveries being sent at a time.
    var inFlight = 8
    var perSecond: Double?
    var quota: DayQuota?
    /// Deliveries in memory, of each of the two ways.
    var rows = 1024
    /// Bytes of bodies in memory, of each of the two ways; one delivery may be larger.
    var bytes = 4 << 20
    /// Milliseconds between probes of a held destination, at most.
    var probeInterval: Int64 = 120_000
    var retry = RetryPolicy()
  }

  /// A delivery whose turn it is.
  struct Turn {
    let delivery: DueDelivery
    /// It is sent to find out whether a held destination works again.
    let isProbe: Bool
    /// Of the pace.
    var number = 0
  }

  /// After this many fresh deliveries one that was claimed goes, so that a backlog moves also under a steady load.
  static let freshInARow = 7
  /// Milliseconds before a claim that failed is tried again.
  static let claimPause: Int64 = 1000

  private(set) var limits: Limits
  var fresh = DeliveryLine()
  var claimed = DeliveryLine()
  private(set) var inFlight = 0
  var holdState = HoldState()
  /// False until the queue has said what is held: until then nothing is sent.
  var knowsHolds = false
  /// What holds it and what no longer does, as the queue was told and has not confirmed.
  var told: [Hold.Kind: Bool] = [:]
  /// While it is held by what may pass, the destination is tried from here on.
  var nextProbeAt = Instant(milliseconds: .min)
  /// Nothing is sent before: the destination asked for that.
  var quietUntil = Instant(milliseconds: .min)
  /// The last answer asked to wait: behind that, one goes alone, and its answer says whether the others may.
  var isTrying = false
  /// The last time until which its token endpoint wanted to be left alone.
  var restUntil = Instant(milliseconds: .min)
  var standing = DestinationStanding()
  /// Nothing is sent before there is an access token.
  var waitsForToken = false
  /// The rule file holds it, whether the queue has said so yet or not.
  var isHeldByRules = false

  /// Room that the queue was granted and has not filled.
  private var granted = 0
  private var isClaiming = false
  private var claimNotBefore = Instant(milliseconds: .min)
  /// The earliest time at which something on disk may be due; nil where nothing waits there.
  private(set) var nextDueAt: Instant? = Instant(milliseconds: .min)
  /// The same, of what was put back since the last claim was asked for: its answer may not know of that.
  private var putBackDueAt: Instant?
  private var pace: Pace
  var quota: DayQuota?
  private var freshSent = 0

  init(limits: Limits) {
    self.limits = limits
    pace = Pace(perSecond: limits.perSecond)
    quota = limits.quota
  }

  /// The rule file changed: what is under way goes on.
  mutating func use(_ new: Limits, _ now: Instant) {
    if new.perSecond != limits.perSecond { pace = Pace(perSecond: new.perSecond) }
    let (used, opened) = (quota?.use ?? holdState.quota, quota?.opensAt(now))
    quota = new.quota
    quota?.restore(used)
    // A raised quota does not wait for midnight.
    if let opened, quietUntil == opened, quota?.opensAt(now) == nil { quietUntil = now }
    limits = new
    isDue(at: now)
  }

  /// It is not in the rule file any more: the room to take back from the queue.
  mutating func retire() -> Int {
    defer { granted = 0 }
    return -granted
  }

  var inMemory: Int { fresh.count + claimed.count }

  // MARK: - What comes in

  mutating func take(_ delivery: DueDelivery) {
    granted = max(0, granted - 1)
    fresh.append(delivery)
  }

  mutating func take(_ claim: Claim) {
    isClaiming = false
    for delivery in claim.deliveries { claimed.append(delivery) }
    nextDueAt = [claim.nextDueAt, putBackDueAt].compactMap { $0 }.min()
    putBackDueAt = nil
  }

  mutating func claimFailed(_ now: Instant) {
    isClaiming = false
    claimNotBefore = now + Self.claimPause
  }

  /// Something on disk is due at this time: a retry, a delivery that was put back, one that no room was granted for.
  mutating func isDue(at instant: Instant) {
    nextDueAt = min(nextDueAt ?? instant, instant)
    if isClaiming { putBackDueAt = min(putBackDueAt ?? instant, instant) }
  }

  /// The clock was set back by so many milliseconds: what the lane set itself to do is as far away as before.
  mutating func clockWasSetBack(by milliseconds: Int64) {
    claimNotBefore = claimNotBefore + -milliseconds
    nextProbeAt = nextProbeAt + -milliseconds
    quietUntil = quietUntil + -milliseconds
    restUntil = restUntil + -milliseconds
    pace.clockWasSetBack(by: milliseconds)
  }

  // MARK: - What goes out

  /// The next delivery to send now; nil where none may go.
  mutating func nextTurn(_ now: Instant) -> Turn? {
    guard knowsHolds, !isHeldByRules, !waitsForToken, quietUntil <= now, inFlight < (isTrying ? 1 : limits.inFlight),
      !holdState.isHeld || isProbeDue(now), pace.openAt(now) <= now, quota?.opensAt(now) == nil,
      let delivery = popNext()
    else { return nil }
    let number = pace.take(now)
    quota?.take(now)
    inFlight += 1
    let isProbe = holdState.isHeld
    if isProbe { nextProbeAt = now + limits.probeInterval }
    return Turn(delivery: delivery, isProbe: isProbe, number: number)
  }

  /// Its request is answered, or has failed.
  mutating func arrived(_ turn: Turn, by now: Instant) {
    pace.arrived(turn.number, by: now)
  }

  /// The turn was used for what goes before the delivery, its lookup, which is answered: the delivery itself goes now, and
  /// counts for the rate and the quota too.
  mutating func goesAgain(_ turn: Turn, _ now: Instant) -> Turn {
    arrived(turn, by: now)
    quota?.take(now)
    var turn = turn
    turn.number = pace.take(now)
    return turn
  }

  mutating func finish() {
    inFlight -= 1
  }

  private mutating func popNext() -> DueDelivery? {
    if freshSent >= Self.freshInARow, let delivery = claimed.popFirst() {
      freshSent = 0
      return delivery
    }
    if let delivery = fresh.popFirst() {
      freshSent += 1
      return delivery
    }
    return claimed.popFirst()
  }

  // MARK: - What is asked of the queue

  /// How many more fresh deliveries the queue may hand over, or how many fewer (negative); nil for no change worth telling.
  mutating func roomToGrant() -> Int? {
    guard knowsHolds, !holdState.isHeld else { return nil }
    let isFull = fresh.bytes >= limits.bytes
    let room = isFull ? -granted : limits.rows - fresh.count - granted
    guard isFull ? room < 0 : room > 0 && room >= limits.rows / 4 else { return nil }
    granted += room
    return room
  }

  /// The limit in rows of a claim to be made now; nil where none is due or memory holds enough.
  mutating func rowsToClaim(_ now: Instant) -> Int? {
    guard let from = claimFrom(now), from <= now else { return nil }
    isClaiming = true
    putBackDueAt = nil
    return holdState.isHeld ? 1 : limits.rows - claimed.count
  }

  /// From when on a claim is wanted.
  private func claimFrom(_ now: Instant) -> Instant? {
    guard let nextDueAt, !isClaiming, knowsHolds else { return nil }
    if holdState.isHeld {
      guard mayProbe, inMemory == 0, inFlight == 0 else { return nil }
      return max(nextDueAt, claimNotBefore, nextProbeAt, quietUntil)
    }
    guard claimed.count <= limits.rows / 2, claimed.bytes <= limits.bytes / 2 else { return nil }
    return max(nextDueAt, claimNotBefore, quietUntil)
  }

  /// When something is to be done without anything happening before; nil for never.
  func wakeAt(_ now: Instant) -> Instant? {
    var wake = claimFrom(now)
    if holdState.has(.limit) { wake = min(wake ?? quietUntil, quietUntil) }
    if inMemory > 0, knowsHolds, !isHeldByRules, !waitsForToken, inFlight < (isTrying ? 1 : limits.inFlight),
      !holdState.isHeld || (mayProbe && inFlight == 0)
    {
      let turn = max(pace.openAt(now), quietUntil, holdState.isHeld ? nextProbeAt : now)
      wake = min(wake ?? turn, turn)
    }
    return wake
  }
}
