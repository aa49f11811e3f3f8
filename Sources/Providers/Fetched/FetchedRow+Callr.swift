import RelayCore

/// The rows of Callr's export. Its columns are documented nowhere: taken for the fields of the CDR table, which stand here in
/// camelCase (v2), in snake_case and by the names of v1, in any order, letters in any case.
extension FetchedRow {
  /// `direction`: what the export was asked for; a column of that name goes before it.
  package static func callr(
    columns: [String], cells: [String], direction: Call.Direction?, from: String
  ) throws(Unacceptable) -> FetchedRow {
    var members: [JSONObject.Member] = []
    for (column, cell) in zip(columns, cells) where !column.isEmpty {
      members.append(JSONObject.Member(key: column, value: .string(cell)))
    }
    return try callr(JSONObject(members), direction: direction, from: from)
  }

  package static func callr(
    _ row: JSONObject, direction: Call.Direction?, from: String
  ) throws(Unacceptable) -> FetchedRow {
    var body = JSONObject()
    for member in row.members where member.value != .null && member.value != .string("") {
      let name = names[plain(member.key)] ?? member.key
      body[name] = typed(member.value, name)
    }
    let fields = KnownFields<CallrField>(JSONView(.object(body)))
    guard let started = fields[.started]?.instant else {
      throw .notARecord(
        "no started (or start) that can be read as a date: a call without one can't be told from others")
    }
    body["started"] = .string(started.rfc3339)
    body["start"] = nil
    if let word = fields.word(.direction).flatMap(RowWords.direction) ?? direction {
      body["direction"] = .string(word.rawValue)
    }
    if fields.text(.callid) == nil {
      let called = [CallrField.callee, .calledNumberIn, .calledNumberOut].lazy.compactMap { fields.text($0) }.first
      body["callid"] = .string(
        inventedID([
          body["direction"]?.string ?? "", fields.word(.status) ?? "", digits(fields.text(.callerNumber)),
          digits(called), String(started.milliseconds), seconds(fields[.durationTotal]),
          seconds(fields[.durationAnswered]),
        ]))
    }
    return FetchedRow(body, from: from, row: row)
  }

  /// Documented as numbers: text in a file, where every value is.
  private static let numbers: Set<String> = [
    "callid", "callid_in", "durationTotal", "durationAnswered", "durationBilled", "hangupCause", "duration_total",
    "duration_answered", "duration_billed", "hangup_cause", "hangupcause", "duration",
  ]

  private static func typed(_ value: JSON, _ name: String) -> JSON {
    guard let text = value.string else { return value }
    if numbers.contains(name) {
      if let number = Int64(text), String(number) == text { return .integer(number) }
      if name.hasPrefix("duration"), let seconds = JSONView(value).rowSeconds { return .integer(seconds) }
    }
    if name == "callerRestricted" || name == "caller_restricted" {
      if text == "true" || text == "1" { return .bool(true) }
      if text == "false" || text == "0" { return .bool(false) }
    }
    return value
  }

  /// The documented names by what is left of them without case, spaces, `_` and `-`: `Caller Number` is `callerNumber`.
  /// v1's `start` and `hangup` are names of their own.
  private static let names: [String: String] = Dictionary(
    [
      "callid", "direction", "status", "callerNumber", "callerName", "callerRestricted", "callee", "started",
      "answered",
      "ended", "durationTotal", "durationAnswered", "durationBilled", "hangupCause", "hangupSource", "hangupTech",
      "scenarioName", "scenarioSid", "scenarioTypeName", "scenarioTypeVersion", "billingCredit", "billingDebit",
      "billingDestinationLabel", "billingPaymentType", "dialstatus", "cli_number", "did_intl_number", "did_hash",
      "callid_in", "customer_field",
    ].map { (plain($0), $0) }, uniquingKeysWith: { first, _ in first })

  static func plain(_ name: String) -> String {
    String(String.UnicodeScalarView(name.lowercased().unicodeScalars.filter { !" _-".unicodeScalars.contains($0) }))
  }
}
