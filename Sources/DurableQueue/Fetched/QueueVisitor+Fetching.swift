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
    let lookedAt = try newestRecord()
    var outcomes = try compareFetched(rows, run)
    var missing = rows.indices.filter { outcomes[$0] == .missing }
    var settled = rows.count - missing.count
    var made: Set<Int64> = []
    while !missing.isEmpty {
      let batch = FetchedBatch(missing, rows, since: lookedAt)
      let stored = try store(batch, run, made, rules, action, &running, &outcomes)
      made.formUnion(stored.map(\.number))
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

  private func store(
    _ batch: FetchedBatch, _ run: FetchedRun, _ made: Set<Int64>, _ rules: RoutingRules, _ action: Action,
    _ running: inout RunningAction, _ outcomes: inout [FetchedOutcome]
  ) throws -> [Identifier] {
    var nextRunning = running
    let stored = try transaction {
      try settleArrivals(batch, run, made, &outcomes)
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

  /// Webhooks that came since the rows were compared: the writer has the lock now, so none can come any more.
  private func settleArrivals(
    _ batch: FetchedBatch, _ run: FetchedRun, _ made: Set<Int64>, _ outcomes: inout [FetchedOutcome]
  ) throws {
    let arrivals = try arrivals(since: batch.since, run).filter { !made.contains($0.row.id.number) }
    guard !arrivals.isEmpty else { return }
    for place in batch.places { if let known = try known(batch.rows[place], run) { outcomes[place] = known } }
    let open = batch.places.filter { outcomes[$0] == .missing }
    try settle(open, batch.rows, StoredCalls(arrivals) { try self.decoded($0, run) }, run, &outcomes)
  }

  private func arrivals(since: Identifier, _ run: FetchedRun) throws -> [StoredLeg] {
    let query = Query(
      "SELECT \(RecordRow.columns), r.dedup_key FROM record r WHERE r.id > ? AND r.kind = 'cdr'", [.id(since)])
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

  /// Milliseconds by which ids of the relay may lie behind the newest one that was there: it draws them before it commits.
  private static let drawnBefore: Int64 = 5000

  init(_ missing: [Int], _ rows: [FetchedRecord], since newest: Int64) {
    self.rows = rows
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
