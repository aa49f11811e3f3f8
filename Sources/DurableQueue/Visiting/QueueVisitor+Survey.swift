import RelayCore
import SQLite

/// How a destination's deliveries move: two looks that are equal mean that nothing was taken, sent or settled in between.
package struct Movement: Sendable, Equatable {
  /// Since when the delivery is due that is next to be taken; nil where none is.
  package var dueSince: Instant?
  /// Its id.
  package var next: Identifier?
  /// Those being sent, and the sum of their ids and of their tries.
  package var sending = 0
  package var sum: Int64 = 0

  package init() {}

  /// Something should happen.
  package var hasWork: Bool { dueSince != nil || sending > 0 }
}

/// The looks of the relay at its own queue, every few seconds: a few steps into indexes for each destination, however many
/// deliveries wait. What needs more is `status`.
extension QueueVisitor {
  /// Things are counted so far, where only little of it is of interest.
  package static let countLimit = 1000

  /// By destination, of those that deliveries wait for or are sent to.
  package func movements(at now: Instant) throws -> [String: Movement] {
    var movements: [String: Movement] = [:]
    for name in try destinationNames(in: "delivery_due", state: .waiting) {
      let head = Query(
        """
        SELECT id, next_attempt_at_ms FROM delivery INDEXED BY delivery_due
        WHERE state = 'waiting' AND destination = ? ORDER BY next_attempt_at_ms, id LIMIT 1
        """, [.text(name)])
      guard let (id, at) = try first(head, isKept: true, { ($0.integer(0), Instant(milliseconds: $0.integer(1))) }),
        at <= now
      else { continue }
      movements[name, default: Movement()].dueSince = at
      movements[name]?.next = Identifier(id)
    }
    // As many at most as the relay has in memory.
    let sending = Query(
      """
      SELECT destination, count(*), sum(id % 1000000007 + tries) FROM delivery INDEXED BY delivery_sending
      WHERE state = 'sending' GROUP BY destination
      """)
    for (name, count, sum) in try rows(sending, isKept: true, { ($0.text(0), Int($0.integer(1)), $0.integer(2)) }) {
      movements[name, default: Movement()].sending = count
      movements[name]?.sum = sum
    }
    return movements
  }

  /// As `status` finds them, but counts end at `countLimit`, and without the oldest that wait.
  package func destinationsInShort() throws -> [DestinationStatus] {
    var found: [String: DestinationStatus] = [:]
    for (name, hold) in try holds() {
      found[name] = DestinationStatus(name: name)
      found[name]?.hold = hold
    }
    let counted: [(String, DeliveryState, WritableKeyPath<DestinationStatus, Int>)] = [
      ("delivery_due", .waiting, \.waiting), ("delivery_sending", .sending, \.sending),
      ("delivery_dead", .dead, \.dead),
    ]
    for (index, state, field) in counted {
      for name in try destinationNames(in: index, state: state) {
        let count = Query(
          """
          SELECT count(*) FROM (SELECT 1 FROM delivery INDEXED BY \(index)
            WHERE state = '\(state.rawValue)' AND destination = ? LIMIT \(Self.countLimit))
          """, [.text(name)])
        found[name, default: DestinationStatus(name: name)][keyPath: field] =
          try first(count, isKept: true) { Int($0.integer(0)) } ?? 0
      }
    }
    return found.values.sorted { $0.name < $1.name }
  }

  /// Since when the delivery to a destination that waits longest does, where that is longer than since `limit`. Reads every
  /// row that waits for it only where one of them came before: all others are younger than their record.
  package func oldestWaiting(for name: String, ifBefore limit: Instant) throws -> Instant? {
    let from = "FROM delivery INDEXED BY delivery_due WHERE state = 'waiting' AND destination = ?1"
    let old = Query(
      "SELECT 1 \(from) AND id < ?2 LIMIT 1", [.text(name), .integer(max(0, limit - Identifier.epoch) << 23)])
    guard try first(old, isKept: true, { $0.integer(0) }) != nil else { return nil }
    let oldest = Query("SELECT min(clock_started_at_ms) \(from)", [.text(name)])
    let since = try first(oldest, isKept: true) { $0.optionalInteger(0).map(Instant.init(milliseconds:)) } ?? nil
    return since.flatMap { $0 < limit ? $0 : nil }
  }

  /// When the last record of a source came; nil where none ever did.
  package func lastRecord(of source: String) throws -> Instant? {
    let query = Query(
      """
      SELECT last_record_at_ms FROM source_hour WHERE source = ? AND last_record_at_ms IS NOT NULL
      ORDER BY hour_at_ms DESC LIMIT 1
      """, [.text(source)])
    return try first(query, isKept: true) { Instant(milliseconds: $0.integer(0)) }
  }

  /// When the newest record came, by its id; nil where there is none.
  package func newestRecordAt() throws -> Instant? {
    try first(Query("SELECT received_at_ms FROM record ORDER BY id DESC LIMIT 1")) {
      Instant(milliseconds: $0.integer(0))
    }
  }

  /// What is kept beside the deliveries and wants a person: with counts that end at `countLimit`.
  package func keptInShort() throws -> (unrouted: Int, quarantined: Int, refused: [RefusedStatus]) {
    func count(_ what: String) throws -> Int {
      try first(Query("SELECT count(*) FROM (SELECT 1 FROM \(what) LIMIT \(Self.countLimit))"), isKept: true) {
        Int($0.integer(0))
      } ?? 0
    }
    return (
      try count("record INDEXED BY record_unrouted WHERE unrouted = 1"),
      try count("quarantine INDEXED BY quarantine_kept WHERE state = 'kept'"), try refusedStatus()
    )
  }

  /// One step into an index for each name, however many rows it has.
  private func destinationNames(in index: String, state: DeliveryState) throws -> [String] {
    let from = "FROM delivery INDEXED BY \(index) WHERE state = '\(state.rawValue)'"
    let query = Query(
      """
      WITH RECURSIVE known (destination) AS (
        SELECT min(destination) \(from)
        UNION ALL
        SELECT (SELECT min(destination) \(from) AND destination > known.destination)
        FROM known WHERE known.destination IS NOT NULL)
      SELECT destination FROM known WHERE destination IS NOT NULL
      """)
    return try rows(query, isKept: true) { $0.text(0) }
  }
}
