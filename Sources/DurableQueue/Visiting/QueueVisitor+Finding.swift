import RelayCore

/// Where a call was found.
package struct FoundCall: Sendable, Equatable {
  /// All records of the call, the one received first first.
  package var records: [RecordRow] = []
  /// Requests that made one of the records, or whose kept body holds what was sought.
  package var quarantined: [KeptRequestRow] = []
  package var refused: [KeptRequestRow] = []

  package init() {}

  package var isEmpty: Bool { records.isEmpty && quarantined.isEmpty && refused.isEmpty }
}

extension QueueVisitor {
  /// What there is of a call: `what` is the id of a record, of one of its deliveries or of a kept request, any id of the
  /// provider's, or a phone number in any spelling. With each record come the other legs of its call and its revisions.
  /// Passes over all records, twice where what was sought is no id of ours.
  /// `filter`: only of these sources and this time; its `what` stays nil.
  package func find(_ what: String, _ filter: RecordFilter = RecordFilter()) throws -> FoundCall {
    var found = FoundCall()
    let ids = try withRelatives(try recordsNamed(what))
    var condition = filter.condition
    condition.add("r.id IN (SELECT value FROM json_each(?))", .text(Self.list(Array(ids))))
    let query =
      Query("SELECT \(RecordRow.columns) FROM record r") + condition.clause + Query("ORDER BY r.received_at_ms, r.id")
    found.records = try rows(query, RecordRow.init)
    found.quarantined = try requests(in: .quarantine, mentioning: what, found.records)
    found.refused = try requests(in: .refused, mentioning: what, found.records)
    return found
  }

  private func recordsNamed(_ what: String) throws -> [Int64] {
    if let id = Identifier(what) {
      if try record(id) != nil { return [id.number] }
      if let delivery = try delivery(id) { return [delivery.record.number] }
    }
    var seeds: [Int64] = []
    var filter = RecordFilter()
    filter.what = what
    try forEachRecord(filter) { seeds.append($0.id.number) }
    return seeds
  }

  /// These records, the others of their conversations and calls, and all versions of each.
  private func withRelatives(_ seeds: [Int64]) throws -> Set<Int64> {
    guard !seeds.isEmpty else { return [] }
    let list = Query.Value.text(Self.list(seeds))
    let names = Query(
      """
      SELECT json_group_array(name) FROM (
        SELECT conversation_id AS name FROM record WHERE id IN (SELECT value FROM json_each(?1)) AND conversation_id <> ''
        UNION SELECT call_id FROM record WHERE id IN (SELECT value FROM json_each(?1)) AND call_id <> '')
      """, [list])
    var found = Set(seeds)
    let versions = Query(
      """
      SELECT r.id FROM record r WHERE r.dedup_key IN (
        SELECT dedup_key FROM record WHERE id IN (SELECT value FROM json_each(?)))
      """, [list])
    found.formUnion(try rows(versions) { $0.integer(0) })
    guard let names = try first(names, { $0.text(0) }), names != "[]" else { return found }
    let legs = Query(
      """
      SELECT id FROM record WHERE conversation_id IN (SELECT value FROM json_each(?1))
        OR call_id IN (SELECT value FROM json_each(?1))
      """, [.text(names)])
    return found.union(try rows(legs) { $0.integer(0) })
  }

  /// Both tables are bounded per source. Bodies are looked through as they came, so a number is found only where its last
  /// digits stand there in a row.
  private func requests(
    in table: KeptRequestTable, mentioning what: String, _ records: [RecordRow]
  ) throws -> [KeptRequestRow] {
    var alternatives = [
      Query("record IN (SELECT value FROM json_each(?))", [.text(Self.list(records.map(\.id.number)))])
    ]
    if let id = Identifier(what) { alternatives.append(Query("id = ?", [.id(id)])) }
    if let part = Self.part(of: what) {
      alternatives.append(
        Query("instr(body, ?) > 0 OR instr(query, ?) > 0", [.bytes(Array(part.utf8)), .text(part)]))
    }
    var condition = Condition()
    condition.add(anyOf: alternatives)
    let query =
      Query("SELECT \(KeptRequestRow.columns) FROM \(table.rawValue)") + condition.clause
      + Query("ORDER BY received_at_ms, id")
    return try rows(query, KeptRequestRow.init)
  }

  /// What a body must hold; nil where that would be found by chance.
  private static func part(of what: String) -> String? {
    if let number = DialledNumber(what), number.digits.count >= DialledNumber.leastShared {
      return String(number.digits.suffix(9))
    }
    return what.utf8.count >= 6 ? what : nil
  }
}

/// What a person did, as its row keeps it.
package struct ActionRow: Sendable, Equatable {
  package let at: Instant
  package let user: String
  package let command: String
  /// Things changed by it, in all.
  package let count: Int
  package let reason: String?
}

extension QueueVisitor {
  /// Actions that changed one of these at a moment that its row keeps, or whose command names one of these ids. The oldest
  /// first.
  package func actions(at moments: Set<Instant>, naming ids: [Identifier]) throws -> [ActionRow] {
    let query = Query(
      """
      SELECT done_at_ms, user, command, count, reason FROM action
      WHERE done_at_ms IN (SELECT value FROM json_each(?))
        OR EXISTS (SELECT 1 FROM json_each(?) j WHERE instr(' ' || command || ' ', ' ' || j.value || ' ') > 0)
      ORDER BY done_at_ms, id
      """, [.text(Self.list(moments.map(\.milliseconds))), .text(Self.list(ids.map(\.number)))])
    return try rows(query) { row in
      ActionRow(
        at: Instant(milliseconds: row.integer(0)), user: row.text(1), command: row.text(2), count: Int(row.integer(3)),
        reason: row.optionalText(4))
    }
  }
}
