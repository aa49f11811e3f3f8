import RelayCore

/// Finds, for rows that were fetched, the stored calls that they are of. Pure but for the records that it has read.
///
/// 1. By id: a row and a call that share one. Any number of rows may be of one call so.
/// 2. Else by numbers: the customer's number in any spelling, direction and status agree, time and duration within the
///    tolerance. Where no leg names the customer: the agent, or our number and the millisecond. A call settles one row at most: the pairs are taken the best first (nearest in time, then in duration; at
///    a tie in the order of the rows' keys and of the records' ids), whatever order the rows came in. Calls that a row was
///    found to be of by id take no part.
///
/// An `agent_missed` record is of an agent, not of the call: it settles nothing but a row that says the same. A row that
/// names its leg is settled by that leg, or by a record that names none; a row that names none by any leg.
///
/// Where ids of rows were found among those of stored calls, ids can be compared, and a row with an id of its own is not
/// looked for by numbers among calls that have theirs: two calls between the same two numbers within seconds stay two.
struct CallMatching {
  struct Found {
    let call: Int
    let sign: KnownCall.Sign
  }

  /// What is known across the rows of a run.
  struct Memory {
    /// Records that settled a row.
    var claimed: Set<Int64> = []
    /// Of which origins ids can be compared with those of the rows.
    var comparable: [FetchedMark.Origin?] = []
    /// The first record that this run stored.
    var firstMade: Int64 = .max
  }

  let rows: [FetchedRecord]
  let stored: StoredCalls
  /// Milliseconds.
  let tolerance: Int64

  /// By place among the rows.
  func run(_ memory: inout Memory) throws -> [Int: Found] {
    var found: [Int: Found] = [:]
    for (place, row) in rows.enumerated() {
      guard row.facts.kind == .cdr, let call = stored.call(named: row.facts.ids),
        try settles(call, row.facts, byID: true)
      else { continue }
      found[place] = Found(call: call, sign: .id)
      note(call, &memory)
    }
    for pair in try pairs(without: found, memory) {
      guard found[pair.row] == nil, !isClaimed(pair.call, memory) else { continue }
      found[pair.row] = Found(call: pair.call, sign: .numbers)
      memory.claimed.formUnion(stored.ids(of: pair.call))
    }
    return found
  }

  private func note(_ call: Int, _ memory: inout Memory) {
    for leg in stored.legs(of: call) {
      memory.claimed.insert(stored.legs[leg].id)
      let origin = stored.legs[leg].origin
      if !memory.comparable.contains(origin) { memory.comparable.append(origin) }
    }
  }

  private func isClaimed(_ call: Int, _ memory: Memory) -> Bool {
    stored.legs(of: call).contains { memory.claimed.contains(stored.legs[$0].id) }
  }

  private func settles(_ call: Int, _ row: CallFacts, byID: Bool) throws -> Bool {
    try stored.legs(of: call).contains { settles(try stored.facts(of: $0), row, byID: byID) }
  }

  private func settles(_ leg: CallFacts, _ row: CallFacts, byID: Bool) -> Bool {
    let isSameID = byID && leg.id == row.id
    if leg.role == .agentMissed || row.role == .agentMissed {
      return isSameID && leg.status == row.status && (leg.role == row.role || row.leg == nil)
    }
    return isSameID || row.leg == nil || leg.leg == nil || leg.leg == row.leg
  }
}

// MARK: - By numbers

extension CallMatching {
  private struct Pair {
    let row: Int
    let call: Int
    /// Milliseconds.
    let distance: Int64
    /// Seconds.
    let difference: Int64
  }

  private func pairs(without found: [Int: Found], _ memory: Memory) throws -> [Pair] {
    var pairs: [Pair] = []
    for (place, row) in rows.enumerated() where found[place] == nil && row.facts.kind == .cdr {
      for leg in stored.legs(near: row.facts.moments, within: tolerance) where mayBe(row, leg, memory) {
        let call = stored.call(of: leg)
        guard !isClaimed(call, memory), let difference = try difference(row.facts, call) else { continue }
        let distance = row.facts.moments.map { abs(stored.legs[leg].time - $0) }.min() ?? 0
        pairs.append(Pair(row: place, call: call, distance: distance, difference: difference))
      }
    }
    return pairs.sorted { left, right in
      if left.distance != right.distance { return left.distance < right.distance }
      if left.difference != right.difference { return left.difference < right.difference }
      if left.row != right.row { return isBefore(rows[left.row], rows[right.row]) }
      return stored.legs[left.call].id < stored.legs[right.call].id
    }
  }

  private func isBefore(_ left: FetchedRecord, _ right: FetchedRecord) -> Bool {
    left.dedupKey.lexicographicallyPrecedes(right.dedupKey)
  }

  /// Whether they could be of one call although their ids differ.
  private func mayBe(_ row: FetchedRecord, _ place: Int, _ memory: Memory) -> Bool {
    let leg = stored.legs[place]
    let hasOwnID = leg.row.callID.map { !$0.hasPrefix(FetchedMark.idPrefix) } ?? false
    let isOfOneOrigin = leg.origin == row.origin
    if hasOwnID, row.facts.hasOwnID { return !isOfOneOrigin && !memory.comparable.contains(leg.origin) }
    // Other rows of the same file are other calls.
    return !(isOfOneOrigin && leg.id >= memory.firstMade)
  }

  /// By how many seconds the durations differ; nil where they can't be one call.
  private func difference(_ row: CallFacts, _ call: Int) throws -> Int64? {
    let legs = try stored.legs(of: call).map { try stored.facts(of: $0) }
    let usable = legs.filter { settles($0, row, byID: false) }
    guard !usable.isEmpty else { return nil }
    guard Self.agree(row.direction, usable.map(\.direction)), agreeInStatus(row, usable) else {
      return nil
    }
    guard Self.areOfSamePeople(row, usable) else { return nil }
    let differences = [
      Self.difference(row.answeredSeconds, usable.map(\.answeredSeconds)),
      Self.difference(row.totalSeconds, usable.map(\.totalSeconds)),
      Self.difference(row.waitedSeconds, usable.map(\.waitedSeconds)),
    ]
    let largest = differences.max() ?? 0
    return largest * 1000 <= tolerance ? largest : nil
  }

  /// The customer's number; where no leg names the customer, the agent.
  private static func areOfSamePeople(_ row: CallFacts, _ legs: [CallFacts]) -> Bool {
    let customers = legs.compactMap(\.customer)
    guard let customer = row.customer else {
      // An anonymous caller on both sides.
      return customers.isEmpty && legs.contains(where: \.isWhole) && agree(row.agent, legs.map(\.agent))
    }
    if !customers.isEmpty { return customers.contains(where: customer.isSame) }
    if legs.contains(where: { $0.numbers.contains(where: customer.isSame) }) { return true }
    if row.agent != nil, legs.contains(where: { $0.isWhole && $0.agent == row.agent }) { return true }
    return legs.contains { isOfSameMoment(row, $0) }
  }

  /// An outgoing call that the agent did not pick up: its webhook names the agent's phone, its row the customer. What both
  /// have is our number and the moment, which tells calls apart where it is told in milliseconds.
  private static func isOfSameMoment(_ row: CallFacts, _ leg: CallFacts) -> Bool {
    guard leg.isWhole, let our = row.our, let other = leg.our else { return false }
    return row.time == leg.time && row.time.milliseconds % 1000 != 0 && our.isSame(other)
  }

  private func agreeInStatus(_ row: CallFacts, _ legs: [CallFacts]) -> Bool {
    Self.agree(Self.plain(row.status), legs.map { Self.plain($0.status) })
  }

  /// What one dialect tells apart another does not: v1 of Callr has Asterisk's words, which know no `canceled` of a call that
  /// nobody picked up, and no `unallocated`.
  private static func plain(_ status: Call.Status?) -> Call.Status? {
    switch status {
    case .canceled: .missed
    case .unallocated: .failed
    default: status
    }
  }

  /// What one does not say agrees with all.
  static func agree<Value: Equatable>(_ value: Value?, _ others: [Value?]) -> Bool {
    guard let value else { return true }
    let known = others.compactMap { $0 }
    return known.isEmpty || known.contains(value)
  }

  /// To the nearest; 0 where one does not say.
  static func difference(_ value: Int64?, _ others: [Int64?]) -> Int64 {
    guard let value else { return 0 }
    return others.compactMap { $0 }.map { abs($0 - value) }.min() ?? 0
  }
}

// MARK: - What differs

extension CallMatching {
  /// Fields of `CallField` in which a row says otherwise than all records of its call.
  func differences(_ row: CallFacts, _ legs: [CallFacts]) -> [String] {
    var fields: [CallField] = []
    if !Self.agree(row.direction, legs.map(\.direction)) { fields.append(.direction) }
    if !agreeInStatus(row, legs) { fields.append(.status) }
    // A leg that rings the agent names the agent's phone and no customer: that is no other customer.
    if let customer = row.customer, legs.contains(where: { $0.customer != nil }),
      !legs.flatMap(\.numbers).contains(where: customer.isSame),
      !legs.compactMap(\.customer).contains(where: customer.isSame)
    {
      fields.append(.customerNumber)
    }
    // One call's moments, of which a row may name another than the webhook did, lie within its length.
    let length = max(row.totalSeconds ?? 0, row.answeredSeconds ?? 0, legs.compactMap(\.totalSeconds).max() ?? 0)
    let distance = legs.map { abs($0.time - row.time) }.min() ?? 0
    if distance > tolerance + length * 1000 { fields.append(.startedAt) }
    if Self.difference(row.totalSeconds, legs.map(\.totalSeconds)) * 1000 > tolerance { fields.append(.totalSeconds) }
    if Self.difference(row.answeredSeconds, legs.map(\.answeredSeconds)) * 1000 > tolerance {
      fields.append(.answeredSeconds)
    }
    return fields.map(\.rawValue)
  }
}
