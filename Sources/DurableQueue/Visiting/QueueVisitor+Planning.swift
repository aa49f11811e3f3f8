import RelayCore

/// What a change would touch, counted before it is made.
package struct DeliveryPlan: Sendable, Equatable {
  package struct Share: Sendable, Equatable {
    package let destination: String
    package let count: Int
    /// By arrival.
    package let oldest: Instant
    package let newest: Instant

    package init(destination: String, count: Int, oldest: Instant, newest: Instant) {
      self.destination = destination
      self.count = count
      self.oldest = oldest
      self.newest = newest
    }
  }

  /// By destination, the largest first.
  package let shares: [Share]
  /// Deliveries made later are not touched, also when they come to match while the change runs.
  let newestID: Int64

  package var count: Int { shares.reduce(0) { $0 + $1.count } }
  /// By arrival; nil where nothing is meant.
  package var oldest: Instant? { shares.map(\.oldest).min() }
  package var newest: Instant? { shares.map(\.newest).max() }
}

extension QueueVisitor {
  /// Counts what a change of the deliveries that are meant would touch: those in a state from which it is possible.
  /// `limit`: at most so many, the oldest.
  package func plan(_ change: DeliveryChange, _ filter: DeliveryFilter, limit: Int? = nil) throws -> DeliveryPlan {
    guard let filter = try resolved(filter).limited(to: change.from) else {
      return DeliveryPlan(shares: [], newestID: 0)
    }
    var condition = filter.condition
    if change.isReplay { condition.add("NOT \(DeliveryFilter.isReplaced)") }
    if let limit, let last = try id(ofNumber: limit, filter, condition) { condition.add("d.id <= ?", .integer(last)) }
    let query =
      Query(
        "SELECT d.destination, count(*), min(d.created_at_ms), max(d.created_at_ms), max(d.id) \(filter.tables())")
      + condition.clause + Query("GROUP BY d.destination ORDER BY count(*) DESC, d.destination")
    let groups = try rows(query) { row in
      let share = DeliveryPlan.Share(
        destination: row.text(0), count: Int(row.integer(1)), oldest: Instant(milliseconds: row.integer(2)),
        newest: Instant(milliseconds: row.integer(3)))
      return (share: share, newestID: row.integer(4))
    }
    return DeliveryPlan(shares: groups.map(\.share), newestID: groups.map(\.newestID).max() ?? 0)
  }

  /// Of the delivery with this number, counted from 1 and from the oldest; nil where there are fewer.
  private func id(ofNumber number: Int, _ filter: DeliveryFilter, _ condition: Condition) throws -> Int64? {
    let query =
      Query("SELECT d.id \(filter.tables())") + condition.clause
      + Query("ORDER BY d.id LIMIT 1 OFFSET ?", [.integer(Int64(number - 1))])
    return try first(query) { $0.integer(0) }
  }
}
