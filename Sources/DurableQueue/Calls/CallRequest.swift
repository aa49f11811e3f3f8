import Digests
import RelayCore

/// Where a call stands that a client asked for.
///
/// ```
///   committed            marked                answered
///  ----------> [accepted] -----> [sending] ------------> [placed]
///                 ^   |             |   |                   ^
///                 |   | refused     |   | refused           | its CDR
///                 |   '-----> [refused] <'                   |
///                 |               |     no answer, a crash   |
///                 '---------------'      '------------> [unknown]
///                   the same key again, and nothing
///                   was sent: `CallFault.isRetried`
/// ```
///
/// Nothing goes out before `sending` is on disk, and from there no way leads back but that nothing was sent: so a call is
/// dialled at most once.
package enum CallState: String, Sendable, CaseIterable {
  /// On disk; nothing was sent. The start of a relay refuses it (`stopped`).
  case accepted
  /// From now on bytes may have gone out. The start of a relay makes it `unknown`.
  case sending
  /// The provider took it, or its CDR came.
  case placed
  /// Nothing was dialled.
  case refused
  /// It may have been dialled or not. Never sent again; its CDR settles it.
  case unknown
}

/// Why a call was refused, or is unknown.
package enum CallFault: String, Sendable, CaseIterable {
  /// The provider says that something of the request is missing or wrong.
  case request
  /// The provider does not know our app id or secret: an admin must act.
  case credentials
  /// The provider refuses, for another reason.
  case provider
  /// No connection came about, so nothing was sent.
  case connection
  /// The relay stopped, or could not write, before anything was sent.
  case stopped
  /// Something was sent and no answer came that can be read. The only one of `unknown`.
  case noAnswer = "no_answer"

  /// The same key may try again: nothing was sent, and it may go better then.
  package var isRetried: Bool { self == .connection || self == .stopped }
}

/// A call on its way into the queue.
package struct NewCallRequest: Sendable {
  package let source: String
  package let client: String
  package let key: String?
  /// SHA-256 over source and request.
  package let hash: [UInt8]
  package let from: String?
  package let to: String
  /// JSON as the client sent it.
  package let request: String
  /// Calls of the client in any 60 seconds, and in any 24 hours.
  package let perMinute: Int
  package let perDay: Int

  package init(
    source: String, client: String, key: String?, from: String?, to: String, request: String, perMinute: Int,
    perDay: Int
  ) {
    self.source = source
    self.client = client
    self.key = key
    hash = SHA256.hash(Array("\(source)\n\(request)".utf8))
    self.from = from
    self.to = to
    self.request = request
    self.perMinute = perMinute
    self.perDay = perDay
  }
}

/// Proof that a call is on disk: made only behind a COMMIT that returned.
package struct AcceptedCall: Sendable {
  package let id: Identifier

  init(id: Identifier) {
    self.id = id
  }
}

/// Leave to send a call, once: made only behind the COMMIT that says `sending`, and used up by sending.
package struct SendingPermit: ~Copyable, Sendable {
  package let call: Identifier

  init(call: Identifier) {
    self.call = call
  }
}

/// What became of a call that a client asks for.
package enum CallAdmission: Sendable {
  case accepted(AcceptedCall)
  /// The key is known, and so is the answer.
  case known(CallRequestRow)
  /// The key is known, and its call is under way.
  case underWay(Identifier)
  /// The key is known with another request.
  case otherRequest(Identifier)
  /// The client has placed as many as it may. `seconds` until it may place the next.
  case overRate(limit: Int, span: String, seconds: Int)
}

/// What came of sending.
package struct CallSettlement: Sendable {
  package let call: Identifier
  /// `placed`, `refused` or `unknown`.
  package var state: CallState
  package var fault: CallFault?
  /// nil where there is nothing to say.
  package var reason: String?
  package var requestID: String?
  /// The HTTP status of the provider's answer.
  package var status: Int?
  /// What the provider's answer says inside.
  package var code: Int?
  /// Without secrets.
  package var response: [UInt8] = []

  package init(call: Identifier, _ state: CallState, _ fault: CallFault? = nil, reason: String? = nil) {
    self.call = call
    self.state = state
    self.fault = fault
    self.reason = reason
  }
}
