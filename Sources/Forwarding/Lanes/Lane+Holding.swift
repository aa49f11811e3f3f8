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

  /// The queue said what holds the destination. Gives back what must not stay in memory.
  mutating func holdsAre(_ state: HoldState, _ now: Instant) -> [DueDelivery] {
    knowsHolds = true
    holdState = state
    // What is due on disk may have changed too, whoever changed it.
    isDue(at: now)
    return state.isHeld ? giveBack(now) : []
  }

  /// The destination refused its credentials. Gives back what waits in memory.
  mutating func credentialsRefused(_ reason: String, _ now: Instant) -> [DueDelivery] {
    if !holdState.holds.contains(where: { $0.kind == .credentials }) {
      holdState.holds.append(Hold(kind: .credentials, since: now, reason: reason))
      holdState.heldSince = holdState.heldSince ?? now
      nextProbeAt = now + limits.probeInterval
    }
    return giveBack(now)
  }

  /// A probe got through.
  mutating func credentialsAccepted(_ now: Instant) {
    holdState.holds.removeAll { $0.kind == .credentials }
    if !holdState.isHeld, let since = holdState.heldSince {
      holdState.heldTotal += max(0, now - since)
      holdState.heldSince = nil
    }
    isDue(at: now)
  }

  /// All that waits in memory, to be put back on disk where it is due at once.
  mutating func giveBack(_ now: Instant) -> [DueDelivery] {
    let deliveries = fresh.popAll() + claimed.popAll()
    if !deliveries.isEmpty { isDue(at: now) }
    return deliveries
  }
}
