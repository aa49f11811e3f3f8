import RelayCore

/// A record on its way into the queue, with its deliveries and what proves where it came from: what the columns of its rows
/// need, and nothing that was only read to find it. A class, so that it passes to the writer without being copied.
package final class NewRecord: Sendable {
  package let source: String
  package let provider: Provider
  package let kind: RecordKind
  /// See `Admission.dedupKey`.
  package let dedupKey: [UInt8]
  /// 16 bytes: `RecordIdentity.content`.
  package let contentHash: [UInt8]
  package let columns: CallColumns
  /// Of the call: its reading is not kept, which would keep all of the body as read until the commit.
  let role: Call.Role?
  package let raw: RawRecord
  package let routes: [Route]
  package let receivedAt: Instant
  /// The sender's address: of the connection, or what a trusted proxy said.
  package let sender: String
  /// Which credential authenticated it, by name: `token`, `token 2`, `basic pbx`, `hmac`, `none`.
  package let credential: String
  /// SHA-256 of the body as kept.
  package let bodyHash: [UInt8]
  package let rulesVersion: Int64
  /// The call placed through the relay that it is of; nil for all others.
  package let callMark: CallMark?

  /// `dedupScope`: within which keys are unique: the source's name, or its `dedup_group`.
  package init(
    record: borrowing Record, raw: RawRecord, routes: [Route], receivedAt: Instant, sender: String, credential: String,
    bodyHash: [UInt8], rulesVersion: Int64, dedupScope: String, callMark: CallMark? = nil
  ) {
    source = record.source
    provider = record.provider
    kind = record.kind
    dedupKey = Admission.dedupKey(scope: dedupScope, identity: record.identity)
    contentHash = record.identity.content
    columns = record.columns
    role = record.role
    self.raw = raw
    self.routes = routes
    self.receivedAt = receivedAt
    self.sender = sender
    self.credential = credential
    self.bodyHash = bodyHash
    self.rulesVersion = rulesVersion
    self.callMark = callMark
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
