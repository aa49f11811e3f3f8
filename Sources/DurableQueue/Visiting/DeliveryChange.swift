import RelayCore

/// What a person does to deliveries.
package enum DeliveryChange: Sendable, Equatable {
  /// Delivered, dead or cancelled → waiting, due now, with a fresh clock; what was tried is kept.
  case replay
  /// Waiting → cancelled.
  case cancel(reason: String)
  /// Dead → cancelled.
  case close(reason: String)

  /// What it adds to the number of deliveries that are not settled.
  var unsettledChange: Int {
    switch self {
    case .replay: 1
    case .cancel: -1
    case .close: 0
    }
  }

  /// The states from which it is possible.
  package var from: [DeliveryState] {
    switch self {
    case .replay: [.delivered, .dead, .cancelled]
    case .cancel: [.waiting]
    case .close: [.dead]
    }
  }
}

/// What a change would touch, counted before it is made.
package struct DeliveryPlan: Sendable, Equatable {
  package struct Share: Sendable, Equatable {
    package let destination: String
    package let count: Int
  }

  /// By destination, the largest first.
  package let shares: [Share]
  /// By arrival; nil where nothing is meant.
  package let oldest: Instant?
  package let newest: Instant?
  /// Deliveries made later are not touched, also when they come to match while the change runs.
  let newestID: Int64

  package var count: Int { shares.reduce(0) { $0 + $1.count } }
}

/// What a change did.
package struct DeliveryChanges: Sendable, Equatable {
  package var changed = 0
  /// In a state from which the change is not possible, for example waiting already.
  package var skipped = 0
  /// Not replayed, since retention or a person removed the body of their record.
  package var bodyGone = 0
  package var notFound: [Identifier] = []

  package init() {}
}
