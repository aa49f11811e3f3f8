import RelayCore

/// What forwarding does for one destination at the moment, and has done since the start of the relay.
package struct DestinationActivity: Sendable, Equatable {
  package let destination: String
  package var inFlight = 0
  /// Deliveries in memory that wait their turn.
  package var inMemory = 0
  package var delivered = 0
  package var retried = 0
  package var dead = 0
  /// The last try that did not deliver; nil for none so far.
  package var lastFailure: Failure?
  package var lastDeliveredAt: Instant?

  package struct Failure: Sendable, Equatable {
    package let at: Instant
    /// `status 503`, `connection refused`.
    package let reason: String
  }
}
