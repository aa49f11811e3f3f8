import DurableQueue
import ProviderAPIs
import RelayCore

/// Finds calls that we have and the provider has not: those that no row settled. A slice is looked at once the rows behind it
/// came too, since a row may name another moment of a call than its webhook did.
struct ExtraCalls {
  private let span: TimeSlice
  /// Records that rows of the last slices settled, the newest slice last.
  private var settled: [Set<Identifier>] = []
  private var waiting: TimeSlice?

  /// Slices whose rows are remembered.
  private static let memory = 3
  /// Milliseconds from the ends of the span: what lies there may be of a row beyond them.
  private static let edge: Int64 = 60_000
  /// Milliseconds around a slice in which the legs of its calls lie.
  private static let legs: Int64 = 900_000

  init(_ span: TimeSlice) {
    self.span = span
  }

  /// Behind each slice: what its rows settled. Gives a record of each extra call of the slice before.
  mutating func end(
    _ slice: TimeSlice, settled ids: Set<Identifier>, _ visitor: QueueVisitor, _ run: FetchedRun
  ) throws -> [StoredCallRecord] {
    settled = settled.suffix(Self.memory - 1) + [ids]
    defer { waiting = slice }
    return try waiting.map { try look($0, visitor, run) } ?? []
  }

  /// Behind the last slice.
  mutating func end(_ visitor: QueueVisitor, _ run: FetchedRun) throws -> [StoredCallRecord] {
    defer { waiting = nil }
    return try waiting.map { try look($0, visitor, run) } ?? []
  }

  private func look(_ slice: TimeSlice, _ visitor: QueueVisitor, _ run: FetchedRun) throws -> [StoredCallRecord] {
    var records: [StoredCallRecord] = []
    try visitor.forEachStoredCall(from: slice.from + -Self.legs, until: slice.to + Self.legs, run) {
      records.append($0)
    }
    var known = Set<String>()
    for record in records where isSettled(record) { known.formUnion(record.facts.ids) }
    var extra: [StoredCallRecord] = []
    // A leg whose own call never came is no call.
    for record in records where !isSettled(record) && (record.facts.role == nil || record.facts.role == .call) {
      // Of a call that is settled, or that was seen here already.
      guard known.isDisjoint(with: record.facts.ids) else { continue }
      known.formUnion(record.facts.ids)
      guard record.time >= slice.from, record.time < slice.to, record.time - span.from >= Self.edge,
        span.to - record.time > Self.edge
      else { continue }
      extra.append(record)
    }
    return extra
  }

  private func isSettled(_ record: StoredCallRecord) -> Bool {
    settled.contains { $0.contains(record.row.id) }
  }
}
