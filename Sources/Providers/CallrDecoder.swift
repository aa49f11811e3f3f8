import RelayCore

/// Callr: the CDR in whatever it is wrapped in (see `CallrEnvelope`), and webhooks that are no calls.
///
/// What must be there: a `callid` and something said of the call; or, for other events, `event_id`, `type` and `data`.
/// Events that are no calls (`sms.mo`, `media.recording.new`, `billing.credit`, …) are records of kind `live` without a
/// role, known by their `event_id`; one that names a call has its `callid` as the call's id.
///
/// The wrapping is not content: the same CDR bare, pushed or in a webhook is the same record. What a push carries beside
/// the CDR (a recording) is.
enum CallrDecoder {
  static func read(
    _ body: JSONView, of raw: RawRecord, settings: SourceSettings
  ) throws(Unacceptable) -> Record {
    guard body.kind == .object else {
      throw .notARecord("expected a JSON object, found \(body.kindInWords): post one Callr record a request")
    }
    let envelope = CallrEnvelope(body, depth: settings.depthLimit)
    if let cdr = envelope.cdr { return try call(cdr, envelope, body, of: raw, settings) }
    if let type = envelope.eventType, let id = envelope.eventID, let data = envelope.data {
      return event(type: type, id: id, data: data, body, of: raw, settings)
    }
    throw .notARecord(
      "no callid at the top, in cdr, call.cdr or data, and no event (event_id, type and data): not a Callr record; check "
        + "what posts to source \(settings.name)")
  }

  private static func call(
    _ cdr: JSONView, _ envelope: CallrEnvelope, _ body: JSONView, of raw: RawRecord, _ settings: SourceSettings
  ) throws(Unacceptable) -> Record {
    let fields = KnownFields<CallrField>(cdr)
    guard
      fields.hasAny(of: [.direction, .status, .dialstatus, .started, .ended, .durationTotal, .callerNumber, .callee])
    else {
      throw .notARecord(
        "a callid, but no direction, status, time or number: not a Callr CDR; check what posts to source "
          + settings.name)
    }
    let record = CallrRecord(fields: fields, eventType: envelope.eventType)
    var call = record.call
    call.custom = fields[.customerField]?.opened(depth: settings.depthLimit)
    call.recording = recording(envelope.extras)
    let identity = RecordIdentity(
      key: RecordIdentity.key([
        call.id ?? "", record.kind.rawValue, record.statusWord ?? "", record.legDirection?.rawValue ?? "",
      ]),
      time: call.startedAt, content: content(of: cdr, envelope.extras), settings: settings)
    return Record(of: raw, settings: settings, kind: record.kind, call: call, body: body, identity: identity)
  }

  /// The CDR with what came beside it, under names that no field of a CDR has.
  private static func content(of cdr: JSONView, _ extras: [JSONObject.Member]) -> JSONView {
    guard !extras.isEmpty, var content = cdr.json.object else { return cdr }
    for extra in extras { content["+" + extra.key] = extra.value }
    return JSONView(.object(content))
  }

  private static func event(
    type: String, id: String, data: JSONView, _ body: JSONView, of raw: RawRecord, _ settings: SourceSettings
  ) -> Record {
    var call = Call()
    call.id = data["callid"]?.filledText
    if type.hasPrefix("media.recording.") { call.recording = data["url"]?.filledText }
    let identity = RecordIdentity(
      key: RecordIdentity.key(["event", type, id]), time: nil, content: body, settings: settings)
    return Record(of: raw, settings: settings, kind: .live, call: call, body: body, identity: identity)
  }

  /// The address of a pushed recording: text, or the `url` of an object.
  private static func recording(_ extras: [JSONObject.Member]) -> String? {
    guard let value = extras.first(where: { $0.key == "recording" })?.value else { return nil }
    return value.string ?? value["url"].flatMap { JSONView($0).filledText }
  }
}
