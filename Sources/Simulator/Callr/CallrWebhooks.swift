import HTTPTypes
import RelayCore

/// The ways in which Callr brings a call. Each call comes in one.
extension SimulatedCall {
  func callrWebhooks(_ form: CallrForm) -> [SimulatedWebhook] {
    switch form {
    case .webhook: v2Webhooks()
    case .push: [push()]
    case .v1: v1Webhooks()
    case .mixed: idSeed % 10 == 0 ? [push()] : idSeed % 10 == 1 ? v1Webhooks() : v2Webhooks()
    }
  }

  /// `v2.call.inbound.started` and so on, in v1's envelope: v2's own is not documented.
  private func v2Webhooks() -> [SimulatedWebhook] {
    events(
      started: "v2.call.\(direction.rawValue).started", callrCDR(hasEnded: false),
      ended: "v2.call.\(direction.rawValue).ended", callrCDR(hasEnded: true))
  }

  private func v1Webhooks() -> [SimulatedWebhook] {
    var begun = callrV1Data
    for key in ["answer", "hangup"] { begun[key] = .string("") }
    for key in ["hangupcause", "duration", "duration_answered", "duration_billed"] { begun[key] = .integer(0) }
    if begun["dialstatus"] != nil { begun["dialstatus"] = .string("") }
    return events(
      started: "call.\(direction.rawValue)_start", begun, ended: "call.\(direction.rawValue)_hangup", callrV1Data)
  }

  private func events(
    started: String, _ begun: JSONObject, ended: String, _ over: JSONObject
  ) -> [SimulatedWebhook] {
    var list = WebhookList(self)
    var ids = dice(.callrEvents)
    for (type, data, happened, isLive) in [(started, begun, startedAt, true), (ended, over, endedAt, false)] {
      let id = String(ids.number(1_000_000_000_000_000...9_000_000_000_000_000)) + ids.word(16)
      let at = list.posting(happened)
      let isSentAgain = ids.oneIn(20)
      for attempt in isSentAgain ? [0, 1] : [0] {
        let envelope: JSONObject = [
          "event_at": .string(happened.rfc3339), "event_id": .string(id), "hook_hash": .null,
          "try": .integer(Int64(attempt)), "type": .string(type), "data": .object(data),
        ]
        // Failed deliveries are retried "with exponential backoff"; a minute is a guess.
        list.append(
          envelope, at + Int64(attempt) * 60_000, isLive: isLive, isMain: !isLive, Self.headers(event: id))
      }
    }
    return list.webhooks
  }

  /// As the documents' sample request has them.
  private static func headers(event: String) -> HTTPHeaders {
    HTTPHeaders([
      ("User-Agent", "CALLR/API 0.9942"), ("Accept", "*/*"), ("Content-Type", "application/json"),
      ("X-CALLR-EventId", event),
    ])
  }

  /// A scenario's `fetch@v2` from its `hangup` branch: the CDR alone, or the whole call with its recording.
  private func push() -> SimulatedWebhook {
    var list = WebhookList(self)
    let cdr = JSON.object(callrCDR(hasEnded: true))
    var body: JSONObject
    if idSeed % 4 < 2 {
      body = ["cdr": cdr]
    } else {
      body = [
        "app": .object(["name": .string("Support")]), "run": .object(["id": .string(uuid(.rowName))]),
        "call": .object(["cdr": cdr]),
      ]
      if isAnswered, isRecorded {
        body["recording"] = .object([
          "url": .string("https://recordings.example.com/\(callid).mp3"), "duration": .integer(talkSeconds),
        ])
      }
    }
    list.add(cdr: body, endedAt, isMain: true)
    return list.webhooks[0]
  }
}
