import Digests
import DurableQueue
import RelayCore
import SQLite
import Telemetry

/// A database file of the newest schema, filled row by row with states that a relay would need hours to come to.
package final class DatabaseOnDisk {
  package let folder: TemporaryFolder
  package let path: String
  package let connection: Connection
  /// All rows are made at this moment unless told otherwise.
  package let now: Instant
  private var count: Int64 = 1000

  package init(now: Instant = ManualTime().now()) throws {
    folder = try TemporaryFolder()
    path = folder.file("cdrelay.db")
    self.now = now
    try DurableQueue.open(path: path, time: ManualTime(now), log: .silent).close()
    connection = try Connection(path: path, mode: .readWrite)
  }

  package func execute(_ sql: String) throws {
    try connection.execute(sql)
  }

  package func integer(_ sql: String) throws -> Int64? {
    try connection.integer(sql)
  }

  package func text(_ sql: String) throws -> String? {
    try connection.text(sql)
  }

  /// A record of source `telecmi` with this body; `bodyGone` as after retention.
  package func record(
    source: String = "telecmi", provider: Provider = .telecmi, callID: String? = nil, from: String? = nil,
    to: String? = nil, unrouted: Bool = false, body: String = "{}", bodyGone: Bool = false, at: Instant? = nil
  ) throws -> Identifier {
    count += 1
    let row = try connection.statement(
      """
      INSERT INTO record (id, source, provider, kind, received_at_ms, dedup_key, content_hash, revision, unrouted, sender,
        credential, body_sha256, rules_version, call_id, from_number, to_number, content_type, headers, query, body)
      VALUES (?, ?, ?, 'cdr', ?, ?, zeroblob(16), 0, ?, '192.0.2.7', 'token', ?, 1, ?, ?, ?, 'application/json',
        '[["user-agent","test"]]', '[]', ?)
      """)
    row.bind(1, count)
    row.bind(2, source)
    row.bind(3, provider.rawValue)
    row.bind(4, (at ?? now).milliseconds)
    row.bind(5, Array(SHA256.hash(Array("\(count)".utf8))[..<24]))
    row.bind(6, unrouted ? 1 : 0)
    row.bind(7, SHA256.hash(Array(body.utf8)))
    row.bind(8, callID)
    row.bind(9, from)
    row.bind(10, to)
    row.bind(11, bodyGone ? nil : Array(body.utf8))
    try row.run()
    return Identifier(count)
  }

  /// A delivery of this record, or of one made for it. With `status` it has one attempt that was answered so.
  @discardableResult
  package func delivery(
    of record: Identifier? = nil, to destination: String = "crm", _ state: DeliveryState, status: Int? = nil,
    reason: String? = nil, rule: String = "all", at: Instant? = nil, next: Instant? = nil, heldBefore: Int64 = 0
  ) throws -> Identifier {
    let record = try record ?? self.record(at: at)
    count += 1
    let isOpen = state == .waiting || state == .sending
    let tries = status == nil ? 0 : 1
    let row = try connection.statement(
      """
      INSERT INTO delivery (id, record, destination, rule, state, created_at_ms, attempts, tries, clock_started_at_ms,
        held_before_ms, next_attempt_at_ms, settled_at_ms, reason)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?6, ?8, ?9, ?10, ?11)
      """)
    row.bind(1, count)
    row.bind(2, record.number)
    row.bind(3, destination)
    row.bind(4, rule)
    row.bind(5, state.rawValue)
    row.bind(6, (at ?? now).milliseconds)
    row.bind(7, tries)
    row.bind(8, heldBefore)
    row.bind(9, state == .waiting ? (next ?? now).milliseconds : nil)
    row.bind(10, isOpen ? nil : now.milliseconds)
    row.bind(11, reason ?? status.map { "status \($0)" } ?? (isOpen || state == .delivered ? nil : "given up"))
    try row.run()
    let delivery = Identifier(count)
    if let status { try attempt(of: delivery, status: status, outcome: state) }
    if state == .dead { try deadLetter(of: delivery, status: status) }
    return delivery
  }

  private func attempt(of delivery: Identifier, status: Int, outcome state: DeliveryState) throws {
    let outcome = state == .delivered ? "delivered" : state == .dead ? "dead" : "retry"
    try execute(
      """
      INSERT INTO attempt (delivery, number, started_at_ms, took_ms, request_sha256, status, outcome, reason, response)
      VALUES (\(delivery), 1, \(now.milliseconds), 412, zeroblob(32), \(status), '\(outcome)', 'status \(status)', x'736f727279')
      """)
  }

  private func deadLetter(of delivery: Identifier, status: Int?) throws {
    let status = status.map { String($0) } ?? "NULL"
    try execute("INSERT INTO dead_letter VALUES (\(delivery), \(now.milliseconds), \(status), 'given up')")
  }

  /// A request to `telecmi` that is kept in quarantine.
  package func quarantined(body: String, size: Int? = nil, source: String = "telecmi") throws -> Identifier {
    count += 1
    let row = try connection.statement(
      """
      INSERT INTO quarantine (id, source, state, received_at_ms, last_received_at_ms, times, sender, credential, status,
        reason, content_hash, size, content_type, headers, query, body)
      VALUES (?1, ?2, 'kept', ?3, ?3, 1, '192.0.2.7', 'token', 422, 'no cmiuuid', ?4, ?5, 'application/json', '[]', '[]', ?6)
      """)
    row.bind(1, count)
    row.bind(2, source)
    row.bind(3, now.milliseconds)
    row.bind(4, SHA256.hash(Array(body.utf8)))
    row.bind(5, Int64(size ?? body.utf8.count))
    row.bind(6, body.isEmpty ? nil : Array(body.utf8))
    try row.run()
    return Identifier(count)
  }

  /// A request to `telecmi` without a valid credential that is kept.
  package func refused(
    body: String, sender: String = "203.0.113.9", credential: String = "token 00c0ffee", source: String = "telecmi"
  ) throws -> Identifier {
    count += 1
    let row = try connection.statement(
      """
      INSERT INTO refused (id, source, state, received_at_ms, last_received_at_ms, expires_at_ms, times, sender, credential,
        status, reason, content_hash, size, content_type, headers, query, body, bytes)
      VALUES (?1, ?2, 'kept', ?3, ?3, ?3 + 604800000, 1, ?4, ?5, 401, 'no valid credential', ?6, ?7, 'application/json',
        '[["user-agent","TeleCMI"]]', '[]', ?8, ?7)
      """)
    row.bind(1, count)
    row.bind(2, source)
    row.bind(3, now.milliseconds)
    row.bind(4, sender)
    row.bind(5, credential)
    row.bind(6, SHA256.hash(Array(body.utf8)))
    row.bind(7, body.utf8.count)
    row.bind(8, body.isEmpty ? nil : Array(body.utf8))
    try row.run()
    return Identifier(count)
  }

  /// The rules that the relay loaded last.
  package func rules(_ text: String) throws {
    let row = try connection.statement(
      "INSERT INTO rules_version (version, loaded_at_ms, sha256, text) VALUES (1, ?, ?, ?)")
    row.bind(1, now.milliseconds)
    row.bind(2, SHA256.hash(Array(text.utf8)))
    row.bind(3, text)
    try row.run()
  }
}
