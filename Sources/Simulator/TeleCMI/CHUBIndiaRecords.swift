import RelayCore

/// CHUB-India's older documents (doc.telecmi.com/chub-india): one record a call, `record`, `voicemail` and `click_to_call`
/// as text, no `custom`, no `request_id`, and live events whose `callerid` is printed with a leading zero, which is no JSON.
extension SimulatedCall {
  func chubIndiaWebhooks(_ account: SimulatedAccount) -> [SimulatedWebhook] {
    var list = WebhookList(self)
    switch direction {
    case .inbound:
      list.add(live: indianEvent("waiting", startedAt, account), startedAt)
      if isAnswered { list.add(live: indianEvent("answered", ringingEndedAt, account), ringingEndedAt) }
      list.add(cdr: indianIncoming(account), endedAt, isMain: true)
    case .outbound:
      list.add(live: indianEvent("started", startedAt, account), startedAt)
      if isAnswered { list.add(live: indianEvent("answered", ringingEndedAt, account), ringingEndedAt) }
      list.add(live: indianEvent("hangup", endedAt, account), endedAt)
      list.add(cdr: indianOutgoing(account), endedAt, isMain: true)
    }
    return list.webhooks
  }

  private func indianIncoming(_ account: SimulatedAccount) -> JSONObject {
    var record: JSONObject = [
      "appid": .integer(account.appID), "type": .string("cdr"), "direction": .string("inbound"),
      "cmiuuid": .string(uuid(.conversation)),
    ]
    if isAnswered {
      record["user"] = .string(account.user(agent))
      record["status"] = .string("answered")
      record["to"] = .integer(agent.phone)
    } else {
      record["status"] = .string("missed")
      record["to"] = .integer(line)
    }
    record["from"] = .integer(customer)
    record["time"] = .milliseconds(telecmiTime)
    if isAnswered {
      record["answeredsec"] = .integer(talkSeconds)
    } else {
      record["waitedsec"] = .integer(ringSeconds + voicemailSeconds)
    }
    record["team"] = .string(account.team(agent))
    if let recording = recording(account) {
      record["record"] = .string("true")
      record["filename"] = .string(recording)
    }
    if let name = voicemail(account) {
      record["voicemail"] = .string("true")
      record["voicename"] = .string(name)
    }
    return record
  }

  private func indianOutgoing(_ account: SimulatedAccount) -> JSONObject {
    var record: JSONObject = [
      "type": .string("cdr"), "appid": .integer(account.appID), "to": .integer(customer),
      "cmiuuid": .string(uuid(.legB)), "status": .string(isAnswered ? "answered" : "missed"),
      "user": .string(account.user(agent)), "time": .milliseconds(telecmiTime), "direction": .string("outbound"),
    ]
    if isAnswered { record["answeredsec"] = .integer(talkSeconds) }
    // An old copy of the page has a boolean.
    if request != nil { record["click_to_call"] = idSeed % 4 == 0 ? .bool(true) : .string("true") }
    if let recording = recording(account) {
      record["record"] = .string("true")
      record["filename"] = .string(recording)
    }
    return record
  }

  private func indianEvent(_ status: String, _ at: Instant, _ account: SimulatedAccount) -> JSONObject {
    var event: JSONObject = [
      "type": .string("event"), "direction": .string(direction.rawValue),
      "conversation_uuid": .string(uuid(.conversation)),
      "cmiuuid": .string(uuid(direction == .inbound ? .conversation : .legB)),
      "from": .integer(direction == .inbound ? customer : line), "app_id": .integer(account.appID),
      "time": .milliseconds(at), "to": .integer(direction == .inbound ? line : customer), "status": .string(status),
    ]
    if direction == .outbound {
      event["callerid"] = .number(.decimal("0\(line % 10_000_000_000)"))
      event["user"] = .string(account.user(agent))
      if request != nil { event["click_to_call"] = .string("true") }
    }
    return event
  }
}
