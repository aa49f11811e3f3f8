import RelayCore

/// What a person does to deliveries.
package enum DeliveryChange: Sendable, Equatable {
  /// Delivered, dead or cancelled → waiting, due now, with a fresh clock; what was tried is kept.
  case replay
  /// Delivered, dead or cancelled → cancelled, and another delivery of the same record, whose id its destination has not
  /// seen, waits in its place. What was tried stays with the old one.
  case renew
  /// Waiting → cancelled.
  case cancel(reason: String)
  /// Dead → cancelled.
  case close(reason: String)

  /// What it adds to the number of deliveries that are not settled.
  var unsettledChange: Int {
    switch self {
    case .replay, .renew: 1
    case .cancel: -1
    case .close: 0
    }
  }

  var isReplay: Bool { self == .replay || self == .renew }

  /// The states from which it is possible.
  package var from: [DeliveryState] {
    switch self {
    case .replay, .renew: [.delivered, .dead, .cancelled]
    case .cancel: [.waiting]
    case .close: [.dead]
    }
  }
}

/// What a change did.
package struct DeliveryChanges: Sendable, Equatable {
  package var changed = 0
  /// In a state from which the change is not possible, for example waiting already.
  package var skipped = 0
  /// Not replayed, since retention or a person removed the body of their record.
  package var bodyGone = 0
  /// Not replayed, since another delivery took its place.
  package var replaced = 0
  package var renewals: [Renewal] = []
  package var notFound: [Identifier] = []

  package struct Renewal: Sendable, Equatable {
    package let old: Identifier
    package let new: Identifier
  }

  package init() {}
}
