import Digests
import RelayCore

/// The lists of calls that TeleCMI's REST API has. Its rows say neither direction nor status: the list does.
package enum TeleCMIList: String, Sendable, CaseIterable {
  case answered, missed
  case outAnswered = "out_answered"
  case outMissed = "out_missed"

  package var direction: Call.Direction {
    switch self {
    case .answered, .missed: .inbound
    case .outAnswered, .outMissed: .outbound
    }
  }

  package var status: Call.Status {
    switch self {
    case .answered, .outAnswered: .answered
    case .missed, .outMissed: .missed
    }
  }

  init?(_ direction: Call.Direction, _ status: Call.Status) {
    guard let list = Self.allCases.first(where: { $0.direction == direction && $0.status == status }) else {
      return nil
    }
    self = list
  }
}

/// | field of a row | in the body | sure or guess |
/// |---|---|---|
/// | `cmiuid` (v2), `cmiuuid`, `_id` (CHUB-India v1) | `cmiuuid` | that `cmiuid` is the webhook's `cmiuuid`: guess; `_id` is another id |
/// | none of them | `cmiuuid` made of what the row says | |
/// | `agent`, or in outgoing rows of v1 an agent's id in `from` (`209_1111113`) | `user` | documented |
/// | `billedsec` of an answered call | `answeredsec` too | guess: what is billed was talked |
/// | `duration` of an answered call | `duration`: the whole | guess, beside `billedsec`; alone it is taken for `answeredsec` |
/// | `duration` of a missed call | `waitedsec` | guess |
/// | `time` | `time` | documented; whether it is the beginning or the answer: unknown |
/// | `from`, `to`, `filename`, `record`, `name`, `rate`, `notes`, `region` and whatever else | as it is | documented |
extension FetchedRow {
  /// A row of a list. `app`: of the account that was asked, since rows do not name it.
  package static func telecmi(
    _ row: JSONObject, of list: TeleCMIList, app: Int64?, from: String
  ) throws(Unacceptable) -> FetchedRow {
    try telecmi(row, direction: list.direction, status: list.status, app: app, from: from)
  }

  /// A row of a file: of a list, or one that says its direction and status itself.
  package static func telecmi(
    fileRow row: JSONObject, of list: TeleCMIList?, app: Int64?, from: String
  ) throws(Unacceptable) -> FetchedRow {
    let sent = KnownFields<TeleCMIField>(JSONView(.object(row)))
    let direction = sent.word(.direction).flatMap(RowWords.direction) ?? list?.direction
    let status = sent.word(.status).flatMap(RowWords.status) ?? list?.status
    guard let direction, let status else {
      throw .notARecord(
        "neither direction and status in the row nor a list that says them: map their columns, or name the list "
          + "(answered, missed, out_answered or out_missed)")
    }
    return try telecmi(row, direction: direction, status: status, app: app, from: from)
  }

  private static func telecmi(
    _ row: JSONObject, direction: Call.Direction, status: Call.Status, app: Int64?, from: String
  ) throws(Unacceptable) -> FetchedRow {
    let view = JSONView(.object(row))
    let fields = KnownFields<TeleCMIField>(view)
    guard let time = (fields[.time] ?? fields[.startTime])?.instant else {
      throw .notARecord(
        "no time that can be read (milliseconds or seconds since 1970, or a date): a call without one "
          + "can't be told from others")
    }
    var body: JSONObject = [
      "type": .string("cdr"), "direction": .string(direction.rawValue), "status": .string(status.rawValue),
    ]
    if let app = fields[.appid] ?? fields[.appID] ?? fields[.inetno] {
      body["appid"] = app.lenientInteger.map(JSON.integer) ?? app.json
    } else if let app {
      body["appid"] = .integer(app)
    }
    body["cmiuuid"] = .string(
      fields.text(.cmiuuid) ?? fields.text(.cmiuid) ?? view["_id"]?.filledText
        ?? inventedID([
          direction.rawValue, status.rawValue, app.map(String.init) ?? "", digits(fields.text(.from)),
          digits(fields.text(.to)), fields.text(.agent) ?? fields.text(.user) ?? "", String(time.milliseconds),
          seconds(fields[.duration]), seconds(fields[.billedsec]), seconds(fields[.answeredsec]),
        ]))
    for member in row.members where !replaced.contains(member.key) && member.value != .null {
      body[member.key] = member.value
    }
    body["time"] = .integer(time.milliseconds)
    addAgent(fields, direction, to: &body)
    addSeconds(fields, status, to: &body)
    return FetchedRow(body, from: from, row: row)
  }

  /// What the body has under other names, or says otherwise.
  private static let replaced: Set<String> = [
    "type", "direction", "status", "appid", "app_id", "inetno", "cmiuuid", "cmiuid", "_id", "agent", "time", "duration",
    "billedsec",
  ]

  private static func addAgent(
    _ fields: KnownFields<TeleCMIField>, _ direction: Call.Direction, to body: inout JSONObject
  ) {
    var agent = fields.text(.user) ?? fields.text(.agent)
    if direction == .outbound, let from = fields.text(.from), isAgentID(from) {
      agent = agent ?? from
      body["from"] = nil
    }
    if let agent { body["user"] = .string(agent) }
  }

  /// `209_1111113`.
  private static func isAgentID(_ text: String) -> Bool {
    let parts = text.split(separator: "_", omittingEmptySubsequences: false)
    return parts.count == 2 && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
  }

  private static func addSeconds(_ fields: KnownFields<TeleCMIField>, _ status: Call.Status, to body: inout JSONObject)
  {
    let duration = (fields[.duration]?.rowSeconds).map(JSON.integer)
    let billed = (fields[.billedsec]?.rowSeconds).map(JSON.integer)
    let answered = (fields[.answeredsec]?.rowSeconds).map(JSON.integer)
    guard status == .answered else {
      body["answeredsec"] = nil
      body["waitedsec"] = (fields[.waitedsec]?.rowSeconds).map(JSON.integer) ?? duration
      return
    }
    body["answeredsec"] = answered ?? billed ?? duration
    // Never alone: `duration` without another count means something else in PIOPIY's webhooks.
    if billed != nil || answered != nil {
      body["duration"] = duration
      body["billedsec"] = billed ?? answered
    }
  }
}

extension FetchedRow {
  /// An id for a row that has none: the same row gives the same, today and in a later run. Two calls that agree in all of
  /// this can't be told apart by anybody.
  static func inventedID(_ parts: [String]) -> String {
    let text = parts.map { "\($0.utf8.count):\($0)" }.joined()
    return FetchedMark.idPrefix + Hex.encode(SHA256.hash(Array(text.utf8)).prefix(16))
  }

  /// Of a phone number the digits; another text as it is.
  static func digits(_ text: String?) -> String {
    guard let text else { return "" }
    let digits = PhoneNumber.digits(text)
    return digits.isEmpty ? text : digits
  }

  static func seconds(_ value: JSONView?) -> String {
    value?.rowSeconds.map(String.init) ?? ""
  }
}
