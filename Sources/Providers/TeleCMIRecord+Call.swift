import RelayCore

extension TeleCMIRecord {
  var columns: CallColumns {
    let requestID = fields.text(.requestID)
    return CallColumns(
      id: id, conversationID: fields.text(.conversationUUID) ?? fields.text(.callID) ?? requestID,
      requestID: requestID, from: fields.text(.from), to: fields.text(.to))
  }

  /// `body`: the record's document with `custom` and `extra_params` opened.
  func call(in body: JSONDocument) -> Call {
    let columns = columns
    var call = Call()
    call.id = columns.id
    call.requestID = columns.requestID
    call.conversationID = columns.conversationID
    call.leg = leg
    call.role = role
    call.direction = direction
    call.status = status
    call.from = columns.from
    call.to = columns.to
    (call.customerNumber, call.ourNumber) = numbers(from: call.from, to: call.to)
    call.agent = agent
    call.team = fields.text(.team).map(withoutAppID)
    addTimes(to: &call)
    call.hangupReason = fields.text(.hangupReason)
    call.hangupBy = hangupBy
    call.recording = fields.text(.filename)
    call.voicemail = fields.text(.voicename)
    call.custom = fields.value(.custom, in: body)
    call.extra = fields.value(.extraParams, in: body) ?? fields.value(.extraParam, in: body)
    call.request = Self.mark(call.extra) ?? Self.mark(call.custom)
    call.account = account
    return call
  }

  /// What the relay put into the parameters of a call that it placed, and the provider sends back.
  private static func mark(_ parameters: JSONView?) -> CallMark? {
    guard let parameters, parameters.kind == .object else { return nil }
    return parameters[CallMark.key]?.string.flatMap { CallMark($0) }
  }

  /// The agent stands in the key of every leg but a: agents of a group who missed the same call must not become one.
  var key: String {
    let leg = leg?.rawValue ?? fields.text(.leg)
    let key = RecordIdentity.key([account ?? "", id, leg ?? "", kindInKey, statusWord])
    guard self.leg != .a, let user = fields.text(.user) else { return key }
    return key + ":" + RecordIdentity.key([user])
  }

  var agent: String? {
    (fields.text(.user) ?? fields.text(.agent)).map(withoutAppID)
  }

  /// `204_2222223` is extension 204 of app 2222223. The suffix is not always the record's own app (incoming-user-missed
  /// shows `302_2223343` under 2222223), so seven digits, the length of every documented app id, are taken for one too.
  private func withoutAppID(_ name: String) -> String {
    var text = name
    return text.withUTF8 { bytes in
      guard let underscore = bytes.lastIndex(of: UInt8(ascii: "_")), underscore > 0 else { return name }
      let suffix = bytes[(underscore + 1)...]
      let isAppID = suffix.count == 7 && suffix.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      guard isAppID || String(decoding: suffix, as: UTF8.self) == account ?? "" else { return name }
      return String(decoding: bytes[..<underscore], as: UTF8.self)
    }
  }

  /// CHUB has one `time` in its CDRs: when the call was answered, or missed, say the documents; its missed sample waits
  /// 127 s behind it, so it is near the call's beginning. PIOPIY has seconds beside it, and an `answer_time` also for
  /// missed calls, which means nothing. Live events: when it happened.
  private func addTimes(to call: inout Call) {
    let time = fields[.time]?.instant
    switch kind {
    case .cdr:
      call.startedAt = fields[.startTime]?.instant ?? time
      call.endedAt = fields[.endTime]?.instant
      if status == .answered { call.answeredAt = fields[.answerTime]?.instant ?? (isPIOPIY ? nil : time) }
    case .live:
      call.startedAt = fields[.startTime]?.instant
      switch status {
      case .waiting, .started: call.startedAt = call.startedAt ?? time
      case .answered: call.answeredAt = time
      case .ended: call.endedAt = time
      default: break
      }
    }
    // PIOPIY's `duration` is what was talked: its sample ends 13 s behind `answer_time`. Beside another count of talked
    // seconds (rows of the REST API) it is the whole.
    let duration = fields[.duration]?.seconds
    let talked = fields[.answeredsec]?.seconds
    call.billedSeconds = fields[.billedsec]?.seconds
    call.waitedSeconds = fields[.waitedsec]?.seconds
    if talked != nil || call.billedSeconds != nil {
      call.answeredSeconds = talked
      call.totalSeconds = duration
    } else {
      call.answeredSeconds = duration
    }
  }

  /// Which side each number is on. The customer stays nil where the record names only our side: leg a of a CHUB outbound
  /// call rings the agent, and `from` of an inbound call's leg b is the account's own number in some accounts.
  private func numbers(from: String?, to: String?) -> (customer: String?, our: String?) {
    let rented = fields.text(.virtualNumber) ?? fields.text(.vn)
    switch (direction, leg) {
    case (.inbound, .b): return (nil, rented ?? to)
    case (.inbound, _): return (from, rented ?? to)
    case (.outbound, .a) where !isPIOPIY: return (nil, rented ?? fields.text(.callerid) ?? plainNumber(from))
    case (.outbound, .b) where isPIOPIY: return (nil, rented ?? fields.text(.callerid) ?? from)
    case (.outbound, _): return (to, rented ?? fields.text(.callerid) ?? plainNumber(from))
    case (nil, _): return (nil, rented)
    }
  }

  /// nil for an agent's id, which some rows carry in `from` (`209_1111113`).
  private func plainNumber(_ text: String?) -> String? {
    text.flatMap { $0.utf8.contains(UInt8(ascii: "_")) ? nil : $0 }
  }

  /// The documents: `sent_bye` the user ended, `recv_bye` the caller ended, `sent_reject` the user rejected, `recv_cancel`
  /// the user did not answer, which says nothing of who hung up. On the agent's own leg of an outbound call the caller is
  /// the agent (its sample agrees: leg a says `recv_bye` where leg b says `sent_bye`), and there, as on leg b of an inbound
  /// call, the other word contradicts the documents or the wire: nil.
  private var hangupBy: Call.HangupParty? {
    let isAgentsLeg =
      (direction == .outbound && leg == .a && !isPIOPIY) || (direction == .inbound && leg == .b)
    switch fields.word(.hangupReason) {
    case "sent_reject": return .agent
    case "recv_bye": return isAgentsLeg ? (direction == .outbound ? .agent : nil) : .customer
    case "sent_bye": return isAgentsLeg ? nil : .agent
    default: return nil
    }
  }
}
