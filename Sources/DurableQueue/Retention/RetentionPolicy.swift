import RelayCore

/// How long what is settled stays. All spans in milliseconds; `forever` never ends.
package struct RetentionPolicy: Sendable, Equatable {
  /// Body, headers and query of a record and the answers kept of its attempts, from when its last delivery was settled.
  package var bodies = forever
  /// Deliveries in this state with their attempts, from when they were settled.
  package var delivered = forever
  package var cancelled = forever
  package var dead = forever
  /// A record that no rule matched stays whole so long, from when it came.
  package var unrouted = forever
  /// The row of a record without deliveries, from when it came. It is what a repetition is known by.
  package var records = forever
  /// Requests in quarantine that were replayed or discarded, from when they were.
  package var quarantine = forever
  /// Calls that clients placed, from when they were settled.
  package var calls = forever

  package static let forever = Int64.max
  /// What can't be removed yet, for another reason than its age, is looked at again after so long.
  static let patience: Int64 = 86_400_000

  package init() {}

  /// After each of these spans something of a record may be due: what has to be walked up to. The longest first, so that
  /// what goes as a whole is not first made smaller.
  var spans: [Int64] {
    Set([bodies, delivered, cancelled, dead, records]).filter { $0 != Self.forever }.sorted(by: >)
  }

  /// Tells two policies apart.
  var name: String {
    let spans = [bodies, delivered, cancelled, dead, unrouted, records]
    return spans.map { $0 == Self.forever ? "forever" : String($0) }.joined(separator: " ")
  }

  /// A walk stays so far behind its span, so that what came last in it is settled for so long too: a tenth, a day at most.
  static func slack(_ span: Int64) -> Int64 {
    min(span / 10, patience)
  }

  /// Records with smaller ids came longer ago than the span, and are not looked at for it again unless they are put down
  /// for later. Nothing for a clock that is before the first identifier.
  static func bound(_ span: Int64, at now: Instant) -> Int64 {
    let age = now - Identifier.epoch
    let reach = age > span ? age - span - slack(span) : 0
    return max(0, reach) << 23
  }

  private func span(of state: DeliveryState) -> Int64 {
    switch state {
    case .waiting, .sending: Self.forever
    case .delivered: delivered
    case .dead: dead
    case .cancelled: cancelled
    }
  }
}

/// A record and its deliveries as retention sees them.
struct AgingRecord {
  struct Delivery {
    let id: Int64
    let state: DeliveryState
    let settledAt: Instant?
  }

  let id: Int64
  let receivedAt: Instant
  let isUnrouted: Bool
  /// Its body was not removed yet.
  let hasBody: Bool
  var deliveries: [Delivery] = []
}

/// What becomes of a record now.
struct RetentionDecision: Equatable {
  /// Ids of deliveries to remove with their attempts.
  var deliveries: [Int64] = []
  var removesBody = false
  /// The row too.
  var removesRecord = false
  /// nil where the walks that are still to come see to it.
  var lookAgainAt: Instant?
}

// MARK: - Deciding

extension RetentionPolicy {
  func decide(_ record: AgingRecord, at now: Instant) -> RetentionDecision {
    var decision = RetentionDecision()
    let left = record.deliveries.filter { delivery in
      guard let settled = delivery.settledAt, settled + span(of: delivery.state) <= now else { return true }
      decision.deliveries.append(delivery.id)
      return false
    }
    let bodyEnds = bodyEnds(record)
    let rowEnds = left.isEmpty ? max(record.receivedAt + records, bodyEnds) : Self.never
    decision.removesRecord = rowEnds <= now
    decision.removesBody = record.hasBody && bodyEnds <= now && !decision.removesRecord
    if !decision.removesRecord {
      var open: [(span: Int64, end: Instant)] = [(records, rowEnds)]
      if record.hasBody, !decision.removesBody { open.append((bodies, bodyEnds)) }
      for delivery in left {
        let end = delivery.settledAt.map { $0 + span(of: delivery.state) } ?? Self.never
        // In whatever state it will be settled.
        open += [delivered, cancelled, dead].map { ($0, end) }
      }
      decision.lookAgainAt = lookAgain(open, record.id, now)
    }
    return decision
  }

  private static let never = Instant(milliseconds: .max)

  /// When the body has been of no use for long enough; `never` while that is not known.
  private func bodyEnds(_ record: AgingRecord) -> Instant {
    var end = record.receivedAt + bodies
    for delivery in record.deliveries {
      // Expired as a dead letter, it keeps nothing.
      let isOver = delivery.settledAt.map { $0 + span(of: delivery.state) } ?? Self.never
      switch delivery.state {
      case .waiting, .sending: end = Self.never
      case .dead: end = max(end, isOver)
      case .delivered, .cancelled: end = max(end, (delivery.settledAt ?? Self.never) + bodies)
      }
    }
    return record.isUnrouted ? max(end, record.receivedAt + unrouted) : end
  }

  /// When to look again at what is still open although the walk of its span has passed: when it ends, or tomorrow.
  private func lookAgain(_ open: [(span: Int64, end: Instant)], _ id: Int64, _ now: Instant) -> Instant? {
    let passed = open.filter { $0.span != Self.forever && id < Self.bound($0.span, at: now) }
    let nextDay = now + Self.patience
    return passed.map { $0.end == Self.never ? nextDay : $0.end }.min()
  }
}
