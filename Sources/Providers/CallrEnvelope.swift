import RelayCore

/// Where in a Callr body its CDR stands, and what stands around it. How v2 wraps it is not documented, so every way that
/// v1, Actions and the examples show is taken:
///
/// | body | what it is |
/// |---|---|
/// | `{"callid": …, …}` | the bare CDR |
/// | `{"cdr": {…}, …}` | Actions push; the CDR may also be text that holds it |
/// | `{"app": …, "run": …, "call": {"cdr": {…}}, "recording": …}` | Actions push of a whole call |
/// | `{"event_id": …, "type": "v2.call.inbound.ended", "data": {…}}` | webhook; `data` is the CDR, or wraps it as above |
/// | `{"event_id": …, "type": "sms.mo", "data": {…}}` | an event that is no call |
struct CallrEnvelope {
  let cdr: JSONView?
  /// `type` of a webhook.
  let eventType: String?
  let eventID: String?
  /// What a push carries beside its CDR and is not wrapping: a recording, digits that were pressed, ….
  let extras: [JSONObject.Member]
  /// `data` of a webhook.
  let data: JSONView?

  init(_ body: JSONView, depth: Int) {
    let data = body["data"].flatMap { $0.kind == .object ? $0 : nil }
    if let type = body["type"]?.filledText, let data {
      eventType = type
      eventID = body["event_id"]?.filledText
      self.data = data
      let isCall = type.split(separator: ".").contains("call")
      (cdr, extras) = isCall ? Self.cdr(in: data, depth: depth) : (nil, [])
      return
    }
    eventType = nil
    eventID = nil
    self.data = nil
    let found = Self.cdr(in: body, depth: depth)
    if found.cdr == nil, let data {
      (cdr, extras) = Self.cdr(in: data, depth: depth)
    } else {
      (cdr, extras) = found
    }
  }

  private static func cdr(in container: JSONView, depth: Int) -> (cdr: JSONView?, extras: [JSONObject.Member]) {
    let candidates = [container["cdr"], container["call"]?["cdr"], container["call"]]
    for candidate in candidates {
      if let cdr = candidate?.opened(depth: depth), isCDR(cdr) { return (cdr, extras(of: container)) }
    }
    return (isCDR(container) ? container : nil, [])
  }

  private static func isCDR(_ object: JSONView) -> Bool {
    object["callid"]?.filledText.map { $0 != "0" } ?? false
  }

  private static func extras(of container: JSONView) -> [JSONObject.Member] {
    guard let members = container.json.object?.members else { return [] }
    return members.filter { member in
      switch member.key {
      case "cdr", "call", "app", "run", FetchedMark.member: false
      default: member.value != .null && member.value != .string("")
      }
    }
  }
}
