import RelayCore

/// What a destination may send now, read from disk: the rows say `sending` since this claim's commit.
package struct Claim: Sendable {
  /// The longest due first.
  package let deliveries: [DueDelivery]
  /// When the earliest of those that still wait is due; in the past where the limits left some behind, nil where none waits.
  package let nextDueAt: Instant?

  package init(deliveries: [DueDelivery], nextDueAt: Instant?) {
    self.deliveries = deliveries
    self.nextDueAt = nextDueAt
  }
}
