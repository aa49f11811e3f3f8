import RelayCore

/// A source's `import`: how the columns of its files are called, and how they write times.
///
/// ```json
/// "import": { "columns": { "time": "Call date", "call.to": "Dialled" }, "time_zone": "Europe/Paris",
///             "time_format": "dd/MM/yyyy HH:mm" }
/// ```
package struct ImportSettings: Sendable, Equatable {
  /// Name of the provider's field → title of the column. Titles are compared without case, spaces, `_` and `-`.
  package var columns: [(field: String, title: String)] = []
  /// nil: dates as `2025-10-01 09:00:00` (RFC 3339, also without a zone), or numbers since 1970.
  package var timeFormat: TimeFormat?
  /// Of times that name no zone.
  let clock: ZoneClock

  package var timeZone: String { clock.name }

  package init() {
    clock = Self.utc
  }

  private init(_ clock: ZoneClock) {
    self.clock = clock
  }

  private static let utc: ZoneClock = {
    guard let clock = ZoneClock("UTC") else { preconditionFailure("no time zone UTC") }
    return clock
  }()

  package static func == (left: ImportSettings, right: ImportSettings) -> Bool {
    left.timeFormat == right.timeFormat && left.clock == right.clock
      && left.columns.elementsEqual(right.columns) { $0 == $1 }
  }

  /// A moment as a file writes it; nil where it can't be read so: then the provider's own reading is tried.
  package func time(_ text: String) -> Instant? {
    if let timeFormat { return timeFormat.read(text).map { $0.hasZone ? $0.instant : utc($0.instant) } }
    guard let instant = Instant(rfc3339: text) else { return nil }
    return Self.namesZone(text) ? instant : utc(instant)
  }

  private static func namesZone(_ text: String) -> Bool {
    guard let last = text.utf8.last else { return false }
    return last == UInt8(ascii: "Z") || last == UInt8(ascii: "z")
      || text.dropFirst(11).contains { $0 == "+" || $0 == "-" }
  }

  /// What the zone's clock showed as a moment. Of the hour that comes twice in autumn the second is meant; one that is
  /// left out in spring is taken as if the clock had not been moved.
  private func utc(_ local: Instant) -> Instant {
    let guess = local + -clock.offset(at: local) * 1000
    return local + -clock.offset(at: guess) * 1000
  }
}

extension ImportSettings {
  static let keys = ["columns", "time_zone", "time_format"]

  init?(reading node: Node, _ provider: Provider?) {
    guard let reader = ObjectReader(node, keys: Self.keys) else { return nil }
    let zone = reader["time_zone"].flatMap(RelaySettings.zone)
    self.init(zone.flatMap { ZoneClock($0) } ?? Self.utc)
    timeFormat = reader["time_format"].flatMap { node in
      guard let text = node.text("a date format such as dd/MM/yyyy HH:mm:ss")?.text else { return nil }
      do throws(TimeFormat.Malformed) {
        return try TimeFormat(text)
      } catch {
        node.problem(error.message)
        return nil
      }
    }
    if let columns = reader["columns"] { self.columns = Self.columns(columns, provider) }
    guard reader.isEnabled else { return nil }
  }

  private static func columns(_ node: Node, _ provider: Provider?) -> [(field: String, title: String)] {
    guard let object = node.json.object else {
      node.expected(#"an object such as {"time": "Call date"}"#)
      return []
    }
    return object.members.compactMap { member in
      let value = Node(json: member.value, path: node.path.key(member.key), loading: node.loading)
      guard let title = value.text("the title of a column")?.text else { return nil }
      guard member.key.hasPrefix("call.") else { return (member.key, title) }
      let names = Self.fields(provider)
      if let field = names[member.key] { return (field, title) }
      value.problem(
        "no file can fill it; known are the provider's own fields and \(NearestName.list(names.keys.sorted()))")
      return nil
    }
  }

  /// Fields of the call by which a column may be named too, with the provider's own.
  private static func fields(_ provider: Provider?) -> [String: String] {
    switch provider {
    case .telecmi:
      [
        "call.id": "cmiuuid", "call.conversation_id": "conversation_uuid", "call.request_id": "request_id",
        "call.direction": "direction", "call.status": "status", "call.from": "from", "call.to": "to",
        "call.our_number": "virtual_number", "call.agent": "user", "call.team": "team", "call.started_at": "time",
        "call.total_seconds": "duration", "call.answered_seconds": "answeredsec", "call.billed_seconds": "billedsec",
        "call.waited_seconds": "waitedsec", "call.hangup_reason": "hangup_reason", "call.recording": "filename",
        "call.voicemail": "voicename", "call.account": "appid",
      ]
    case .callr:
      [
        "call.id": "callid", "call.direction": "direction", "call.status": "status", "call.from": "callerNumber",
        "call.to": "callee", "call.started_at": "started", "call.answered_at": "answered", "call.ended_at": "ended",
        "call.total_seconds": "durationTotal", "call.answered_seconds": "durationAnswered",
        "call.billed_seconds": "durationBilled", "call.hangup_reason": "hangupCause", "call.hangup_by": "hangupSource",
        "call.custom": "customer_field",
      ]
    case .generic, nil: [:]
    }
  }
}
