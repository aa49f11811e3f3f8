import RelayCore

/// A delivery in the forwarder's hands: its row says `sending`.
package struct DueDelivery: Sendable {
  package let id: Identifier
  package let destination: String
  package let rule: String
  package let record: Identifier
  package let source: String
  package let provider: Provider
  package let receivedAt: Instant
  package let revision: Int
  package let raw: RawRecord
  /// Attempts that count, since the last replay.
  package let attempts: Int
  /// All tries ever made, also those that do not count.
  package let tries: Int
  package let replays: Int
  /// Giving up counts from here, less the time for which the destination was held since.
  package let clockStartedAt: Instant
  /// The destination's held milliseconds in all when the clock started.
  package let heldBefore: Int64
  /// What an earlier delivery of the same call to the same destination left; see `CapturedValues`.
  package let captured: JSON?

  package init(
    id: Identifier, destination: String, rule: String, record: Identifier, source: String, provider: Provider,
    receivedAt: Instant, revision: Int, raw: RawRecord, attempts: Int, tries: Int, replays: Int,
    clockStartedAt: Instant, heldBefore: Int64, captured: JSON? = nil
  ) {
    self.captured = captured
    self.id = id
    self.destination = destination
    self.rule = rule
    self.record = record
    self.source = source
    self.provider = provider
    self.receivedAt = receivedAt
    self.revision = revision
    self.raw = raw
    self.attempts = attempts
    self.tries = tries
    self.replays = replays
    self.clockStartedAt = clockStartedAt
    self.heldBefore = heldBefore
  }
}
