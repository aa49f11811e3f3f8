import RelayCore

extension QueueVisitor {
  /// Stores the rows whose calls are not stored, with their deliveries, as `compareFetched` finds them; a row whose call is
  /// stored changes nothing. In transactions of not more than `batchSize` rows, behind each of which `progress` hears how many of
  /// these rows are settled; what is looked up is looked up between them, without the write lock. A stop anywhere leaves
  /// whole calls, and a second run does the rest. Where it throws, the run is over.
  package func admitFetched(
    _ rows: [FetchedRecord], _ run: FetchedRun, rules: RoutingRules, action: Action, _ running: inout RunningAction,
    progress: (Int) throws -> Void = { _ in }
  ) throws -> [FetchedOutcome] {
    let seen = (newest: try newestRecord(), version: try dataVersion())
    var outcomes = try compareFetched(rows, run)
    var missing = rows.indices.filter { outcomes[$0] == .missing }
    var settled = rows.count - missing.count
    while !missing.isEmpty {
      let batch = FetchedBatch(missing, rows, since: seen.newest, version: seen.version)
      let stored = try store(batch, run, rules, action, &running, &outcomes)
      run.memory.firstMade = min(run.memory.firstMade, stored.map(\.number).min() ?? .max)
      run.memory.claimed.formUnion(stored.map(\.number))
      missing.removeFirst(batch.places.count)
      settled += batch.places.count
      try progress(settled)
    }
    return outcomes
  }

  private func newestRecord() throws -> Int64 {
    try first(Query("SELECT max(id) FROM record")) { $0.integer(0) } ?? 0
  }

  /// Changes when another connection commits, not when this one does (sqlite.org/pragma.html#pragma_data_version).
  private func dataVersion() throws -> Int64 {
    try first(Query("PRAGMA data_version"), isKept: true) { $0.integer(0) } ?? 0
  }

  private func store(
    _ batch: FetchedBatch, _ run: FetchedRun, _ rules: RoutingRules, _ action: Action,
    _ running: inout RunningAction, _ outcomes: inout [FetchedOutcome]
  ) throws -> [Identifier] {
    var nextRunning = running
    let stored = try transaction {
      if try dataVersion() != batch.version { try settleArrivals(batch, run, &outcomes) }
      let version = try version(of: rules, at: action.at)
      var desk = HandoverDesk(holds: try holds())
      var counts = SourceCounts()
      var stored: [Identifier] = []
      let admission = try Admission(connection: connection, ordered: run.ordered)
      for place in batch.places where outcomes[place] == .missing {
        let new = batch.rows[place].new(rulesVersion: version)
        let receipt = try admission.admit(new, at: action.at, ids: &identifiers, desk: &desk)
        outcomes[place] = .stored(receipt.record)
        stored.append(receipt.record)
        counts.countFetched(source: new.source, at: action.at)
      }
      try UnsettledCount(connection: connection).add(desk.placed)
      try SourceHours(connection: connection).add(counts)
      try nextRunning.add(stored.count, on: self)
      return stored
    }
    running = nextRunning
    return stored
  }

  /// Webhooks that came since the rows were compared: the lock is ours now, so none can come any more. Not what this process
  /// stored itself.
  private func settleArrivals(
    _ batch: FetchedBatch, _ run: FetchedRun, _ outcomes: inout [FetchedOutcome]
  ) throws {
    let arrivals = try arrivals(since: batch.since, run)
    guard !arrivals.isEmpty else { return }
    for place in batch.places { if let known = try known(batch.rows[place], run) { outcomes[place] = known } }
    let open = batch.places.filter { outcomes[$0] == .missing }
    try settle(open, batch.rows, StoredCalls(arrivals) { try self.decoded($0, run) }, run, &outcomes)
  }

  private func arrivals(since: Identifier, _ run: FetchedRun) throws -> [StoredLeg] {
    let query = Query(
      """
      SELECT \(RecordRow.columns), r.dedup_key FROM record r
      WHERE r.id > ? AND (r.id >> 10) & 8191 <> ? AND r.kind = 'cdr'
      """, [.id(since), .integer(identifiers.process)])
    return try rows(query, isKept: true) { row in
      StoredLeg(row: RecordRow(row), time: Self.time(row.blob(16)))
    }.filter { run.sources.contains($0.row.source) }
  }
}

/// Rows that one transaction stores: with their deliveries not more than `QueueVisitor.batchSize`.
struct FetchedBatch {
  let places: ArraySlice<Int>
  let rows: [FetchedRecord]
  /// Records behind this one may have come since the rows were compared.
  let since: Identifier
  /// Of the database's data when that began.
  let version: Int64

  /// Milliseconds by which ids of the relay may lie behind the newest one that was there: it draws them before it commits.
  private static let drawnBefore: Int64 = 5000

  init(_ missing: [Int], _ rows: [FetchedRecord], since newest: Int64, version: Int64) {
    self.rows = rows
    self.version = version
    since = Identifier(max(0, newest - Self.drawnBefore << 23))
    var count = 0
    var end = 0
    while end < missing.count {
      count += 1 + rows[missing[end]].routes.count
      guard end == 0 || count <= QueueVisitor.batchSize else { break }
      end += 1
    }
    places = missing[..<end]
  }
}
