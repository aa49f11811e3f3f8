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
    /// It refused so many different records in a row with the same 4xx (`hold_after`): a wrong mapping, not wrong records.
    case refusals
    /// Its circuit breaker is open: so many failures in a row.
    case breaker
    /// It asked not to be called for a while (`Retry-After`), or what may be sent in a day is sent.
    case limit
    /// The database is a copy (`cdrelay backup`): what waits in it may have been sent since.
    case copy
    /// A secret that the rule file names for it is not there.
    case secrets

    /// Whether one delivery is sent from time to time, to find out if the reason is gone.
    package var isProbed: Bool {
      switch self {
      case .credentials, .refusals, .breaker: true
      case .rules, .person, .limit, .copy, .secrets: false
      }
    }

    /// Whether the time does not count towards giving up. An outage counts: `give_up_after_hours` says how long a one is
    /// survived.
    package var stopsTheClock: Bool {
      switch self {
      case .rules, .person, .credentials, .refusals, .copy, .secrets: true
      case .breaker, .limit: false
      }
    }
  }

  /// What the rule file and its secrets hold: no person takes it away.
  package static let ofRules: [Kind] = [.rules, .secrets]

  package let kind: Kind
  package let since: Instant
  /// When a limit ends, or a breaker's next probe comes; nil for the others.
  package let until: Instant?
  package let reason: String

  package init(kind: Kind, since: Instant, until: Instant? = nil, reason: String) {
    self.kind = kind
    self.since = since
    self.until = until
    self.reason = reason
  }
}

/// What was sent to a destination of the quota of a day.
package struct QuotaUse: Sendable, Equatable {
  package var sent: Int
  /// When the next quota begins.
  package var ends: Instant

  package init(sent: Int, ends: Instant) {
    self.sent = sent
    self.ends = ends
  }
}

/// A destination's holds, and how long it was held in all.
package struct HoldState: Sendable, Equatable {
  package var holds: [Hold]
  /// Milliseconds of all finished times of being held that do not count towards giving up.
  package var heldTotal: Int64
  /// Since when it is held so that the time does not count.
  package var heldSince: Instant?
  /// nil where no quota was ever counted.
  package var quota: QuotaUse?

  package init(holds: [Hold] = [], heldTotal: Int64 = 0, heldSince: Instant? = nil, quota: QuotaUse? = nil) {
    self.holds = holds
    self.heldTotal = heldTotal
    self.heldSince = heldSince
    self.quota = quota
  }

  package var isHeld: Bool { !holds.isEmpty }

  package func has(_ kind: Hold.Kind) -> Bool { holds.contains { $0.kind == kind } }

  /// Milliseconds held in all until now, as far as they do not count towards giving up.
  package func held(at now: Instant) -> Int64 {
    heldTotal + (heldSince.map { max(0, now - $0) } ?? 0)
  }
}
