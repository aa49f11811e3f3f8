import RelayCore

/// TeleCMI and PIOPIY: one record a request, a flat object, in any of their dialects.
///
/// What must be there: `cmiuuid` or `cmiuid`, the id of the leg (every documented webhook has one; `call_id`,
/// `conversation_uuid` and `request_id` are shared by the legs of a call and can't stand for it), and one of `type`,
/// `status` and `direction`. All else may be missing, and words that we do not know are taken as they are.
enum TeleCMIDecoder {
  static func read(
    _ body: JSONView, of raw: RawRecord, settings: SourceSettings
  ) throws(Unacceptable) -> Record {
    guard body.kind == .object else {
      throw .notARecord("expected a JSON object, found \(body.kindInWords): post one TeleCMI record a request")
    }
    let fields = KnownFields<TeleCMIField>(body)
    guard let id = fields.text(.cmiuuid) ?? fields.text(.cmiuid) else {
      throw .notARecord(
        "no cmiuuid or cmiuid, which identifies the leg: not a TeleCMI record; check which webhook posts to source "
          + settings.name)
    }
    guard fields.hasAny(of: [.type, .status, .direction]) else {
      throw .notARecord(
        "none of type, status and direction: not a TeleCMI record; check which webhook posts to source \(settings.name)"
      )
    }
    try checkApp(fields, settings)

    let record = TeleCMIRecord(fields: fields, id: id)
    // Of the record as sent, nothing in it opened.
    let identity = RecordIdentity(
      key: record.key, time: fields[.time]?.instant, content: body, settings: settings)
    let opened = body.document.opening(
      fields.places(of: [.custom, .extraParams, .extraParam]), depth: settings.depthLimit)
    return Record(
      source: settings.name, provider: settings.provider, kind: record.kind, columns: record.columns,
      role: record.role, reading: CallReading { record.call(in: opened) }, body: opened.root, headers: raw.headers,
      query: raw.query, identity: identity)
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
