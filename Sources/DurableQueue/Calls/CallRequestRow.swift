import RelayCore
import SQLite

/// A row of `call_request`.
package struct CallRequestRow: Sendable, Equatable {
  package let id: Identifier
  package let source: String
  package let client: String
  package let key: String?
  package let from: String?
  /// nil once the person was erased.
  package let to: String?
  package let request: String?
  package let state: CallState
  package let acceptedAt: Instant
  package let sendingAt: Instant?
  package let settledAt: Instant?
  package let fault: CallFault?
  package let reason: String?
  package let requestID: String?
  package let status: Int?
  package let code: Int?
  package let response: [UInt8]

  static let columns = """
    c.id, c.source, c.client, c.idempotency_key, c.from_number, c.to_number, c.request, c.state, c.accepted_at_ms,
    c.sending_at_ms, c.settled_at_ms, c.fault, c.reason, c.request_id, c.status, c.code, c.response
    """

  /// Reads `columns`.
  init(_ row: Statement) {
    id = Identifier(row.integer(0))
    source = row.text(1)
    client = row.text(2)
    key = row.optionalText(3)
    from = row.optionalText(4)
    to = row.optionalText(5)
    request = row.optionalText(6)
    // The schema allows no other words; a newer schema is refused on opening.
    state = CallState(rawValue: row.text(7)) ?? .unknown
    acceptedAt = Instant(milliseconds: row.integer(8))
    sendingAt = row.instant(9)
    settledAt = row.instant(10)
    fault = row.optionalText(11).flatMap(CallFault.init(rawValue:))
    reason = row.optionalText(12)
    requestID = row.optionalText(13)
    status = row.optionalInteger(14).map(Int.init)
    code = row.optionalInteger(15).map(Int.init)
    response = row.isNull(16) ? [] : row.blob(16)
  }
}
