/// The name of each field of a call, as rules and templates write it behind `call.`.
package enum CallField: String, Sendable, CaseIterable {
  case id
  case conversationID = "conversation_id"
  case requestID = "request_id"
  case request
  case leg, role, direction, status, from, to
  case customerNumber = "customer_number"
  case ourNumber = "our_number"
  case agent, team
  case startedAt = "started_at"
  case answeredAt = "answered_at"
  case endedAt = "ended_at"
  case totalSeconds = "total_seconds"
  case answeredSeconds = "answered_seconds"
  case billedSeconds = "billed_seconds"
  case waitedSeconds = "waited_seconds"
  case hangupReason = "hangup_reason"
  case hangupBy = "hangup_by"
  case recording, voicemail, custom, extra, account
}

extension Call {
  /// The field as JSON; nil where it is missing.
  package subscript(field: CallField) -> JSON? {
    switch field {
    case .id: id.map(JSON.string)
    case .conversationID: conversationID.map(JSON.string)
    case .requestID: requestID.map(JSON.string)
    case .request: request?.json
    case .leg: leg.map { .string($0.rawValue) }
    case .role: role.map { .string($0.rawValue) }
    case .direction: direction.map { .string($0.rawValue) }
    case .status: status.map { .string($0.rawValue) }
    case .from: from.map(JSON.string)
    case .to: to.map(JSON.string)
    case .customerNumber: customerNumber.map(JSON.string)
    case .ourNumber: ourNumber.map(JSON.string)
    case .agent: agent.map(JSON.string)
    case .team: team.map(JSON.string)
    case .startedAt: startedAt.map { .string($0.rfc3339) }
    case .answeredAt: answeredAt.map { .string($0.rfc3339) }
    case .endedAt: endedAt.map { .string($0.rfc3339) }
    case .totalSeconds: totalSeconds.map(JSON.integer)
    case .answeredSeconds: answeredSeconds.map(JSON.integer)
    case .billedSeconds: billedSeconds.map(JSON.integer)
    case .waitedSeconds: waitedSeconds.map(JSON.integer)
    case .hangupReason: hangupReason.map(JSON.string)
    case .hangupBy: hangupBy.map { .string($0.rawValue) }
    case .recording: recording.map(JSON.string)
    case .voicemail: voicemail.map(JSON.string)
    case .custom: custom?.json
    case .extra: extra?.json
    case .account: account.map(JSON.string)
    }
  }

  /// Makes the field missing.
  package mutating func clear(_ field: CallField) {
    switch field {
    case .id: id = nil
    case .conversationID: conversationID = nil
    case .requestID: requestID = nil
    case .request: request = nil
    case .leg: leg = nil
    case .role: role = nil
    case .direction: direction = nil
    case .status: status = nil
    case .from: from = nil
    case .to: to = nil
    case .customerNumber: customerNumber = nil
    case .ourNumber: ourNumber = nil
    case .agent: agent = nil
    case .team: team = nil
    case .startedAt: startedAt = nil
    case .answeredAt: answeredAt = nil
    case .endedAt: endedAt = nil
    case .totalSeconds: totalSeconds = nil
    case .answeredSeconds: answeredSeconds = nil
    case .billedSeconds: billedSeconds = nil
    case .waitedSeconds: waitedSeconds = nil
    case .hangupReason: hangupReason = nil
    case .hangupBy: hangupBy = nil
    case .recording: recording = nil
    case .voicemail: voicemail = nil
    case .custom: custom = nil
    case .extra: extra = nil
    case .account: account = nil
    }
  }

  /// All fields that are present, in the order of the design's table.
  package var json: JSON {
    .object(
      JSONObject(
        CallField.allCases.compactMap { field in
          self[field].map { JSONObject.Member(key: field.rawValue, value: $0) }
        }
      )
    )
  }
}
