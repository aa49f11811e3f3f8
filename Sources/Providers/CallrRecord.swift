import RelayCore

/// What the fields of a Callr CDR say together.
///
/// | document | fields that tell | role | sure or guess |
/// |---|---|---|---|
/// | inbound CDR after the call (bare, push, webhook `…ended`, `…_hangup`) | `direction` inbound | `call` | sure |
/// | outbound CDR after the call | `direction` outbound, no `callid_in` | `call` | guess: a `dial` within an inbound scenario looks the same in v2 |
/// | outbound CDR of a call dialled for an inbound one | `callid_in` | `leg` | sure (v1 only) |
/// | the same during the call (webhook `…started`, `…_start`; `status` dialing or ringing; answered and not ended) | | `live` | sure |
/// | webhooks that are no calls (`sms.mo`, `media.recording.new`, …) | `event_id`, `type`, `data` | none | |
struct CallrRecord {
  let fields: KnownFields<CallrField>
  let kind: RecordKind
  /// As sent, in lower case.
  let statusWord: String?
  /// As sent, or as the kind of event or the fields of v1 tell it.
  let legDirection: Call.Direction?
  private let answeredAt: Instant?
  private let endedAt: Instant?

  init(fields: KnownFields<CallrField>, eventType: String?) {
    self.fields = fields
    statusWord = fields.word(.status) ?? fields.word(.dialstatus)
    answeredAt = fields[.answered]?.instant
    endedAt = fields[.ended]?.instant
    kind = Self.kind(fields, eventType: eventType, status: statusWord, hasEnded: endedAt != nil)
    legDirection = Self.direction(fields, eventType: eventType)
  }

  private static func kind(
    _ fields: KnownFields<CallrField>, eventType: String?, status: String?, hasEnded: Bool
  ) -> RecordKind {
    if let eventType {
      if eventType.hasSuffix(".started") || eventType.hasSuffix("_start") { return .live }
      if eventType.hasSuffix(".ended") || eventType.hasSuffix("_hangup") { return .cdr }
    }
    switch status {
    case "dialing", "ringing", "started": return .live
    case _ where hasEnded: return .cdr
    case nil, "answered", "answer":
      let seconds = [fields[.durationTotal]?.seconds, fields[.durationBilled]?.seconds].compactMap { $0 }
      return seconds.contains { $0 > 0 } ? .cdr : .live
    default: return .cdr
    }
  }

  private static func direction(_ fields: KnownFields<CallrField>, eventType: String?) -> Call.Direction? {
    if let sent = fields.word(.direction) { return Call.Direction(rawValue: sent) }
    if fields.hasAny(of: [.calledNumberIn, .didHash]) { return .inbound }
    if fields.hasAny(of: [.calledNumberOut, .dialstatus, .parent]) { return .outbound }
    if let eventType {
      if eventType.contains("inbound") { return .inbound }
      if eventType.contains("outbound") { return .outbound }
    }
    return nil
  }

  /// The inbound call that this one was dialled for.
  private var parent: String? {
    fields.text(.parent).flatMap { $0 == "0" ? nil : $0 }
  }

  var call: Call {
    var call = Call()
    call.id = fields.text(.callid)
    call.conversationID = parent
    call.role = kind == .live ? .live : parent != nil ? .leg : .call
    call.direction = parent != nil ? .inbound : legDirection
    call.status = status
    call.from = fields.text(.callerNumber)
    call.to = fields.text(.callee) ?? fields.text(.calledNumberIn) ?? fields.text(.calledNumberOut)
    switch (legDirection, parent) {
    case (_, _?): call.ourNumber = call.from
    case (.inbound, nil): (call.customerNumber, call.ourNumber) = (call.from, call.to)
    case (.outbound, nil): (call.customerNumber, call.ourNumber) = (call.to, call.from)
    case (nil, nil): break
    }
    call.startedAt = fields[.started]?.instant
    call.answeredAt = answeredAt
    call.endedAt = endedAt
    call.totalSeconds = fields[.durationTotal]?.seconds
    call.answeredSeconds = fields[.durationAnswered]?.seconds
    call.billedSeconds = fields[.durationBilled]?.seconds
    call.hangupReason = fields.text(.hangupCause)
    call.hangupBy = hangupBy
    return call
  }

  /// `dialstatus` of v1 has Asterisk's words; only ANSWER was seen. An inbound CDR of v1 has no status: an answer time says
  /// that it was answered, the lack of one does not say what became of it.
  private var status: Call.Status? {
    switch (kind, statusWord) {
    case (_, "answered"), (_, "answer"): .answered
    case (.live, "dialing"), (.live, "started"): .started
    case (.live, "ringing"): .ringing
    case (.cdr, "missed"), (.cdr, "noanswer"): .missed
    case (.cdr, "busy"): .busy
    case (.cdr, "failed"), (.cdr, "congestion"), (.cdr, "chanunavail"): .failed
    case (.cdr, "canceled"), (.cdr, "cancel"): .canceled
    case (.cdr, "unallocated"): .unallocated
    case (.cdr, nil): answeredAt == nil ? nil : .answered
    default: nil
    }
  }

  private var hangupBy: Call.HangupParty? {
    guard kind == .cdr else { return nil }
    switch (fields.word(.hangupSource), legDirection) {
    case ("system", _): return .system
    case ("caller", .inbound), ("callee", .outbound): return parent == nil ? .customer : nil
    case ("callee", .inbound), ("caller", .outbound): return parent == nil ? .agent : nil
    default: return nil
    }
  }
}
