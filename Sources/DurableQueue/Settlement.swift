import RelayCore

/// What became of one try at a delivery, to be written in the next group commit.
package struct Settlement: Sendable {
  package enum Outcome: Sendable, Equatable {
    /// The destination accepted it.
    case delivered
    /// Counted; waits until then.
    case retry(at: Instant)
    /// Counted; given up.
    case dead
    /// Not counted: the destination takes nothing for now. Waits until then.
    case postponed(until: Instant)
    /// Not counted: the relay stopped before an answer came. Due at once.
    case interrupted
  }

  package let delivery: Identifier
  package let destination: String
  package let outcome: Outcome
  /// In words, with the status where there was one: `status 503`, `connection refused`. Without secrets and bodies.
  package let reason: String?
  /// nil where nothing was sent (interrupted before its turn): then there is no row in `attempt`.
  package let attempt: Attempt?
  /// Of what was delivered: a value of the answer, which the next delivery of the same call is given. nil keeps what was kept.
  package let captured: JSON?
  package let settledAt: Instant

  package struct Attempt: Sendable {
    package let startedAt: Instant
    /// Milliseconds.
    package let took: Int64
    /// SHA-256 of the body that was sent; nil where rendering failed.
    package let requestHash: [UInt8]?
    /// The HTTP status; nil where no answer came.
    package let status: Int?
    /// The first kilobytes of the answer.
    package let response: [UInt8]?

    package init(startedAt: Instant, took: Int64, requestHash: [UInt8]?, status: Int?, response: [UInt8]?) {
      self.startedAt = startedAt
      self.took = took
      self.requestHash = requestHash
      self.status = status
      self.response = response
    }
  }

  package init(
    delivery: Identifier, destination: String, outcome: Outcome, reason: String?, attempt: Attempt?,
    captured: JSON? = nil, settledAt: Instant
  ) {
    self.captured = captured
    self.delivery = delivery
    self.destination = destination
    self.outcome = outcome
    self.reason = reason
    self.attempt = attempt
    self.settledAt = settledAt
  }
}
