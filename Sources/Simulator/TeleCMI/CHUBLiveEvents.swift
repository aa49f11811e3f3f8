import RelayCore

/// What CHUB posts during a call (doc.telecmi.com/chub/docs/live-incoming-waiting, live-incoming-answered,
/// live-outgoing-started, …-answered, …-hangup, live-outgoing-out-started, …): ids and numbers are text, the app id is
/// `app_id`, and a leg that rings an agent for an inbound call says "outbound".
extension SimulatedCall {
  func addLiveEvents(_ account: SimulatedAccount, to list: inout WebhookList) {
    switch direction {
    case .inbound: addInbound(account, to: &list)
    case .outbound: addOutbound(account, to: &list)
    }
  }

  private func addInbound(_ account: SimulatedAccount, to list: inout WebhookList) {
    list.add(live: arriving("waiting", startedAt, account), startedAt)
    for index in missedBy.indices {
      let rung = startedAt + Int64(index) * 15_000
      list.add(live: ringing("started", missedBy[index], agentLeg(index), rung, account), rung)
      let stopped = stoppedRinging(index)
      list.add(live: ringing("hangup", missedBy[index], agentLeg(index), stopped, account), stopped)
    }
    guard isAnswered else { return }
    let rung = startedAt + Int64(missedBy.count) * 15_000
    list.add(live: ringing("started", agent, uuid(.legB), rung, account), rung)
    list.add(live: ringing("answered", agent, uuid(.legB), ringingEndedAt, account), ringingEndedAt)
    list.add(live: arriving("answered", ringingEndedAt, account), ringingEndedAt)
    list.add(live: ringing("hangup", agent, uuid(.legB), endedAt, account), endedAt)
  }

  private func addOutbound(_ account: SimulatedAccount, to list: inout WebhookList) {
    list.add(live: dialling("started", isLegB: false, startedAt, account), startedAt)
    if let pickedUp = agentPickedUpAt {
      list.add(live: dialling("answered", isLegB: false, pickedUp, account), pickedUp)
      list.add(live: dialling("started", isLegB: true, pickedUp, account), pickedUp)
      if isAnswered { list.add(live: dialling("answered", isLegB: true, ringingEndedAt, account), ringingEndedAt) }
      list.add(live: dialling("hangup", isLegB: true, endedAt, account), endedAt)
    }
    list.add(live: dialling("hangup", isLegB: false, endedAt, account), endedAt)
  }

  /// Of a real account whose CDRs have `cmiuuid`: its live events carry `cmiuid`.
  private var liveIDName: String {
    idSeed % 10 == 0 ? "cmiuid" : "cmiuuid"
  }

  /// The caller's own leg.
  private func arriving(_ status: String, _ at: Instant, _ account: SimulatedAccount) -> JSONObject {
    [
      "type": .string("event"), "direction": .string("inbound"), "conversation_uuid": .string(uuid(.conversation)),
      liveIDName: .string(uuid(.conversation)), "from": .digits(customer), "app_id": .integer(account.appID),
      "time": .milliseconds(at), "to": .digits(line), "custom": .string(custom), "status": .string(status),
    ]
  }

  /// A leg that rings an agent for it; it has no `to`.
  private func ringing(
    _ status: String, _ agent: SimulatedAccount.Agent, _ id: String, _ at: Instant, _ account: SimulatedAccount
  ) -> JSONObject {
    [
      "leg": .string("b"), "type": .string("event"), "team": .string(account.team(agent)),
      "user": .string(account.user(agent)), "conversation_uuid": .string(uuid(.conversation)), liveIDName: .string(id),
      "direction": .string("outbound"), "from": .digits(customer), "app_id": .integer(account.appID),
      "time": .milliseconds(at), "custom": .string(custom), "status": .string(status),
    ]
  }

  private func dialling(_ status: String, isLegB: Bool, _ at: Instant, _ account: SimulatedAccount) -> JSONObject {
    var event: JSONObject = [
      "call_id": .string(uuid(.callID)), "leg": .string(isLegB ? "b" : "a"), "type": .string("event"),
      "user": .string(account.user(agent)), liveIDName: .string(uuid(isLegB ? .legB : .legA)),
      "direction": .string("outbound"), "callerid": .digits(line), "app_id": .integer(account.appID),
      "time": .milliseconds(at), "custom": .string(custom),
    ]
    if let request {
      event["extra_params"] = .string(request.extraParams)
      event["request_id"] = .string(request.id)
    }
    event["status"] = .string(status)
    event["to"] = .digits(isLegB ? customer : agent.phone)
    event["conversation_uuid"] = .string(uuid(.conversation))
    return event
  }
}
