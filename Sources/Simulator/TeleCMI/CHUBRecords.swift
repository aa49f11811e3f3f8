import RelayCore

/// CDRs of CHUB's current documents (doc.telecmi.com/chub/docs/incoming-answered, incoming-missed, incoming-user-missed,
/// outgoing-answered, outgoing-missed), fields and their kinds as in the samples.
extension SimulatedCall {
  func telecmiWebhooks(_ account: SimulatedAccount) -> [SimulatedWebhook] {
    switch dialect {
    case .chub: chubWebhooks(account)
    case .chubIndia: chubIndiaWebhooks(account)
    case .piopiy: piopiyWebhooks(account)
    }
  }

  private func chubWebhooks(_ account: SimulatedAccount) -> [SimulatedWebhook] {
    var list = WebhookList(self)
    addLiveEvents(account, to: &list)
    switch direction {
    case .inbound:
      for index in missedBy.indices { list.add(cdr: userMissed(index, account), stoppedRinging(index), isMain: false) }
      if isAnswered, sendsSecondRecord { list.add(cdr: incomingLegB(account), endedAt, isMain: false) }
      list.add(cdr: incoming(account), endedAt, isMain: true)
    case .outbound:
      list.add(cdr: outgoing(isLegB: false, account), endedAt, isMain: agentRingSeconds == nil)
      // That leg b of a missed call is posted at all is a guess: that tab of the document was not seen.
      if agentRingSeconds != nil { list.add(cdr: outgoing(isLegB: true, account), endedAt, isMain: true) }
    }
    return list.webhooks
  }

  /// When the agent at this place of the group had been rung long enough, or when the caller was gone.
  func stoppedRinging(_ index: Int) -> Instant {
    startedAt + min(Int64(index + 1) * 15, ringSeconds) * 1000
  }

  /// CHUB's `time`: when the call was answered, or missed, say the documents. The samples of missed calls have it at their
  /// beginning, those of an outbound call the same on both legs.
  package var telecmiTime: Instant {
    switch (dialect, direction) {
    case (.piopiy, _): Instant(milliseconds: (startedAt.milliseconds / 1000 + 1) * 1000)
    case (_, .inbound): isAnswered ? ringingEndedAt : startedAt
    case (_, .outbound): agentPickedUpAt ?? startedAt
    }
  }

  // MARK: Inbound

  private func incoming(_ account: SimulatedAccount) -> JSONObject {
    var record: JSONObject = [
      "virtual_number": .integer(line), "custom": .string(custom), "appid": .integer(account.appID),
      "type": .string("cdr"), "direction": .string("inbound"), "cmiuuid": .string(uuid(.conversation)),
    ]
    if isAnswered {
      record["user"] = .string(account.user(agent))
      record["status"] = .string("answered")
      record["to"] = .integer(agent.phone)
    } else {
      record["status"] = .string("missed")
    }
    record["from"] = .integer(customer)
    record["time"] = .milliseconds(telecmiTime)
    if isAnswered {
      record["answeredsec"] = .integer(talkSeconds)
      record["team"] = .string(account.team(agent))
      record["hangup_reason"] = .string(isEndedByAgent ? "sent_bye" : "recv_bye")
      record["record"] = .bool(isRecorded)
      if let recording = recording(account) { record["filename"] = .string(recording) }
    } else {
      record["waitedsec"] = .integer(ringSeconds + voicemailSeconds)
      record["hangup_reason"] = .string("recv_bye")
      record["voicemail"] = .bool(ending == .voicemail)
      if let name = voicemail(account) { record["voicename"] = .string(name) }
    }
    record["conversation_uuid"] = .string(uuid(.conversation))
    if !isAnswered { record["team"] = .string(account.team(agent)) }
    record["ivr_name"] = .string("\(agent.team.lowercased())ivr")
    return record
  }

  /// One agent of the group did not pick up.
  private func userMissed(_ index: Int, _ account: SimulatedAccount) -> JSONObject {
    var quirks = dice(.quirks)
    return [
      "custom": .string(custom), "appid": .integer(account.appID), "type": .string("cdr"),
      "direction": .string("inbound"), "leg": .string("b"), "cmiuuid": .string(agentLeg(index)),
      "user": .string(account.user(missedBy[index])), "status": .string("missed"),
      "to": .integer(missedBy[index].phone),
      // In some accounts a leg b comes from the account's own number.
      "from": .integer(quirks.oneIn(4) ? line : customer), "time": .milliseconds(startedAt + Int64(index) * 15_000),
      "team": .string(account.team(missedBy[index])),
      "hangup_reason": .string(idSeed % 3 == 0 ? "sent_reject" : "recv_cancel"),
    ]
  }

  /// Seen in a real account, in no document: a routed call arrives as two records.
  private var sendsSecondRecord: Bool {
    var quirks = dice(.quirks)
    _ = quirks.next()
    return quirks.oneIn(8)
  }

  private func incomingLegB(_ account: SimulatedAccount) -> JSONObject {
    var record = incoming(account)
    record["leg"] = .string("b")
    record["cmiuuid"] = .string(uuid(.legB))
    record["from"] = .integer(line)
    record["record"] = .bool(false)
    record["filename"] = nil
    return record
  }

  /// The leg of the agent at this place of the group.
  func agentLeg(_ index: Int) -> String {
    var dice = dice(.agentLegs)
    for _ in 0..<index { _ = dice.uuid() }
    return dice.uuid()
  }

  // MARK: Outbound

  private func outgoing(isLegB: Bool, _ account: SimulatedAccount) -> JSONObject {
    let isLegAnswered = isLegB ? isAnswered : agentRingSeconds != nil
    var record: JSONObject = [
      "virtual_number": .digits(line), "call_id": .string(uuid(.callID)), "custom": .string(custom),
      "leg": .string(isLegB ? "b" : "a"), "type": .string("cdr"), "appid": .integer(account.appID),
      "to": .integer(isLegB ? customer : agent.phone), "cmiuuid": .string(uuid(isLegB ? .legB : .legA)),
      "status": .string(isLegAnswered ? "answered" : "missed"), "user": .string(account.user(agent)),
      "time": .milliseconds(telecmiTime), "direction": .string("outbound"),
    ]
    if isLegAnswered {
      let from = isLegB ? ringingEndedAt : agentPickedUpAt ?? startedAt
      record["answeredsec"] = .integer((endedAt - from) / 1000)
      // The legs contradict each other, as in the sample.
      record["hangup_reason"] = .string(isEndedByAgent == isLegB ? "sent_bye" : "recv_bye")
    } else {
      record["hangup_reason"] = .string(idSeed % 3 == 0 ? "sent_reject" : "recv_cancel")
    }
    if let request {
      record["request_id"] = .string(request.id)
      record["extra_params"] = .string(request.extraParams)
    }
    if isLegB, isAnswered {
      record["record"] = .bool(isRecorded)
      if let recording = recording(account) { record["filename"] = .string(recording) }
    }
    return record
  }
}
