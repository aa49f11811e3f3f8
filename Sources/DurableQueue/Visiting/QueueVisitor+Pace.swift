import RelayCore

/// How long recent tries at a destination took.
package struct RecentAttempts: Sendable, Equatable {
  package let count: Int
  /// Milliseconds.
  package let meanTook: Double

  package init(count: Int, meanTook: Double) {
    self.count = count
    self.meanTook = meanTook
  }
}

extension QueueVisitor {
  /// The last 200 tries at a destination that were answered, among the last 20,000 of all; nil where there is none.
  package func recentAttempts(at destination: String) throws -> RecentAttempts? {
    let query = Query(
      """
      SELECT count(*), sum(took_ms) FROM (
        SELECT a.took_ms FROM (
          SELECT delivery, took_ms, status FROM attempt ORDER BY delivery DESC, number DESC LIMIT 20000) a
        JOIN delivery d ON d.id = a.delivery
        WHERE d.destination = ? AND a.status IS NOT NULL LIMIT 200)
      """, [.text(destination)])
    return try first(query) { row in
      let count = Int(row.integer(0))
      return count == 0 ? nil : RecentAttempts(count: count, meanTook: Double(row.integer(1)) / Double(count))
    } ?? nil
  }

  /// Deliveries that wait for a destination.
  package func waitingCount(of destination: String) throws -> Int {
    let query = Query(
      "SELECT count(*) FROM delivery INDEXED BY delivery_due WHERE destination = ? AND state = 'waiting'",
      [.text(destination)])
    return try first(query) { Int($0.integer(0)) } ?? 0
  }
}
