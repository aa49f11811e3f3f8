import DurableQueue
import Outgoing
import RelayCore
import Rules

/// A destination with its lane and the transfers that are idle.
struct OpenLane {
  private(set) var destination: Destination
  var lane: Lane
  var idle: [Transfer] = []
  /// Those of its lookup, which read more of an answer.
  var idleLookups: [Transfer] = []
  var lookups = LookupCache()
  /// What is being asked, with the deliveries that wait for the answer beside the one that asked.
  var asking: [LookupCache.Key: [Lane.Turn]] = [:]
  /// Counts the changes of the destination: what was sent before one is not judged by what it is since.
  private(set) var edition = 0
  /// Not in the rule file any more: nothing is sent, what comes is put back.
  private(set) var isRetired = false
  /// Where its access token comes from; nil where it asks for none.
  var tokenSource: Int?
  /// Hides what requests carry in what is kept of their answers.
  private(set) var mask: EchoMask
  private var keepsTunnel: Bool

  init(_ destination: Destination, among all: [Destination], share: MemoryShare) {
    self.destination = destination
    mask = EchoMask(destination.sentSecrets)
    keepsTunnel = Self.keepsTunnel(destination, all)
    lane = Lane(limits: share.limits(destination))
    lane.isHeldByRules = destination.isHeld
  }

  private static func keepsTunnel(_ destination: Destination, _ all: [Destination]) -> Bool {
    all.allSatisfy { $0.proxy?.url != destination.proxy?.url || $0.proxy == destination.proxy }
  }

  /// The rule file changed. Gives the idle transfers that are of no use any more.
  mutating func use(_ new: Destination, among all: [Destination], share: MemoryShare, _ now: Instant) -> [Transfer] {
    isRetired = false
    lane.use(share.limits(new), now)
    lane.isHeldByRules = new.isHeld
    let keepsTunnel = Self.keepsTunnel(new, all)
    guard new != destination || keepsTunnel != self.keepsTunnel else { return [] }
    destination = new
    mask = EchoMask(new.sentSecrets)
    self.keepsTunnel = keepsTunnel
    // What refused may take it now.
    lane.nextProbeAt = now
    return change()
  }

  /// The rule file names it no more. Gives the idle transfers, and the room to take back from the queue.
  mutating func retire() -> (transfers: [Transfer], room: Int) {
    isRetired = true
    tokenSource = nil
    return (change(), lane.retire())
  }

  private mutating func change() -> [Transfer] {
    edition += 1
    lookups = LookupCache()
    defer { (idle, idleLookups) = ([], []) }
    return idle + idleLookups
  }

  var transferSettings: Transfer.Settings {
    var settings = Transfer.Settings(
      connectTimeout: destination.connectTimeoutMilliseconds, timeout: destination.timeoutMilliseconds,
      allowsPrivate: destination.allowsPrivate, tls: destination.tls, proxy: destination.proxy,
      keepsTunnel: keepsTunnel, keepsHeaders: !destination.answers.isEmpty)
    if destination.answers.contains(where: \.looksAtBody) || destination.capture != nil {
      settings.keptBody = Transfer.longestBody
    }
    return settings
  }

  var lookupSettings: Transfer.Settings {
    var settings = transferSettings
    settings.keptBody = Transfer.longestBody
    return settings
  }
}

/// How much memory each destination may fill with deliveries that wait their turn: a fixed sum, divided.
struct MemoryShare {
  private let rows: Int
  private let bytes: Int

  init(destinations: Int) {
    rows = max(64, min(1024, 8192 / max(1, destinations)))
    bytes = max(256 << 10, min(4 << 20, (32 << 20) / max(1, destinations)))
  }

  func limits(_ destination: Destination) -> Lane.Limits {
    // What a slow destination can send within seconds is enough: the rest waits better on disk.
    let needed = destination.ratePerSecond.map { max(16, Int(min($0, 10_000) * 2)) } ?? rows
    return Lane.Limits(
      inFlight: destination.maxInFlight, perSecond: destination.ratePerSecond,
      quota: DayQuota(limit: destination.ratePerDay, zone: destination.timeZone),
      rows: max(min(rows, needed), min(destination.maxInFlight * 2, rows)), bytes: bytes,
      probeInterval: min(destination.retry.maxDelayMilliseconds, 120_000), retry: destination.retry)
  }
}
