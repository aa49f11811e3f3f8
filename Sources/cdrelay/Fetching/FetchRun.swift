import DurableQueue
import ProviderAPIs
import Providers
import RelayCore
import Rules

/// Goes over a span of time in slices: asks the API for each, compares what it gives with what is stored, and stores what is
/// missing where it is told to. Each slice is committed before the next is asked for, and a second run changes nothing that
/// the first one did: a run that was stopped is simply begun again.
struct FetchRun {
  /// What to do with calls that are missing.
  enum Purpose {
    case look
    case store(RoutingRules, Action)
  }

  private let client: ProviderClient
  private let desk: FetchedDesk
  private let visitor: QueueVisitor
  private let span: TimeSlice
  private(set) var report: Reconciliation
  /// Rows of the last slices: what an API gives twice is taken once.
  private var taken: [Set<Int>] = []
  /// nil: what the provider lacks is not looked for.
  private var extras: ExtraCalls?

  /// Rows that can't be read, of the slice that is under way.
  private var unreadable: [NewQuarantine] = []

  /// Rows of a source in quarantine, as the receiver has it.
  private static let quarantined = 1000
  /// Slices whose rows are remembered, and milliseconds around a slice from which rows are taken: whether an API goes by the
  /// beginning or the end of a call is not documented, nor whether it keeps to the minute. What lies further away belongs to
  /// another slice, or was not asked for.
  private static let memory = 4
  private static let reach: Int64 = 7_200_000

  init(
    _ client: ProviderClient, _ desk: FetchedDesk, _ visitor: QueueVisitor, _ span: TimeSlice, limit: Int,
    looksForExtras: Bool
  ) {
    self.client = client
    self.desk = desk
    self.visitor = visitor
    self.span = span
    report = Reconciliation(source: desk.source.name, from: span.from, to: span.to, limit: limit)
    extras = looksForExtras ? ExtraCalls(span) : nil
  }

  /// `progress` gets up to when it is done, behind each slice. What came before a failure stands in `report`.
  mutating func run(_ purpose: Purpose, _ progress: (Instant, Int) -> Void) throws {
    var running: RunningAction?
    if case .store(_, let action) = purpose { running = RunningAction(action) }
    for slice in span.cut(every: ProviderClient.slice(of: desk.source.api)) {
      defer { report.requests = client.requests }
      let rows = try fetch(slice)
      let outcomes = try settle(rows, purpose, &running)
      for (row, outcome) in zip(rows, outcomes) { add(row, outcome) }
      try keepUnreadable(purpose)
      try addExtras(slice, outcomes)
      progress(slice.to, report.fetched)
    }
    for record in try extras?.end(visitor, desk.run) ?? [] { report.add(.init(extra: record)) }
  }

  private mutating func fetch(_ slice: TimeSlice) throws -> [FetchedRecord] {
    var records: [FetchedRecord] = []
    var now: Set<Int> = []
    try client.fetch(slice) { calls in
      report.shortfall += calls.shortfall
      report.bad += calls.bad
      for row in desk.rows(calls) {
        guard !taken.contains(where: { $0.contains(row.identity) }), now.insert(row.identity).inserted else { continue }
        switch row.record {
        case .success(let record):
          guard isMeant(record.facts, slice) else { continue }
          report.fetched += 1
          records.append(record)
        case .failure(let problem):
          report.fetched += 1
          report.addBad(problem.reason)
          if let kept = row.quarantined(calls, desk) { unreadable.append(kept) }
        }
      }
    }
    taken = taken.suffix(Self.memory - 1) + [now]
    return records
  }

  /// What is younger than the span may be under way.
  private func isMeant(_ facts: CallFacts, _ slice: TimeSlice) -> Bool {
    let reach = Self.reach + min(86_400, max(0, facts.totalSeconds ?? 0)) * 1000
    return facts.time < span.to && facts.time >= slice.from + -reach && facts.time < slice.to + reach
  }

  private func settle(
    _ rows: [FetchedRecord], _ purpose: Purpose, _ running: inout RunningAction?
  ) throws -> [FetchedOutcome] {
    guard case .store(let rules, let action) = purpose, var current = running else {
      return try visitor.compareFetched(rows, desk.run)
    }
    defer { running = current }
    return try visitor.admitFetched(rows, desk.run, rules: rules, action: action, &current)
  }

  private mutating func keepUnreadable(_ purpose: Purpose) throws {
    defer { unreadable = [] }
    guard case .store = purpose, !unreadable.isEmpty else { return }
    _ = try visitor.keep(unreadable, limit: Self.quarantined, at: desk.receivedAt)
  }

  private mutating func add(_ row: FetchedRecord, _ outcome: FetchedOutcome) {
    switch outcome {
    case .stored(let id): report.add(.init(.missing, row, record: id), isStored: true)
    case .missing: report.add(.init(.missing, row))
    case .known(let call): report.add(.init(.same, row, record: call.records.first))
    case .different(let call, let fields):
      var listed = Reconciliation.Listed(.different, row, record: call.records.first)
      listed.fields = fields
      report.add(listed)
    case .erased: report.erased += 1
    // Counted with the other.
    case .repeated: break
    }
  }

  private mutating func addExtras(_ slice: TimeSlice, _ outcomes: [FetchedOutcome]) throws {
    guard extras != nil else { return }
    var settled: Set<Identifier> = []
    for outcome in outcomes {
      switch outcome {
      case .stored(let id): settled.insert(id)
      case .known(let call), .different(let call, _): settled.formUnion(call.records)
      case .missing, .erased, .repeated: break
      }
    }
    for record in try extras?.end(slice, settled: settled, visitor, desk.run) ?? [] { report.add(.init(extra: record)) }
  }
}

extension Reconciliation.Listed {
  fileprivate init(_ finding: Reconciliation.Finding, _ row: FetchedRecord, record: Identifier? = nil) {
    let call = row.record.call
    self.init(
      finding: finding, at: row.facts.time, id: row.facts.ids.first, record: record,
      direction: call.direction?.rawValue, status: call.status?.rawValue, from: call.from, to: call.to)
  }

  fileprivate init(extra: StoredCallRecord) {
    self.init(
      finding: .extra, at: extra.time, id: extra.row.callID, record: extra.row.id,
      direction: extra.facts.direction?.rawValue, status: extra.facts.status?.rawValue, from: extra.row.from,
      to: extra.row.to)
  }
}
