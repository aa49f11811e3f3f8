import RelayCore

/// PIOPIY (doc.telecmi.com/piopiy): seconds beside milliseconds, numbers that are text once and a number once, legs that
/// share a `cmiuuid`, `extra_params` that are no JSON, and CDRs that are posted four times. Half of the calls are told in the
/// older edition, which has a `type`, half in the newer, whose statuses have prefixes.
extension SimulatedCall {
  func piopiyWebhooks(_ account: SimulatedAccount) -> [SimulatedWebhook] {
    var list = WebhookList(self)
    addPIOPIYEvents(account, to: &list)
    for isLegB in [false, true] {
      // An agent's leg is only there where somebody was rung.
      if isLegB, direction == .outbound, !isAnswered { continue }
      addWithResends(piopiyCDR(isLegB: isLegB, account), isMain: !isLegB, to: &list)
    }
    return list.webhooks
  }

  /// At once, then 5, 10 and 15 minutes after the one before. Whether a 200 stops them is not said, so it does not.
  static let resendMinutes: [Int64] = [0, 5, 15, 30]

  private func addWithResends(_ record: JSONObject, isMain: Bool, to list: inout WebhookList) {
    let first = list.posting(endedAt)
    for (attempt, minutes) in Self.resendMinutes.enumerated() {
      var record = record
      // Other calls were paid for meanwhile.
      record["balance"] = .string("\(878 - attempt).900000")
      list.append(record, first + minutes * 60_000, isLive: false, isMain: isMain, WebhookList.jsonHeaders)
    }
  }

  private var isOlderEdition: Bool { idSeed % 2 == 0 }

  /// A uuid for calls that came in, the request's own for those that were placed.
  private var piopiyConversation: String {
    direction == .outbound ? request?.id ?? uuid(.conversation) : uuid(.conversation)
  }

  /// The legs of an inbound call carry one id, as in the sample of a missed one.
  private func piopiyID(isLegB: Bool) -> String {
    uuid(isLegB && direction == .outbound ? .legB : .legA)
  }

  private func piopiyCDR(isLegB: Bool, _ account: SimulatedAccount) -> JSONObject {
    let isOutbound = direction == .outbound
    var record: JSONObject = [
      "to": .integer(isLegB ? agent.phone : isOutbound ? customer : line), "appid": .integer(account.appID),
      "time": .milliseconds(telecmiTime), "start_time": .seconds(startedAt), "end_time": .seconds(endedAt),
      "from": .integer(isOutbound ? line : customer),
      "direction": .string(isLegB || isOutbound ? "outbound" : "inbound"), "duration": .integer(talkSeconds),
      "extra_params": .string(request?.extraParams ?? Self.oddExtraParams[Int(idSeed % 4)]),
      "cmiuuid": .string(piopiyID(isLegB: isLegB)),
      "call_rate": isAnswered ? .string("0.450000") : .integer(0), "balance": .string("878.900000"),
      "conversation_uuid": .string(piopiyConversation),
    ]
    if isOutbound {
      record["request_id"] = .string(piopiyConversation)
      record["callerid"] = .integer(line)
    }
    // A sample of a missed call has one too.
    if isAnswered || !isOutbound { record["answer_time"] = .seconds(ringingEndedAt) }
    record["leg"] = .string(isLegB ? "b" : "a")
    record["status"] = .string(isAnswered ? "answered" : "missed")
    if isOlderEdition {
      record["type"] = .string("cdr")
      if isOutbound { (record["out"], record["api_init"]) = (.bool(true), .bool(true)) }
    }
    return record
  }

  private func addPIOPIYEvents(_ account: SimulatedAccount, to list: inout WebhookList) {
    let prefix = direction == .inbound ? "in" : "out"
    // `in_started` and `…_hangup` are inferred: the documents show in_answered, out_started, out_answered, out_bridged.
    list.add(live: piopiyEvent("started", "\(prefix)_started", isLegB: false, startedAt, account), startedAt)
    if isAnswered {
      let at = ringingEndedAt
      list.add(live: piopiyEvent("answered", "\(prefix)_answered", isLegB: false, at, account), at)
      if direction == .outbound, !isOlderEdition {
        list.add(live: piopiyEvent("answered", "out_bridged", isLegB: true, at, account), at)
      }
      if idSeed % 8 == 1 {
        list.add(live: piopiyStream("stream_connected", at, account), at)
        list.add(live: piopiyStream("STREAM_DISCONNECTED", endedAt, account), endedAt)
      }
    }
    list.add(live: piopiyEvent("hangup", "\(prefix)_hangup", isLegB: false, endedAt, account), endedAt)
  }

  private func piopiyEvent(
    _ older: String, _ newer: String, isLegB: Bool, _ at: Instant, _ account: SimulatedAccount
  ) -> JSONObject {
    let isOutbound = direction == .outbound
    var event: JSONObject = ["appid": .integer(account.appID)]
    if isOutbound { event["callerid"] = .integer(line) }
    event["conversation_uuid"] = .string(piopiyConversation)
    event["direction"] = .string(direction.rawValue)
    event["extra_params"] = .string(request?.extraParams ?? Self.oddExtraParams[0])
    event["from"] = .integer(isOutbound ? line : customer)
    event["leg"] = .string(isLegB ? "b" : "a")
    if isOutbound { event["request_id"] = .string(piopiyConversation) }
    event["status"] = .string(isOlderEdition ? older : newer)
    event["time"] = .milliseconds(at)
    event["to"] = .integer(isLegB ? agent.phone : isOutbound ? customer : line)
    event["cmiuuid"] = .string(piopiyID(isLegB: isLegB))
    if isOlderEdition {
      event["type"] = .string("event")
      // The sample of live-in-hangup has text.
      if older == "hangup", !isOutbound { (event["from"], event["to"]) = (.digits(customer), .digits(line)) }
    } else {
      event["vn"] = .integer(line)
    }
    return event
  }

  private func piopiyStream(_ status: String, _ at: Instant, _ account: SimulatedAccount) -> JSONObject {
    [
      "appid": .integer(account.appID), "direction": .string(direction.rawValue),
      "from": .integer(direction == .outbound ? line : customer), "leg": .string("a"), "status": .string(status),
      "time": .milliseconds(at), "cmiuuid": .string(piopiyID(isLegB: false)),
      "ws_status": .string(#"{"url":"wss://bot.example.com/voice","code":1000}"#),
    ]
  }
}
