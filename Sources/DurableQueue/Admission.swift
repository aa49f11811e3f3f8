import Digests
import HTTPTypes
import RelayCore
import SQLite

/// Puts a record and its deliveries into the database, inside a transaction of the caller's. Used by the relay's writer and
/// by commands that visit the database (a replay out of quarantine), each on its own connection.
///
/// A record whose key and content stand there already is a duplicate of that row. Other content under a known key is a
/// revision, numbered by how many versions stand there.
package final class Admission {
  private let findVersions: Statement
  private let insertRecord: Statement
  private let insertDelivery: Statement
  /// A sender's requests mostly have the same headers: those of the last one, as they stand in the database.
  private var lastHeaders = HTTPHeaders()
  private var lastHeadersText = RawRecordColumns.text(HTTPHeaders())

  package init(connection: Connection) throws(DatabaseError) {
    // Answered from the unique index alone.
    findVersions = try connection.prepare("SELECT id, content_hash FROM record WHERE dedup_key = ?")
    insertRecord = try connection.prepare(
      """
      INSERT INTO record (id, source, provider, kind, received_at_ms, dedup_key, content_hash, revision, unrouted, sender,
        credential, body_sha256, rules_version, call_id, conversation_id, request_id, from_number, to_number,
        content_type, headers, query, body)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    insertDelivery = try connection.prepare(
      """
      INSERT INTO delivery (id, record, destination, rule, state, created_at_ms, clock_started_at_ms, held_before_ms,
        next_attempt_at_ms)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8)
      """)
  }

  /// The receipt counts once the caller's transaction is committed; the desk says then who must hear of the deliveries.
  package func admit(
    _ new: NewRecord, at now: Instant, ids: inout IdentifierGenerator, desk: inout HandoverDesk
  ) throws(DatabaseError) -> CommitReceipt {
    let versions = try versions(key: new.dedupKey, content: new.contentHash)
    if let first = versions.equal { return CommitReceipt(outcome: .duplicate, record: first) }

    let revision = versions.count
    let record = try insert(new, revision: revision, at: now, ids: &ids)
    for route in new.routes where revision == 0 || !route.skipsRevisions {
      try insert(route, of: new, record: record, revision: revision, at: now, ids: &ids, desk: &desk)
    }
    return CommitReceipt(outcome: .accepted(revision: revision), record: record)
  }

  /// 8 bytes of the record's own time, big-endian, then 16 of SHA-256 over scope, NUL, key: rows of one time lie together.
  package static func dedupKey(scope: String, identity: RecordIdentity) -> [UInt8] {
    let name = scope.utf8.count + 1 + identity.key.utf8.count
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: name) { bytes in
      let end = bytes.initialize(fromContentsOf: scope.utf8)
      bytes.initializeElement(at: end, to: 0)
      _ = bytes[(end + 1)...].initialize(fromContentsOf: identity.key.utf8)
      let hash = SHA256.hash(UnsafeBufferPointer(bytes), count: 16)
      var key: [UInt8] = []
      key.reserveCapacity(24)
      withUnsafeBytes(of: identity.time.milliseconds.bigEndian) { key.append(contentsOf: $0) }
      key.append(contentsOf: hash)
      return key
    }
  }

  private func versions(key: [UInt8], content: [UInt8]) throws(DatabaseError) -> (equal: Identifier?, count: Int) {
    findVersions.bind(1, key)
    var equal: Identifier?
    var count = 0
    while try findVersions.step() {
      count += 1
      if findVersions.blob(1) == content { equal = Identifier(findVersions.integer(0)) }
    }
    findVersions.reset()
    return (equal, count)
  }

  private func insert(
    _ new: NewRecord, revision: Int, at now: Instant, ids: inout IdentifierGenerator
  ) throws(DatabaseError) -> Identifier {
    try withFreeIdentifier(at: now, ids: &ids) { id throws(DatabaseError) in
      let row = insertRecord
      row.bind(1, id.number)
      row.bind(2, new.source)
      row.bind(3, new.provider.rawValue)
      row.bind(4, new.kind.rawValue)
      row.bind(5, new.receivedAt.milliseconds)
      row.bind(6, new.dedupKey)
      row.bind(7, new.contentHash)
      row.bind(8, revision)
      row.bind(9, new.routes.isEmpty ? 1 : 0)
      row.bind(10, new.sender)
      row.bind(11, new.credential)
      row.bind(12, new.bodyHash)
      row.bind(13, new.rulesVersion)
      row.bind(14, new.callID)
      row.bind(15, new.conversationID)
      row.bind(16, new.requestID)
      row.bind(17, new.from)
      row.bind(18, new.to)
      row.bind(19, new.raw.contentType)
      row.bind(20, textOf: text(new.raw.headers))
      row.bind(21, textOf: RawRecordColumns.text(new.raw.query))
      row.bind(22, new.raw.body)
      try row.run()
    }
  }

  private func text(_ headers: HTTPHeaders) -> [UInt8] {
    if headers != lastHeaders {
      lastHeaders = headers
      lastHeadersText = RawRecordColumns.text(headers)
    }
    return lastHeadersText
  }

  private func insert(
    _ route: Route, of new: NewRecord, record: Identifier, revision: Int, at now: Instant,
    ids: inout IdentifierGenerator, desk: inout HandoverDesk
  ) throws(DatabaseError) {
    let (isTaken, heldBefore) = desk.place(route.destination, bodyBytes: new.raw.body.count, at: now)
    let id = try withFreeIdentifier(at: now, ids: &ids) { id throws(DatabaseError) in
      let row = insertDelivery
      row.bind(1, id.number)
      row.bind(2, record.number)
      row.bind(3, route.destination)
      row.bind(4, route.rule)
      row.bind(5, isTaken ? DeliveryState.sending.rawValue : DeliveryState.waiting.rawValue)
      row.bind(6, now.milliseconds)
      row.bind(7, heldBefore)
      row.bind(8, isTaken ? nil : now.milliseconds)
      try row.run()
    }
    guard isTaken else { return }
    desk.hand(
      DueDelivery(
        id: id, destination: route.destination, rule: route.rule, record: record, source: new.source,
        provider: new.provider, receivedAt: new.receivedAt, revision: revision, raw: new.raw, attempts: 0, tries: 0,
        replays: 0, clockStartedAt: now, heldBefore: heldBefore
      ))
  }

  /// Draws again where another process, or a clock that stepped back, has used the number.
  private func withFreeIdentifier(
    at now: Instant, ids: inout IdentifierGenerator, _ insert: (Identifier) throws(DatabaseError) -> Void
  ) throws(DatabaseError) -> Identifier {
    while true {
      let id = ids.next(at: now)
      do {
        try insert(id)
        return id
      } catch {
        guard error.isTakenIdentifier else { throw error }
      }
    }
  }
}
