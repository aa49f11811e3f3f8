import RelayCore

/// Something in the database that can't be, in a sentence. Names rows by their ids, never what stands in them.
package struct QueueFault: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    case schema
    case integrity
    case unsettledCount = "unsettled_count"
    case heldClock = "held_clock"
    case deliveryWithoutRecord = "delivery_without_record"
    case notInDueIndex = "not_in_due_index"
    case notInSendingIndex = "not_in_sending_index"
    case scheduledTooFar = "scheduled_too_far"
    case behindNothing = "behind_nothing"
    case deadWithoutReason = "dead_without_reason"
    case triesWithoutAttempts = "tries_without_attempts"
    case attemptWithoutDelivery = "attempt_without_delivery"
    case deadLetterWithoutDelivery = "dead_letter_without_delivery"
    case capturedWithoutDelivery = "captured_without_delivery"
    case recordWithoutDeliveries = "record_without_deliveries"
    case unroutedWithDeliveries = "unrouted_with_deliveries"
  }

  /// Ids named in a sentence at most.
  static let namedIDs = 5

  package let kind: Kind
  /// Rows that are meant.
  package internal(set) var count: Int
  /// The first of them.
  package internal(set) var ids: [Identifier] = []
  /// Where the kind alone does not say what is wrong.
  package internal(set) var detail: String?

  package var sentence: String {
    let named = ids.map(\.description).joined(separator: ", ")
    let rest = count > ids.count && !ids.isEmpty ? " and \(count - ids.count) more" : ""
    return [what, detail].compactMap { $0 }.joined(separator: ": ") + (named.isEmpty ? "" : ": \(named)\(rest)")
  }

  private var what: String {
    switch kind {
    case .schema: "the schema is not the one that the program makes"
    case .integrity: "SQLite finds the file damaged"
    case .unsettledCount: "the kept count of deliveries that are not settled is wrong"
    case .heldClock: "the time for which a destination is held does not agree with its holds"
    case .deliveryWithoutRecord: "deliveries whose record is not there"
    case .notInDueIndex: "waiting deliveries that the index of due ones does not know: they would never be sent"
    case .notInSendingIndex: "deliveries being sent that their index does not know: a start would not bring them back"
    case .scheduledTooFar: "waiting deliveries whose time is further ahead than any delay: the clock was ahead"
    case .behindNothing: "deliveries that wait for an earlier one of their call, of which none is left to be settled"
    case .deadWithoutReason: "dead deliveries without a row in dead_letter that says why"
    case .triesWithoutAttempts: "deliveries whose number of tries is not that of their attempts"
    case .attemptWithoutDelivery: "attempts of deliveries that are not there"
    case .deadLetterWithoutDelivery: "rows in dead_letter whose delivery is not dead"
    case .capturedWithoutDelivery: "values captured from answers to deliveries that are not there"
    case .recordWithoutDeliveries: "records that a rule matched and that have no delivery"
    case .unroutedWithDeliveries: "records marked unrouted that have deliveries"
    }
  }
}

/// What a check of the queue found. Every delivery that is not settled is one of the four.
package struct QueueCheck: Sendable, Equatable {
  /// Waits, and may be sent now.
  package var due = 0
  /// Waits for its time.
  package var scheduled = 0
  /// Waits, since its destination is held.
  package var held = 0
  /// In the hands of a relay; where none runs, the next one that starts sends it again.
  package var inFlight = 0
  package var faults: [QueueFault] = []

  package init() {}

  mutating func add(_ kind: QueueFault.Kind, detail: String? = nil, count: Int = 1) {
    faults.append(QueueFault(kind: kind, count: count, detail: detail))
  }

  mutating func add(_ kind: QueueFault.Kind, id: Int64) {
    guard let index = faults.firstIndex(where: { $0.kind == kind }) else {
      return faults.append(QueueFault(kind: kind, count: 1, ids: [Identifier(id)]))
    }
    faults[index].count += 1
    if faults[index].ids.count < QueueFault.namedIDs { faults[index].ids.append(Identifier(id)) }
  }
}
