/// The provider-neutral reading of a record. What the provider did not say is nil, never invented.
package struct Call: Sendable, Equatable {
  package enum Leg: String, Sendable, CaseIterable {
    case a, b
  }

  /// What a record stands for among the several that one phone call causes.
  package enum Role: String, Sendable, CaseIterable {
    /// The whole conversation: what billing and CRMs count. Comes once per conversation.
    case call
    /// Another leg of a conversation that has its own `call` record.
    case leg
    /// One agent of a group did not pick up.
    case agentMissed = "agent_missed"
    /// Something that happened during the call.
    case live
  }

  /// Of the conversation, not of the leg.
  package enum Direction: String, Sendable, CaseIterable {
    case inbound, outbound
  }

  /// One vocabulary for all providers; the provider's own word stays in the body.
  package enum Status: String, Sendable, CaseIterable {
    // After the call.
    case answered, missed, busy, failed, canceled, unallocated
    // During it (`answered` too).
    case waiting, started, ringing, bridged, ended
  }

  package enum HangupParty: String, Sendable, CaseIterable {
    case customer, agent, system
  }

  /// The provider's id of this record's leg.
  package var id: String?
  /// What the legs of one call share.
  package var conversationID: String?
  /// The id of the click-to-call request that began it.
  package var requestID: String?
  /// The call that a client placed through the relay.
  package var request: CallMark?
  package var leg: Leg?
  package var role: Role?
  package var direction: Direction?
  package var status: Status?
  /// Digits as sent, with `+` where the provider says E.164.
  package var from: String?
  package var to: String?
  package var customerNumber: String?
  package var ourNumber: String?
  /// Without TeleCMI's `_appid` suffix.
  package var agent: String?
  package var team: String?
  package var startedAt: Instant?
  package var answeredAt: Instant?
  package var endedAt: Instant?
  package var totalSeconds: Int64?
  package var answeredSeconds: Int64?
  package var billedSeconds: Int64?
  package var waitedSeconds: Int64?
  package var hangupReason: String?
  package var hangupBy: HangupParty?
  /// A file name or URL as sent.
  package var recording: String?
  package var voicemail: String?
  /// `custom` and `extra_params`, opened: an object where the text held one, else the text.
  package var custom: JSONView?
  package var extra: JSONView?
  package var account: String?

  package init() {}
}
