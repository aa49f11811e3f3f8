import RelayCore

/// A record that stands in the database, with what today's rules say of it.
package struct RoutedRecord: Sendable {
  package let id: Identifier
  package let revision: Int
  package let routes: [Route]

  package init(id: Identifier, revision: Int, routes: [Route]) {
    self.id = id
    self.revision = revision
    self.routes = routes
  }

  /// Where it was never sent, in file order. `existing`: destinations of the deliveries it has, whatever became of them.
  package func missing(_ existing: some Sequence<String>) -> [Route] {
    let existing = Set(existing)
    return routes.filter { !existing.contains($0.destination) && (revision == 0 || !$0.skipsRevisions) }
  }
}

/// What a reroute did.
package struct Rerouted: Sendable, Equatable {
  /// Records that got a delivery.
  package var records = 0
  /// New deliveries, by destination.
  package var made: [String: Int] = [:]

  package init() {}

  package var count: Int { made.values.reduce(0, +) }
}

extension QueueVisitor {
  /// Ids of records that deliveries of this filter have, the oldest first, behind `after`; a second call goes on behind the
  /// last.
  package func recordIDs(
    ofDeliveries filter: DeliveryFilter, after: Identifier?, limit: Int
  ) throws -> [Identifier] {
    let filter = try resolved(filter)
    var condition = filter.condition
    condition.add("d.record > ?", .integer(after?.number ?? 0))
    let query =
      Query("SELECT DISTINCT d.record \(filter.tables())") + condition.clause
      + Query("ORDER BY d.record LIMIT ?", [.integer(Int64(min(limit, Self.idChunk)))])
    return try rows(query) { Identifier($0.integer(0)) }
  }

  /// Ids of records, the oldest first, behind `after`.
  package func recordIDs(_ filter: RecordFilter, after: Identifier?, limit: Int) throws -> [Identifier] {
    var condition = filter.condition
    condition.add("r.id > ?", .integer(after?.number ?? 0))
    let limit = min(limit, Self.idChunk)
    // SQL meets numbers by their last digits only, so that more rows may be needed than are taken.
    let read = filter.what == nil && filter.calls.isEmpty ? limit : -1
    let query =
      Query("SELECT \(RecordRow.columns) FROM record r") + condition.clause
      + Query("ORDER BY r.id LIMIT ?", [.integer(Int64(read))])
    let ids = try rows(query) { row -> Identifier? in
      let record = RecordRow(row)
      return filter.matches(record) ? record.id : nil
    }
    return Array(ids.compactMap { $0 }.prefix(limit))
  }

  /// Makes the deliveries that the records have not, in one transaction: the caller gives as many as need `batchSize` of them.
  /// A second call makes none, since they are there.
  package func reroute(
    _ batch: [RoutedRecord], rules: RoutingRules, due: inout DueTimes, action: Action, _ running: inout RunningAction
  ) throws -> Rerouted {
    var next = (due: due, running: running)
    let result = try transaction {
      var result = Rerouted()
      let holds = try self.holds()
      let version = try version(of: rules, at: action.at)
      next.running.explain("by rules version \(version)")
      for record in batch {
        let made = try reroute(record, version: version, holds, &next.due, at: action.at)
        if !made.isEmpty { result.records += 1 }
        for destination in made { result.made[destination, default: 0] += 1 }
      }
      try UnsettledCount(connection: connection).add(result.count)
      try next.running.add(result.count, on: self)
      return result
    }
    (due, running) = next
    return result
  }

  /// Gives the destinations of the deliveries made.
  private func reroute(
    _ record: RoutedRecord, version: Int64, _ holds: [String: HoldState], _ due: inout DueTimes, at now: Instant
  ) throws -> [String] {
    let hasBody = Query("SELECT 1 FROM record WHERE id = ? AND body IS NOT NULL", [.id(record.id)])
    guard try first(hasBody, isKept: true, { _ in true }) == true else { return [] }
    let missing = record.missing(try deliveries(ofRecord: record.id).map(\.destination))
    for route in missing {
      let time = try due.next(route.destination) { try lastSpread(to: route.destination) }
      _ = try addDelivery(
        of: record.id.number, to: route.destination, rule: route.rule, replays: 1, due: time,
        held: holds[route.destination]?.held(at: now) ?? 0, at: now)
    }
    if !missing.isEmpty {
      // These rules are the ones that routed it: no others did.
      try run(
        Query(
          "UPDATE record SET unrouted = 0, rules_version = ? WHERE id = ? AND unrouted = 1",
          [.integer(version), .id(record.id)]))
    }
    return missing.map(\.destination)
  }
}
