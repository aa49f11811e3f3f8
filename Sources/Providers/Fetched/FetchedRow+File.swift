import HTTPTypes
import RelayCore

/// Rows of files: what is in them says what they are.
extension FetchedRow {
  /// What every row of a file is where the rows do not say it.
  package enum Kind: String, Sendable, CaseIterable {
    case answered, missed
    case outAnswered = "out_answered"
    case outMissed = "out_missed"
    case inbound, outbound

    package static func all(of provider: Provider) -> [Kind] {
      switch provider {
      case .telecmi: [.answered, .missed, .outAnswered, .outMissed]
      case .callr: [.inbound, .outbound]
      case .generic: []
      }
    }
  }

  /// The row of a table, its cells text.
  package static func cells(
    _ row: JSONObject, provider: Provider, kind: Kind?, app: Int64?, from: String
  ) throws(Unacceptable) -> FetchedRow {
    switch provider {
    case .telecmi: try telecmi(fileRow: typed(row), of: list(kind), app: app, from: from)
    case .callr: try callr(row, direction: direction(kind), from: from)
    case .generic: generic(row, from: from)
    }
  }

  /// A line of JSON: the body of a webhook, or a row of the API.
  package static func document(
    _ row: JSONObject, provider: Provider, kind: Kind?, app: Int64?, from: String
  ) throws(Unacceptable) -> FetchedRow {
    switch provider {
    case .telecmi:
      let fields = KnownFields<TeleCMIField>(JSONView(.object(row)))
      if fields.hasAny(of: [.cmiuuid, .cmiuid]), fields.hasAny(of: [.type, .status, .direction]) {
        return webhook(row, from: from)
      }
      return try telecmi(fileRow: row, of: list(kind), app: app, from: from)
    case .callr:
      let fields = KnownFields<CallrField>(JSONView(.object(row)))
      let isWrapped = row["data"] != nil || row["cdr"] != nil || row["call"] != nil
      if isWrapped || (fields.has(.callid) && fields.hasAny(of: [.direction, .dialstatus])) {
        return webhook(row, from: from)
      }
      return try callr(row, direction: direction(kind), from: from)
    case .generic: return generic(row, from: from)
    }
  }

  /// Names of fields by which a column may be called, by what is left of them without case, spaces, `_` and `-`.
  package static func column(_ title: String, provider: Provider) -> String {
    switch provider {
    case .telecmi: telecmiNames[plain(title)] ?? title
    case .callr, .generic: title
    }
  }

  package static func isSameTitle(_ left: String, _ right: String) -> Bool {
    plain(left) == plain(right)
  }

  /// Fields that hold a moment.
  package static func times(of provider: Provider) -> [String] {
    switch provider {
    case .telecmi: ["time", "start_time", "answer_time", "end_time"]
    case .callr: ["started", "start", "answered", "answer", "ended", "hangup"]
    case .generic: []
    }
  }

  private static let telecmiNames: [String: String] = Dictionary(
    [
      "appid", "app_id", "type", "status", "direction", "leg", "cmiuuid", "cmiuid", "_id", "conversation_uuid",
      "call_id",
      "request_id", "from", "to", "callerid", "virtual_number", "user", "agent", "team", "time", "start_time",
      "answer_time", "end_time", "answeredsec", "waitedsec", "duration", "billedsec", "hangup_reason", "filename",
      "voicename", "record", "name", "rate", "notes", "region", "custom", "extra_params", "ivr_name", "voicemail",
    ].map { (plain($0), $0) }, uniquingKeysWith: { first, _ in first })

  private static func list(_ kind: Kind?) -> TeleCMIList? {
    kind.flatMap { TeleCMIList(rawValue: $0.rawValue) }
  }

  private static func direction(_ kind: Kind?) -> Call.Direction? {
    kind.flatMap { Call.Direction(rawValue: $0.rawValue) }
  }

  /// As in a query, where all is text too: numbers where the documents have numbers.
  private static func typed(_ row: JSONObject) -> JSONObject {
    let filled = row.members.filter { $0.value != .string("") }
    let fields = FormFields(filled.map { FormFields.Field(name: $0.key, value: $0.value.string ?? $0.value.text) })
    let types = QueryTypes(provider: .telecmi, fields: fields)
    return JSONObject(
      fields.fields.map { JSONObject.Member(key: $0.name, value: types.value(of: $0)) })
  }
}
