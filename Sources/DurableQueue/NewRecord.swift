import RelayCore

/// A record on its way into the queue, with its deliveries and what proves where it came from: what the columns of its rows
/// need, and nothing that was only read to find it.
package struct NewRecord: Sendable {
  package var source: String
  package var provider: Provider
  package var kind: RecordKind
  /// See `Admission.dedupKey`.
  package var dedupKey: [UInt8]
  /// 16 bytes: `RecordIdentity.content`.
  package var contentHash: [UInt8]
  package var callID: String?
  package var conversationID: String?
  package var requestID: String?
  package var from: String?
  package var to: String?
  package var raw: RawRecord
  package var routes: [Route]
  package var receivedAt: Instant
  /// The sender's address: of the connection, or what a trusted proxy said.
  package var sender: String
  /// Which credential authenticated it, by name: `token`, `token 2`, `basic pbx`, `hmac`, `none`.
  package var credential: String
  /// SHA-256 of the body as kept.
  package var bodyHash: [UInt8]
  package var rulesVersion: Int64

  /// `dedupScope`: within which keys are unique: the source's name, or its `dedup_group`.
  package init(
    record: borrowing Record, raw: RawRecord, routes: [Route], receivedAt: Instant, sender: String, credential: String,
    bodyHash: [UInt8], rulesVersion: Int64, dedupScope: String
  ) {
    source = record.source
    provider = record.provider
    kind = record.kind
    dedupKey = Admission.dedupKey(scope: dedupScope, identity: record.identity)
    contentHash = record.identity.content
    callID = record.columns.id
    conversationID = record.columns.conversationID
    requestID = record.columns.requestID
    from = record.columns.from
    to = record.columns.to
    self.raw = raw
    self.routes = routes
    self.receivedAt = receivedAt
    self.sender = sender
    self.credential = credential
    self.bodyHash = bodyHash
    self.rulesVersion = rulesVersion
  }
}

/// An authenticated request whose body could not be accepted, on its way into quarantine.
package struct NewQuarantine: Sendable {
  package let source: String
  package let receivedAt: Instant
  package let sender: String
  package let credential: String
  /// What the sender is answered: 400, 413 or 422.
  package let status: Int
  package let reason: String
  /// The body's own; for one that was too large to read, its `body` is empty.
  package let raw: RawRecord
  /// Bytes of the body; nil where unknown (chunked and too large).
  package let size: Int?
  /// SHA-256 of the body, or of what is known of it: the same content is kept once, and counted.
  package let contentHash: [UInt8]

  package init(
    source: String, receivedAt: Instant, sender: String, credential: String, status: Int, reason: String,
    raw: RawRecord, size: Int?, contentHash: [UInt8]
  ) {
    self.source = source
    self.receivedAt = receivedAt
    self.sender = sender
    self.credential = credential
    self.status = status
    self.reason = reason
    self.raw = raw
    self.size = size
    self.contentHash = contentHash
  }
}
