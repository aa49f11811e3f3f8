import RelayCore

/// Why a destination takes nothing for now.
package struct Hold: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    /// `"paused": true` or `"enabled": false` in the rule file.
    case rules
    /// `cdrelay destinations pause`.
    case person
    /// The destination answered 401, 403 or 407.
    case credentials
    /// The database is a copy (`cdrelay backup`): what waits in it may have been sent since.
    case copy
  }

  package let kind: Kind
  package let since: Instant
  package let reason: String

  package init(kind: Kind, since: Instant, reason: String) {
    self.kind = kind
    self.since = since
    self.reason = reason
  }
}

/// A destination's holds, and how long it was held in all.
package struct HoldState: Sendable, Equatable {
  package var holds: [Hold]
  /// Milliseconds of all finished times of being held.
  package var heldTotal: Int64
  package var heldSince: Instant?

  package init(holds: [Hold] = [], heldTotal: Int64 = 0, heldSince: Instant? = nil) {
    self.holds = holds
    self.heldTotal = heldTotal
    self.heldSince = heldSince
  }

  package var isHeld: Bool { !holds.isEmpty }

  /// Milliseconds held in all until now.
  package func held(at now: Instant) -> Int64 {
    heldTotal + (heldSince.map { max(0, now - $0) } ?? 0)
  }
}
