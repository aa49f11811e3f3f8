import RelayCore
import SQLite

extension QueueVisitor {
  /// Whether the rows are stored, without writing. The rows of a time belong into one call, of all lists, in any order: a
  /// pair is the best only among those that are there. Memory goes by the rows given and by the records of their hours.
  package func compareFetched(_ rows: [FetchedRecord], _ run: FetchedRun) throws -> [FetchedOutcome] {
    var outcomes = [FetchedOutcome](repeating: .missing, count: rows.count)
    let open = try settleByKey(rows, run, &outcomes)
    for chunk in Self.chunks(Self.withoutRepetitions(open, rows, &outcomes), rows) {
      let legs = try legs(around: chunk.map { rows[$0] }, run)
      try settle(Array(chunk), rows, StoredCalls(legs) { try self.decoded($0, run) }, run, &outcomes)
    }
    let erased = try run.erased ?? erasedPeople()
    run.erased = erased
    for place in rows.indices where outcomes[place] == .missing && erased.takePart(in: rows[place].record.call) {
      outcomes[place] = .erased
    }
    return outcomes
  }

  /// Those whose very key is stored are known without looking further. Gives the places of the others.
  private func settleByKey(
    _ rows: [FetchedRecord], _ run: FetchedRun, _ outcomes: inout [FetchedOutcome]
  ) throws -> [Int] {
    var open: [Int] = []
    for (place, row) in rows.enumerated() {
      guard let known = try known(row, run) else {
        open.append(place)
        continue
      }
      outcomes[place] = known
    }
    return open
  }

  /// In the order of time. Rows of one leg that agree in what became of it are one row, which came twice: pages shift while
  /// calls are added.
  private static func withoutRepetitions(
    _ places: [Int], _ rows: [FetchedRecord], _ outcomes: inout [FetchedOutcome]
  ) -> [Int] {
    var keys: Set<[UInt8]> = []
    var names: Set<[String?]> = []
    return places.sorted { isBefore(rows[$0], rows[$1]) }.filter { place in
      let facts = rows[place].facts
      var isNew = keys.insert(rows[place].dedupKey).inserted
      if isNew, facts.kind == .cdr, facts.hasOwnID {
        let agent = facts.role == .agentMissed ? facts.agent : nil
        isNew =
          names.insert([facts.id, facts.leg?.rawValue, facts.status?.rawValue, facts.role?.rawValue, agent]).inserted
      }
      if !isNew { outcomes[place] = .repeated }
      return isNew
    }
  }

  private static func isBefore(_ left: FetchedRecord, _ right: FetchedRecord) -> Bool {
    left.dedupKey == right.dedupKey
      ? left.contentHash.lexicographicallyPrecedes(right.contentHash)
      : left.dedupKey.lexicographicallyPrecedes(right.dedupKey)
  }

  /// nil where nothing is stored under the row's key.
  func known(_ row: FetchedRecord, _ run: FetchedRun) throws -> FetchedOutcome? {
    let query = Query(
      "SELECT id, content_hash FROM record WHERE dedup_key = ? ORDER BY id", [.bytes(row.dedupKey)])
    let versions = try rows(query, isKept: true) { (id: Identifier($0.integer(0)), content: $0.blob(1)) }
    guard !versions.isEmpty else { return nil }
    for version in versions { run.memory.claimed.insert(version.id.number) }
    let call = KnownCall(records: versions.map(\.id), sign: .id)
    if versions.contains(where: { $0.content == row.contentHash }) { return .known(call) }
    let facts = try versions.compactMap { try decoded($0.id, run).map { CallFacts($0) } }
    let matching = CallMatching(rows: [], stored: StoredCalls([]) { _ in nil }, tolerance: run.tolerance)
    let fields = matching.differences(row.facts, facts)
    return fields.isEmpty ? .known(call) : .different(call, fields: fields)
  }

  func settle(
    _ places: [Int], _ rows: [FetchedRecord], _ stored: StoredCalls, _ run: FetchedRun,
    _ outcomes: inout [FetchedOutcome]
  ) throws {
    let matching = CallMatching(rows: places.map { rows[$0] }, stored: stored, tolerance: run.tolerance)
    for (index, found) in try matching.run(&run.memory) {
      let legs = stored.legs(of: found.call)
      let call = KnownCall(records: legs.map { stored.legs[$0].row.id }.sorted(), sign: found.sign)
      let fields = matching.differences(
        rows[places[index]].facts, try legs.map { try stored.facts(of: $0) }.filter { $0.role != .agentMissed })
      outcomes[places[index]] = fields.isEmpty ? .known(call) : .different(call, fields: fields)
    }
  }

  /// Rows sorted by time, cut where nothing happens for a while, and behind two hours at the latest.
  private static func chunks(_ places: [Int], _ rows: [FetchedRecord]) -> [ArraySlice<Int>] {
    var chunks: [ArraySlice<Int>] = []
    var start = places.startIndex
    for index in places.indices.dropFirst() {
      let time = rows[places[index]].facts.time
      let span = time - rows[places[start]].facts.time
      let gap = time - rows[places[index - 1]].facts.time
      guard span > 7_200_000 || (span > 3_600_000 && gap > 60_000) || gap > 4 * FetchedRun.idWindow else { continue }
      chunks.append(places[start..<index])
      start = index
    }
    if start < places.endIndex { chunks.append(places[start...]) }
    return chunks
  }

  func decoded(_ id: Identifier, _ run: FetchedRun) throws -> Record? {
    guard let row = try record(id), let raw = try raw(ofRecord: id) else { return nil }
    return run.decode(StoredRecord(row: row, raw: raw))
  }
}

// MARK: - What is stored of a time

extension QueueVisitor {
  private func legs(around rows: [FetchedRecord], _ run: FetchedRun) throws -> [StoredLeg] {
    let spans = rows.map { row in
      let window = run.window(row.facts)
      return (from: row.facts.time + -window, until: row.facts.time + window)
    }
    guard let from = spans.map(\.from).min(), let until = spans.map(\.until).max() else { return [] }
    var legs: [StoredLeg] = []
    try forEachLeg(from: from, until: until, run.sources) { legs.append($0) }
    return legs
  }

  /// Records made after their call, of these sources, whose own time lies in `from...until`, in its order, page by page. The
  /// index of keys begins with that time; records without a time of their own stand nowhere in it.
  func forEachLeg(
    from: Instant, until: Instant, _ sources: Set<String>, _ body: (StoredLeg) throws -> Void
  ) throws {
    var after = Self.key(from)
    var isFirst = true
    while true {
      let query = Query(
        """
        SELECT \(RecordRow.columns), r.dedup_key, r.content_hash FROM record r INDEXED BY record_dedup
        WHERE r.dedup_key \(isFirst ? ">=" : ">") ? AND r.dedup_key < ? ORDER BY r.dedup_key LIMIT 2000
        """, [.bytes(after), .bytes(Self.key(until + 1))])
      let page = try rows(query, isKept: true) { row in
        let key = row.blob(16)
        return (leg: StoredLeg(row: RecordRow(row), time: Self.time(key)), key: key)
      }
      // The versions of one record have one key: they are read together with the next page's first, or not cut at all.
      let isLast = page.count < 2000
      let end =
        isLast ? page.endIndex : (page.lastIndex { $0.key != page[page.endIndex - 1].key } ?? page.endIndex - 1) + 1
      for (leg, _) in page[..<end] where leg.row.kind == .cdr && sources.contains(leg.row.source) { try body(leg) }
      if isLast { return }
      after = page[end - 1].key
      isFirst = false
    }
  }

  private static func key(_ time: Instant) -> [UInt8] {
    withUnsafeBytes(of: max(0, time.milliseconds).bigEndian) { Array($0) }
  }

  static func time(_ key: [UInt8]) -> Instant {
    Instant(milliseconds: key.prefix(8).reduce(0) { $0 << 8 | Int64($1) })
  }
}

/// A stored record made after its call, with its own time.
package struct StoredCallRecord: Sendable {
  package let row: RecordRow
  package let time: Instant
  /// Only ids, numbers and time where its body is gone.
  package let facts: CallFacts
}

extension QueueVisitor {
  /// What is stored of the run's sources and is of this time by its own: for what the provider does not have. In bounded
  /// memory, in the order of time. `agent_missed` records and live events are not calls; of a call's legs all come.
  package func forEachStoredCall(
    from: Instant, until: Instant, _ run: FetchedRun, _ body: (StoredCallRecord) throws -> Void
  ) throws {
    try forEachLeg(from: from, until: until, run.sources) { leg in
      let facts = try decoded(leg.row.id, run).map { CallFacts($0) } ?? CallFacts(leg.row, time: leg.time)
      guard facts.role != .agentMissed else { return }
      try body(StoredCallRecord(row: leg.row, time: leg.time, facts: facts))
    }
  }
}
