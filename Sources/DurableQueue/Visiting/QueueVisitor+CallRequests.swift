import RelayCore
import SQLite

/// Which calls a person means. What is nil or empty asks nothing.
package struct CallRequestFilter: Sendable, Equatable {
  package var clients: [String] = []
  package var sources: [String] = []
  package var states: [CallState] = []
  /// Accepted at or after.
  package var since: Instant?
  /// Accepted before.
  package var until: Instant?

  package init() {}

  var condition: Condition {
    var condition = Condition()
    condition.add("c.client", isIn: clients)
    condition.add("c.source", isIn: sources)
    condition.add("c.state", isIn: states.map(\.rawValue))
    if let since { condition.add("c.accepted_at_ms >= ?", .instant(since)) }
    if let until { condition.add("c.accepted_at_ms < ?", .instant(until)) }
    return condition
  }
}

extension QueueVisitor {
  /// Milliseconds after a call was accepted within which its records are looked for by the provider's id: three days.
  private static let longestCall: Int64 = 3 * 86_400_000

  /// Calls `body` with each call that is meant, newest first, at most `limit` of them (nil: all).
  package func forEachCall(
    _ filter: CallRequestFilter, limit: Int? = nil, _ body: (CallRequestRow) throws -> Void
  ) throws {
    var left = limit ?? .max
    var before: Int64 = .max
    while left > 0 {
      var condition = filter.condition
      condition.add("c.id < ?", .integer(before))
      let page = try rows(
        Query("SELECT \(CallRequestRow.columns) FROM call_request c") + condition.clause
          + Query("ORDER BY c.id DESC LIMIT ?", [.integer(Int64(min(left, 500)))]), CallRequestRow.init)
      for row in page { try body(row) }
      guard let last = page.last else { return }
      before = last.id.number
      left -= page.count
    }
  }

  /// Our id, the provider's, or the client's idempotency key; newest first.
  package func calls(named what: String) throws -> [CallRequestRow] {
    try rows(
      Query(
        """
        SELECT \(CallRequestRow.columns) FROM call_request c
        WHERE c.id = ?1 OR c.request_id = ?2 OR c.idempotency_key = ?2 ORDER BY c.id DESC
        """, [Identifier(what).map { .id($0) } ?? .null, .text(what)]), CallRequestRow.init)
  }

  /// Its records: those that carried our id, and those with the provider's id that came within three days. The one received
  /// first first.
  package func records(of call: CallRequestRow) throws -> [RecordRow] {
    let marked = try rows(Query("SELECT record FROM call_record WHERE call = ?", [.id(call.id)])) { $0.integer(0) }
    var named: [Int64] = []
    if let requestID = call.requestID {
      named = try rows(
        Query(
          "SELECT id FROM record WHERE id > ? AND id < ? AND request_id = ?",
          [
            .id(Identifier.first(at: call.acceptedAt + -60_000)),
            .id(Identifier.first(at: call.acceptedAt + Self.longestCall)), .text(requestID),
          ])
      ) { $0.integer(0) }
    }
    return try Set(marked + named).sorted().compactMap { try record(Identifier($0)) }
  }

  package func countRecords(of call: CallRequestRow) throws -> Int {
    try first(Query("SELECT count(*) FROM call_record WHERE call = ?", [.id(call.id)])) { Int($0.integer(0)) } ?? 0
  }

  /// Whether the provider refused the credentials of this source, the last time that it said anything: since when.
  package func callCredentialsRefused(of source: String) throws -> Instant? {
    let query = Query(
      """
      SELECT fault, settled_at_ms FROM call_request
      WHERE source = ? AND settled_at_ms IS NOT NULL AND (state = 'placed' OR fault IN ('credentials', 'request'))
      ORDER BY settled_at_ms DESC LIMIT 1
      """, [.text(source)])
    let last = try first(query, isKept: true) { ($0.optionalText(0), Instant(milliseconds: $0.integer(1))) }
    return last.flatMap { $0.0 == CallFault.credentials.rawValue ? $0.1 : nil }
  }
}
