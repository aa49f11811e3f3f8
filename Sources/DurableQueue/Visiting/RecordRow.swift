import RelayCore
import SQLite

/// A row of `record`, without its body.
package struct RecordRow: Sendable, Equatable {
  package let id: Identifier
  package let source: String
  package let provider: Provider
  package let kind: RecordKind
  package let receivedAt: Instant
  package let revision: Int
  package let isUnrouted: Bool
  package let sender: String
  /// By name, never the secret.
  package let credential: String
  package let bodyHash: [UInt8]
  package let rulesVersion: Int64
  package let callID: String?
  package let conversationID: String?
  package let requestID: String?
  package let from: String?
  package let to: String?

  static let columns = """
    r.id, r.source, r.provider, r.kind, r.received_at_ms, r.revision, r.unrouted, r.sender, r.credential, r.body_sha256,
    r.rules_version, r.call_id, r.conversation_id, r.request_id, r.from_number, r.to_number
    """

  /// Reads `columns`.
  init(_ row: Statement) {
    id = Identifier(row.integer(0))
    source = row.text(1)
    // The schema allows no other words; a newer schema is refused on opening.
    provider = Provider(rawValue: row.text(2)) ?? .generic
    kind = RecordKind(rawValue: row.text(3)) ?? .cdr
    receivedAt = Instant(milliseconds: row.integer(4))
    revision = Int(row.integer(5))
    isUnrouted = row.integer(6) == 1
    sender = row.text(7)
    credential = row.text(8)
    bodyHash = row.blob(9)
    rulesVersion = row.integer(10)
    callID = row.optionalText(11)
    conversationID = row.optionalText(12)
    requestID = row.optionalText(13)
    from = row.optionalText(14)
    to = row.optionalText(15)
  }
}
