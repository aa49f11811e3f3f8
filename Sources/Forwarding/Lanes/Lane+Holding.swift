import DurableQueue
import RelayCore

extension Lane {
  /// Only refused credentials, refused records or an open breaker hold it: what a person or the rule file holds, and what
  /// wants to be left alone, is not probed.
  var mayProbe: Bool {
    holdState.isHeld && holdState.holds.allSatisfy(\.kind.isProbed)
  }

  func isProbeDue(_ now: Instant) -> Bool {
    mayProbe && inFlight == 0 && nextProbeAt <= now
  }

  /// The queue said what holds the destination. What is due on disk may have changed too, whoever changed it.
  /// True where a person let it go on.
  @discardableResult
  mutating func holdsAre(_ state: HoldState, _ now: Instant) -> Bool {
    knowsHolds = true
    isDue(at: now)
    // Words that crossed with ours are older than ours.
    guard told.allSatisfy({ state.has($0.key) == $0.value }) else { return false }
    told = [:]
    quota?.restore(state.quota)
    // A limit that a person took away counts no more; one that an earlier process was told goes on.
    let limit = state.holds.first { $0.kind == .limit }
    if limit == nil, let ended = holdState.holds.first(where: { $0.kind == .limit }) {
      quietUntil = now
      // Only who resumes what the used-up quota itself holds wants another; who ends a pause, or another wait, does not.
      let isPauseOver = holdState.has(.person) && !state.has(.person)
      if let opens = quota?.opensAt(now), opens == ended.until, !isPauseOver { quota?.beginAnew() }
    }
    if let until = limit?.until { quietUntil = max(quietUntil, min(until, now + RetryAfter.longest)) }
    if holdState.has(.breaker), !state.has(.breaker) { standing = DestinationStanding() }
    let isResumed = holdState.holds.contains { !Hold.ofRules.contains($0.kind) && !state.has($0.kind) }
    holdState = state
    return isResumed
  }

  /// Its token endpoint wants to be left alone until then, and there is no token: it waits as if it had asked for that itself.
  /// nil where it waits so long already.
  mutating func rest(until: Instant, _ reason: String, _ now: Instant) -> Change? {
    guard until > quietUntil else { return nil }
    quietUntil = until
    restUntil = until
    return hold(.limit, reason, until: until, now)
  }

  /// There is a token after all: `keepLimits` lets it go on, where nothing else has it wait.
  mutating func endRest(_ now: Instant) {
    if quietUntil == restUntil { quietUntil = min(quietUntil, now) }
  }

  /// Holds the destination; what the queue is to be told.
  mutating func hold(_ kind: Hold.Kind, _ reason: String, until: Instant? = nil, _ now: Instant) -> Change {
    let since = holdState.holds.first { $0.kind == kind }?.since ?? now
    let hold = Hold(kind: kind, since: since, until: until, reason: reason)
    let isNew = !holdState.has(kind)
    holdState.holds.removeAll { $0.kind == kind }
    holdState.holds.append(hold)
    if kind.stopsTheClock { holdState.heldSince = holdState.heldSince ?? now }
    if kind.isProbed { nextProbeAt = until ?? now + limits.probeInterval }
    told[kind] = true
    return .hold(hold, isNew: isNew)
  }

  /// Those of these kinds that hold it do so no more.
  mutating func release(_ kinds: [Hold.Kind], _ now: Instant) -> [Change] {
    let released = kinds.filter(holdState.has)
    guard !released.isEmpty else { return [] }
    holdState.holds.removeAll { released.contains($0.kind) }
    for kind in released { told[kind] = false }
    if !holdState.holds.contains(where: \.kind.stopsTheClock), let since = holdState.heldSince {
      holdState.heldTotal += max(0, now - since)
      holdState.heldSince = nil
    }
    isDue(at: now)
    return released.map(Change.release)
  }

  /// A quota that is used up holds it until midnight; a limit whose time is over holds nothing.
  mutating func keepLimits(_ now: Instant) -> [Change] {
    if let opens = quota?.opensAt(now), opens > quietUntil {
      quietUntil = opens
      return [hold(.limit, "rate_per_day: \(quota?.limit ?? 0) were sent since midnight", until: opens, now)]
    }
    return quietUntil <= now ? release([.limit], now) : []
  }

  /// What must not stay in memory because the destination is held: all but the one that probes it.
  mutating func surplus(_ now: Instant) -> [DueDelivery] {
    guard holdState.isHeld, inMemory > 0, !(isProbeDue(now) && inMemory == 1) else { return [] }
    return giveBack(now)
  }

  /// All that waits in memory, to be put back on disk, where it is due at once.
  mutating func giveBack(_ now: Instant) -> [DueDelivery] {
    let deliveries = fresh.popAll() + claimed.popAll()
    if !deliveries.isEmpty { isDue(at: now) }
    return deliveries
  }
}
