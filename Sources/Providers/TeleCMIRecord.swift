import RelayCore

/// What the fields of a TeleCMI record say together: its kind, its status, and whose direction it gives. A class, since
/// it is kept for whoever asks for the call.
final class TeleCMIRecord: Sendable {
  let fields: KnownFields<TeleCMIField>
  let id: String
  let account: String?
  /// As sent, in lower case; empty where there is none.
  let statusWord: String
  /// Without PIOPIY's `in_` and `out_`.
  let plainStatus: String
  let leg: Call.Leg?
  let kind: RecordKind
  /// `cdr` and `live`; a `type` that is neither `cdr` nor `event` stands for itself.
  let kindInKey: String
  let isPIOPIY: Bool
  let direction: Call.Direction?

  init(fields: KnownFields<TeleCMIField>, id: String) {
    self.fields = fields
    self.id = id
    account = fields.text(.appid) ?? fields.text(.appID) ?? fields.text(.inetno)
    statusWord = fields.word(.status) ?? ""
    plainStatus = Self.withoutPrefix(statusWord)
    leg = fields.word(.leg).flatMap(Call.Leg.init)
    let isPrefixed = plainStatus.utf8.count != statusWord.utf8.count
    // Rows of the REST API have a `duration` too, beside `billedsec`.
    isPIOPIY =
      isPrefixed || fields.hasAny(of: [.startTime, .endTime, .answerTime, .callRate, .balance, .vn])
      || (fields.has(.duration) && !fields.has(.billedsec)) || statusWord.hasPrefix("stream_")
    let type = fields.word(.type)
    switch type {
    case "cdr": kind = .cdr
    case "event": kind = .live
    default: kind = Self.kind(fields, status: plainStatus, isPrefixed: isPrefixed)
    }
    kindInKey = if let type, type != "cdr", type != "event" { type } else { kind.rawValue }
    direction = Self.direction(fields, status: statusWord, leg: leg, isPIOPIY: isPIOPIY)
  }

  private static func withoutPrefix(_ word: String) -> String {
    if word.hasPrefix("in_") { return String(word.dropFirst(3)) }
    if word.hasPrefix("out_") { return String(word.dropFirst(4)) }
    return word
  }

  /// For records without a `type` that we know (PIOPIY's newer edition, the webhooks of 2019).
  private static func kind(
    _ fields: KnownFields<TeleCMIField>, status: String, isPrefixed: Bool
  ) -> RecordKind {
    switch status {
    case "waiting", "started", "ringing", "bridged", "hangup", "stream_connected", "stream_disconnected": return .live
    case "missed", "busy", "failed", "canceled", "cancelled", "unallocated": return .cdr
    default: break
    }
    let cameAfterTheCall = fields.hasAny(of: [
      .endTime, .duration, .answeredsec, .waitedsec, .billedsec, .hangupReason, .filename, .voicename, .callRate,
      .balance,
    ])
    if cameAfterTheCall { return .cdr }
    return status == "answered" && !isPrefixed ? .cdr : .live
  }

  /// Of the conversation. A leg b that the platform dials for an inbound call says `outbound`; what tells it from a real
  /// outbound call is that nothing names the request, the click or the caller id that began one.
  private static func direction(
    _ fields: KnownFields<TeleCMIField>, status: String, leg: Call.Leg?, isPIOPIY: Bool
  ) -> Call.Direction? {
    switch fields.word(.direction) {
    case "inbound": return .inbound
    case "outbound":
      if status.hasPrefix("in_") { return .inbound }
      return leg == .b && belongsToAnInboundCall(fields, isPIOPIY: isPIOPIY) ? .inbound : .outbound
    default:
      if status.hasPrefix("in_") { return .inbound }
      return status.hasPrefix("out_") && leg != .b ? .outbound : nil
    }
  }

  private static func belongsToAnInboundCall(_ fields: KnownFields<TeleCMIField>, isPIOPIY: Bool) -> Bool {
    let click = fields[.clickToCall]?.flag == true || fields[.apiInit]?.flag == true || fields[.out]?.flag == true
    guard !click, !fields.hasAny(of: [.callID, .requestID]), let conversation = fields.text(.conversationUUID) else {
      return false
    }
    // PIOPIY: a uuid for inbound conversations, the 43 characters of the request's id for outbound ones; `callerid` comes
    // with both. CHUB: `callerid` comes with outbound ones.
    if isPIOPIY { return conversation.utf8.count == 36 }
    return !fields.has(.callerid)
  }

  var status: Call.Status? {
    switch (kind, plainStatus) {
    case (_, "answered"): .answered
    case (.cdr, "missed"): .missed
    case (.cdr, "busy"): .busy
    case (.cdr, "failed"): .failed
    case (.cdr, "canceled"), (.cdr, "cancelled"): .canceled
    case (.cdr, "unallocated"): .unallocated
    case (.live, "waiting"): .waiting
    case (.live, "started"): .started
    case (.live, "ringing"): .ringing
    case (.live, "bridged"): .bridged
    case (.live, "hangup"), (.live, "ended"): .ended
    default: nil
    }
  }
}
