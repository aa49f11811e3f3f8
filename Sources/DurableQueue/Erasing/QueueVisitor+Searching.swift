import Glibc
import RelayCore
import SQLite

/// A table, how its rows are counted through, and the columns in which a person may stand.
private struct Place: Sendable {
  let table: String
  /// The first column of the primary key, and the second where there is one.
  let key: String
  var second: String?
  let columns: [String]

  /// Rows behind the pair of keys ?1 and ?2.
  var page: String {
    let keys = "\(key), \(second ?? "0")"
    let start = second.map { "(\(key), \($0)) > (?1, ?2)" } ?? "\(key) > ?1 AND ?2 = 0"
    let order = second.map { "\(key), \($0)" } ?? key
    return "SELECT \(keys), \(columns.joined(separator: ", ")) FROM \(table) WHERE \(start) ORDER BY \(order) LIMIT ?3"
  }

  static let records = Place(
    table: "record", key: "id",
    columns: [
      "from_number", "to_number", "call_id", "conversation_id", "request_id", "content_type", "headers", "query",
      "body",
    ])
  static let attempts = Place(table: "attempt", key: "delivery", second: "number", columns: ["reason", "response"])
  static let deliveries = Place(table: "delivery", key: "id", columns: ["reason"])
  static let deadLetters = Place(table: "dead_letter", key: "delivery", columns: ["reason"])
  static let actions = Place(table: "action", key: "id", columns: ["command", "reason"])
  static let calls = Place(
    table: "call_request", key: "id",
    columns: ["from_number", "to_number", "request", "reason", "response", "idempotency_key", "request_id"])
  static let rules = Place(table: "rules_version", key: "version", columns: ["text"])

  static func kept(_ table: KeptRequestTable) -> Place {
    Place(
      table: table.rawValue, key: "id", columns: ["reason", "content_type", "headers", "query", "body"])
  }
}

extension QueueVisitor {
  /// Rows read in one statement: some milliseconds.
  private static let searchPage = 2000

  /// Reads every row that could speak of the person, a page at a time. `progress`: rows read so far.
  package func find(_ person: Person, progress: (Int) throws -> Void = { _ in }) throws -> ErasurePlan {
    var plan = ErasurePlan()
    var read = 0
    func search(_ place: Place, _ found: (Int64, Int64) throws -> Void) throws {
      try self.search(place, for: person, found) { rows in
        read += rows
        try progress(read)
      }
    }
    try search(.records) { id, _ in plan.records.append(id) }
    try search(.attempts) { delivery, number in plan.attempts.append((delivery, number)) }
    try search(.deliveries) { id, _ in plan.deliveries.append(id) }
    try search(.deadLetters) { id, _ in plan.deadLetters.append(id) }
    try search(.kept(.quarantine)) { id, _ in plan.quarantine.append(id) }
    try search(.kept(.refused)) { id, _ in plan.refused.append(id) }
    try search(.calls) { id, _ in plan.calls.append(id) }
    try search(.actions) { id, _ in plan.actions.append(id) }
    try search(.rules) { version, _ in plan.rulesVersions.append(version) }
    for record in plan.records { try addDeliveries(of: record, to: &plan) }
    plan.receivers.sort { $0.destination < $1.destination }
    plan.copies = try copies()
    return plan
  }

  private func search(
    _ place: Place, for person: Person, _ found: (Int64, Int64) throws -> Void, _ progress: (Int) throws -> Void
  ) throws {
    var last: (Int64, Int64) = (.min, 0)
    while true {
      let query = Query(
        place.page, [.integer(last.0), .integer(last.1), .integer(Int64(Self.searchPage))])
      let page = try rows(query) { row in
        let isFound = place.columns.indices.contains { column in row.withBytes(Int32(column + 2), person.isIn) }
        return (key: row.integer(0), second: row.integer(1), isFound: isFound)
      }
      for row in page where row.isFound { try found(row.key, row.second) }
      guard let end = page.last else { return }
      last = (end.key, end.second)
      try progress(page.count)
    }
  }

  private func addDeliveries(of record: Int64, to plan: inout ErasurePlan) throws {
    for delivery in try deliveries(ofRecord: Identifier(record)) {
      if delivery.state == .waiting || delivery.state == .sending {
        plan.waiting[delivery.destination, default: 0] += 1
      }
      let answered = try rows(
        Query(
          "SELECT min(started_at_ms), max(started_at_ms) FROM attempt WHERE delivery = ? AND status IS NOT NULL",
          [.id(delivery.id)])
      ) { ($0.instant(0), $0.instant(1)) }.first
      let settled = delivery.state == .delivered ? delivery.settledAt : nil
      guard let first = answered?.0 ?? settled, let last = answered?.1 ?? settled else { continue }
      if let place = plan.receivers.firstIndex(where: { $0.destination == delivery.destination }) {
        plan.receivers[place].count += 1
        plan.receivers[place].first = min(plan.receivers[place].first, first)
        plan.receivers[place].last = max(plan.receivers[place].last, last)
      } else {
        plan.receivers.append(
          ErasurePlan.Receiver(destination: delivery.destination, count: 1, first: first, last: last))
      }
    }
  }

  /// Those before migrations and the last answer of an API that could not be read, beside the database, and the backups that
  /// are still where they were made.
  private func copies() throws -> [String] {
    let before = (1...Schema.newestVersion).map { "\(path).before-\($0)" }
    let backups = try rows(Query("SELECT DISTINCT path FROM backup ORDER BY id")) { $0.text(0) }
    return (before + ["\(path).unread-answer"] + backups).filter { access($0, F_OK) == 0 }
  }
}
