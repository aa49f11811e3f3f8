import Digests
import HTTPTypes
import RelayCore
import SQLite

/// Puts records and their deliveries into the database, inside a transaction of the caller's. Used by the relay's writer and
/// by commands that visit the database (a replay out of quarantine), each on its own connection.
///
/// A record whose key and content stand there already is a duplicate of that row. Other content under a known key is a
/// revision, numbered by how many versions stand there. A webhook that comes behind the row that was fetched in its place is
/// kept and sent nowhere, as a revision or under a key of its own: its destinations have the call.
package final class Admission {
  /// What stands under a key already.
  private struct Versions {
    var count = 0
    /// The one with equal content.
    var equal: Identifier?
    var all: [Identifier] = []
  }

  private let connection: Connection
  private let newKeys: RowBuffer
  private let newRecords: RowBuffer
  private let newDeliveries: RowBuffer
  private let findVersions: Statement
  private let findCredential: Statement
  private let insertRecords: Statement
  private let insertDeliveries: Statement
  private let order: CallOrder
  private let calls: CallRequests
  /// nil for a command: what it stores, it has compared before.
  private let fetched: FetchedCalls?
  /// Destinations of whose answers a value is kept. Theirs are never handed over: a claim knows what is under way.
  var capturing: Set<String>
  /// Destinations to which the deliveries of one call go in their order.
  var ordered: Set<String>
  /// A sender's requests mostly have the same headers: those of the last one, as they stand in the database.
  private var lastHeaders = HTTPHeaders()
  private var lastHeadersText = RawRecordColumns.text(HTTPHeaders())

  package convenience init(connection: Connection, ordered: Set<String> = []) throws(DatabaseError) {
    try self.init(connection: connection, ordered: ordered, capturing: [], fetched: nil)
  }

  /// `fetched`: for webhooks, whose calls others may have fetched.
  init(
    connection: Connection, ordered: Set<String>, capturing: Set<String>, fetched: FetchedCalls?
  ) throws(DatabaseError) {
    self.fetched = fetched
    self.connection = connection
    self.ordered = ordered
    self.capturing = capturing
    order = CallOrder(connection: connection)
    calls = CallRequests(connection: connection)
    newKeys = try connection.rowBuffer("new_key", columns: ["dedup_key"])
    newRecords = try connection.rowBuffer("new_record", columns: Self.recordColumns)
    newDeliveries = try connection.rowBuffer("new_delivery", columns: Self.deliveryColumns)
    // Answered from the unique index alone.
    findVersions = try connection.prepare(
      """
      SELECT new_key.rowid, record.id, record.content_hash FROM new_key CROSS JOIN record
      ON record.dedup_key = new_key.dedup_key
      """)
    findCredential = try connection.prepare("SELECT credential FROM record WHERE id = ?")
    // FAIL: what fails is rolled back by the caller, so that SQLite need not keep the pages as they were.
    insertRecords = try connection.prepare(
      "INSERT OR FAIL INTO record (\(Self.recordColumns.joined(separator: ", "))) SELECT * FROM new_record")
    insertDeliveries = try connection.prepare(
      "INSERT OR FAIL INTO delivery (\(Self.deliveryColumns.joined(separator: ", "))) SELECT * FROM new_delivery")
  }

  private static let recordColumns = [
    "id", "source", "provider", "kind", "received_at_ms", "dedup_key", "content_hash", "revision", "unrouted", "sender",
    "credential", "body_sha256", "rules_version", "call_id", "conversation_id", "request_id", "from_number",
    "to_number",
    "content_type", "headers", "query", "body",
  ]
  private static let deliveryColumns = [
    "id", "record", "destination", "rule", "state", "created_at_ms", "clock_started_at_ms", "held_before_ms",
    "next_attempt_at_ms",
  ]

  /// One record. Its numbers are drawn again where another process, or a clock that stepped back, has used them.
  package func admit(
    _ new: NewRecord, at now: Instant, ids: inout IdentifierGenerator, desk: inout HandoverDesk
  ) throws(DatabaseError) -> CommitReceipt {
    let job = AdmitJob(new: new) { _ in }
    let before = desk
    while true {
      try connection.execute("SAVEPOINT admission")
      do {
        let receipts = try admit([job], at: now, ids: &ids, desk: &desk)
        try connection.execute("RELEASE admission")
        return receipts[0]
      } catch {
        guard error.isTakenIdentifier else { throw error }
        desk = before
        try connection.execute("ROLLBACK TO admission; RELEASE admission")
      }
    }
  }

  /// All of them, in their order; where it throws, the caller rolls back, since some may stand there. A receipt counts once
  /// the caller's transaction is committed; the desk says then who must hear of the deliveries.
  func admit(
    _ jobs: [AdmitJob], at now: Instant, ids: inout IdentifierGenerator, desk: inout HandoverDesk
  ) throws(DatabaseError) -> [CommitReceipt] {
    try fetched?.refresh(at: now)
    var receipts: [CommitReceipt] = []
    receipts.reserveCapacity(jobs.count)
    var rest = jobs[...]
    while !rest.isEmpty {
      let batch = Self.distinct(rest)
      rest = rest[batch.endIndex...]
      try admit(distinct: batch, at: now, ids: &ids, desk: &desk, &receipts)
    }
    return receipts
  }

  /// As many from the first on as have different keys: an equal one must find its forerunner in the database.
  private static func distinct(_ jobs: ArraySlice<AdmitJob>) -> ArraySlice<AdmitJob> {
    // Eight bytes of the hash in the key tell keys apart; where they don't, a batch ends early.
    var seen = Set<UInt64>(minimumCapacity: jobs.count)
    for index in jobs.indices {
      let mark = jobs[index].new.dedupKey.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self) }
      if !seen.insert(mark).inserted { return jobs[..<index] }
    }
    return jobs
  }

  private func admit(
    distinct jobs: ArraySlice<AdmitJob>, at now: Instant, ids: inout IdentifierGenerator, desk: inout HandoverDesk,
    _ receipts: inout [CommitReceipt]
  ) throws(DatabaseError) {
    let known = try versions(jobs)
    newRecords.removeAll()
    newDeliveries.removeAll()
    for (index, job) in jobs.enumerated() {
      let versions = known[index] ?? Versions()
      if let first = versions.equal {
        receipts.append(CommitReceipt(outcome: .duplicate, record: first))
        continue
      }
      let record = ids.next(at: now)
      append(job, record, revision: versions.count)
      if let mark = job.new.callMark { try calls.add(record, to: mark, requestID: job.new.columns.requestID) }
      let isLate = try versions.count == 0 ? fetched?.have(job.new) == true : areFetched(versions.all)
      for route in job.new.routes where !isLate && (versions.count == 0 || !route.skipsRevisions) {
        try append(
          route, of: job, record, delivery: ids.next(at: now), revision: versions.count, at: now, desk: &desk)
      }
      receipts.append(CommitReceipt(outcome: .accepted(revision: versions.count), record: record))
    }
    if !newRecords.isEmpty { try insertRecords.run() }
    if !newDeliveries.isEmpty { try insertDeliveries.run() }
  }

  /// By place among the jobs; mostly empty.
  private func versions(_ jobs: ArraySlice<AdmitJob>) throws(DatabaseError) -> [Int: Versions] {
    newKeys.removeAll()
    for job in jobs { newKeys.append(job.new.dedupKey) }
    var known: [Int: Versions] = [:]
    while try findVersions.step() {
      let place = Int(findVersions.integer(0))
      known[place, default: Versions()].count += 1
      known[place]?.all.append(Identifier(findVersions.integer(1)))
      if findVersions.blob(2) == jobs[jobs.startIndex + place].new.contentHash {
        known[place]?.equal = Identifier(findVersions.integer(1))
      }
    }
    findVersions.reset()
    return known
  }

  /// Behind a first webhook the next ones are revisions as ever.
  private func areFetched(_ records: [Identifier]) throws(DatabaseError) -> Bool {
    for record in records {
      findCredential.bind(1, record.number)
      defer { findCredential.reset() }
      guard try findCredential.step(), FetchedMark.Origin(credential: findCredential.text(0)) != nil else {
        return false
      }
    }
    return true
  }

  /// The values in the order of `recordColumns`.
  private func append(_ job: AdmitJob, _ id: Identifier, revision: Int) {
    let row = newRecords
    row.append(id.number)
    row.append(job.new.source)
    row.append(job.new.provider.rawValue)
    row.append(job.new.kind.rawValue)
    row.append(job.new.receivedAt.milliseconds)
    row.append(job.new.dedupKey)
    row.append(job.new.contentHash)
    row.append(revision)
    row.append(job.new.routes.isEmpty ? 1 : 0)
    row.append(job.new.sender)
    row.append(job.new.credential)
    row.append(job.new.bodyHash)
    row.append(job.new.rulesVersion)
    row.append(job.new.columns.id)
    row.append(job.new.columns.conversationID)
    row.append(job.new.columns.requestID)
    row.append(job.new.columns.from)
    row.append(job.new.columns.to)
    row.append(job.new.raw.contentType)
    row.append(textOf: text(job.new.raw.headers))
    row.append(textOf: RawRecordColumns.text(job.new.raw.query))
    row.append(job.new.raw.body)
  }

  private func text(_ headers: HTTPHeaders) -> [UInt8] {
    if headers != lastHeaders {
      lastHeaders = headers
      lastHeadersText = RawRecordColumns.text(headers)
    }
    return lastHeadersText
  }

  /// The values in the order of `deliveryColumns`.
  private func append(
    _ route: Route, of job: AdmitJob, _ record: Identifier, delivery id: Identifier, revision: Int, at now: Instant,
    desk: inout HandoverDesk
  ) throws(DatabaseError) {
    let isBehind = try isBehind(route, job.new.columns, id)
    let (isTaken, heldBefore) = desk.place(
      route.destination, bodyBytes: job.new.raw.body.count, isBehind: isBehind,
      isHandedOver: !capturing.contains(route.destination), at: now)
    let row = newDeliveries
    row.append(id.number)
    row.append(record.number)
    row.append(route.destination)
    row.append(route.rule)
    row.append(isTaken ? DeliveryState.sending.rawValue : DeliveryState.waiting.rawValue)
    row.append(now.milliseconds)
    row.append(now.milliseconds)
    row.append(heldBefore)
    row.append(isTaken ? nil : (isBehind ? CallOrder.never : now).milliseconds)
    guard isTaken else { return }
    desk.hand(
      DueDelivery(
        id: id, destination: route.destination, rule: route.rule, record: record, source: job.new.source,
        provider: job.new.provider, receivedAt: job.new.receivedAt, revision: revision, raw: job.new.raw, attempts: 0,
        tries: 0, replays: 0, clockStartedAt: now, heldBefore: heldBefore))
  }

  /// Whether it must wait for an earlier delivery of its call to the same destination.
  private func isBehind(_ route: Route, _ columns: CallColumns, _ id: Identifier) throws(DatabaseError) -> Bool {
    guard !ordered.isEmpty, ordered.contains(route.destination), let call = CallOrder.call(columns) else {
      return false
    }
    return try order.join(id, of: call, to: route.destination)
  }

  /// 8 bytes of the record's own time, big-endian, then 16 of SHA-256 over scope, NUL, key: rows of one time lie together.
  package static func dedupKey(scope: String, identity: RecordIdentity) -> [UInt8] {
    let name = scope.utf8.count + 1 + identity.key.utf8.count
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: name) { bytes in
      let end = bytes.initialize(fromContentsOf: scope.utf8)
      bytes.initializeElement(at: end, to: 0)
      _ = bytes[(end + 1)...].initialize(fromContentsOf: identity.key.utf8)
      var key = SHA256.hash(UnsafeBufferPointer(bytes), count: 24)
      key.withUnsafeMutableBytes { key in
        // Sixteen bytes of the hash, moved to make room for the time.
        let hash = key.load(as: (UInt64, UInt64).self)
        key.storeBytes(of: (identity.time.milliseconds.bigEndian, hash.0, hash.1), as: (Int64, UInt64, UInt64).self)
      }
      return key
    }
  }
}
