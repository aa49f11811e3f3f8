import DurableQueue
import RelayCore

extension Lane {
  /// Refused credentials are all that holds it: a person's hold and the rule file's are not probed.
  var mayProbe: Bool {
    holdState.isHeld && holdState.holds.allSatisfy { $0.kind == .credentials }
  }

  func isProbeDue(_ now: Instant) -> Bool {
    mayProbe && inFlight == 0 && nextProbeAt <= now
  }

  /// The queue said what holds the destination. What is due on disk may have changed too, whoever changed it.
  mutating func holdsAre(_ state: HoldState, _ now: Instant) {
    knowsHolds = true
    isDue(at: now)
    let isRefused = state.holds.contains { $0.kind == .credentials }
    // Words that crossed with ours are older than ours.
    if let toldRefused, toldRefused != isRefused { return }
    toldRefused = nil
    holdState = state
  }

  /// The destination refused its credentials.
  mutating func credentialsRefused(_ reason: String, _ now: Instant) {
    guard !holdState.holds.contains(where: { $0.kind == .credentials }) else { return }
    toldRefused = true
    holdState.holds.append(Hold(kind: .credentials, since: now, reason: reason))
    holdState.heldSince = holdState.heldSince ?? now
    nextProbeAt = now + limits.probeInterval
  }

  /// A probe got through.
  mutating func credentialsAccepted(_ now: Instant) {
    toldRefused = false
    holdState.holds.removeAll { $0.kind == .credentials }
    if !holdState.isHeld, let since = holdState.heldSince {
      holdState.heldTotal += max(0, now - since)
      holdState.heldSince = nil
    }
    isDue(at: now)
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
