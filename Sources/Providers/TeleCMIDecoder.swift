import RelayCore

/// TeleCMI and PIOPIY: one record a request, a flat object, in any of their dialects.
///
/// What must be there: `cmiuuid` or `cmiuid`, the id of the leg (every documented webhook has one; `call_id`,
/// `conversation_uuid` and `request_id` are shared by the legs of a call and can't stand for it), and one of `type`,
/// `status` and `direction`. All else may be missing, and words that we do not know are taken as they are.
enum TeleCMIDecoder {
  static func read(_ body: consuming JSON, settings: SourceSettings) throws(Unacceptable) -> Reading {
    let found = body.kindInWords
    guard case .object(var object) = consume body else {
      throw .notARecord("expected a JSON object, found \(found): post one TeleCMI record a request")
    }
    let fields = KnownFields<TeleCMIField>(object)
    guard let id = fields.text(.cmiuuid) ?? fields.text(.cmiuid) else {
      throw .notARecord(
        "no cmiuuid or cmiuid, which identifies the leg: not a TeleCMI record; check which webhook posts to source "
          + settings.name)
    }
    guard fields.hasAny(of: .type, .status, .direction) else {
      throw .notARecord(
        "none of type, status and direction: not a TeleCMI record; check which webhook posts to source \(settings.name)"
      )
    }
    try checkApp(fields, settings)

    let record = TeleCMIRecord(fields: fields, id: id)
    var call = record.call
    // The identity is of the record as sent; its text fields are opened behind it.
    let identity = RecordIdentity(
      key: record.key, time: fields[.time]?.instant, content: .object(object), settings: settings)
    let kind = record.kind
    let depth = settings.depthLimit
    let custom = fields[.custom]?.opened(depth: depth)
    let (params, param) = (fields[.extraParams]?.opened(depth: depth), fields[.extraParam]?.opened(depth: depth))
    // Behind the last look at `fields`, so that the members are changed in place.
    if let custom { object["custom"] = custom }
    if let params { object["extra_params"] = params }
    if let param { object["extra_param"] = param }
    call.custom = custom
    call.extra = params ?? param
    return Reading(kind: kind, call: call, body: .object(object), identity: identity)
  }

  /// `app_ids` of a source: a record of another app is not taken. Its id may be named, it is no secret.
  private static func checkApp(_ fields: KnownFields<TeleCMIField>, _ settings: SourceSettings) throws(Unacceptable) {
    guard !settings.appIDs.isEmpty else { return }
    let setting = "sources.\(settings.name).app_ids"
    guard let sent = fields[.appid] ?? fields[.appID] ?? fields[.inetno] else {
      throw .notARecord("no app id (appid, app_id or inetno): \(setting) asks for one; remove that setting to take it")
    }
    guard let app = sent.lenientInteger else {
      throw .notARecord("the app id is no number: \(setting) can't be compared with it")
    }
    guard settings.appIDs.contains(app) else {
      throw .notARecord("a record of app \(app), which is not expected here: add \(app) to \(setting) to take it")
    }
  }
}
