import HTTPTypes
import RelayCore

/// A record that came as a query or as a form. Its values stay text, except those that are numbers, booleans or null in
/// the provider's own documents, so that a rule matches the same record both ways.
package enum QueryRecord {
  /// - `extra_params[name]=value` becomes a member of an object `extra_params` (TeleCMI's own click2call is written so).
  /// - `telecmi`: a single field that holds a whole JSON object (`?cdr={…}`) is that object; how TeleCMI encodes a GET is
  ///   not documented.
  package static func body(from fields: FormFields, provider: Provider) -> JSON {
    if provider == .telecmi, let document = soleDocument(fields) { return document }
    let types = QueryTypes(provider: provider, fields: fields)
    var members: [JSONObject.Member] = []
    var nested: [String: JSONObject] = [:]
    for field in fields.fields {
      if let (name, key) = subscripted(field.name) {
        if nested[name] == nil { members.append(JSONObject.Member(key: name, value: .null)) }
        nested[name, default: JSONObject()][key] = .string(field.value)
      } else {
        members.append(JSONObject.Member(key: field.name, value: types.value(of: field)))
      }
    }
    var object = JSONObject(members)
    for (name, value) in nested where object[name] == .null { object[name] = .object(value) }
    return .object(object)
  }

  private static func soleDocument(_ fields: FormFields) -> JSON? {
    guard fields.fields.count == 1, let field = fields.fields.first else { return nil }
    let text = field.value.isEmpty ? field.name : field.value
    return (try? JSONParser.parse(text)).flatMap { $0.object.map(JSON.object) }
  }

  /// `custom[name]` and `extra_params[name]`; nil for any other name.
  private static func subscripted(_ name: String) -> (name: String, key: String)? {
    guard name.hasSuffix("]"), let bracket = name.firstIndex(of: "[") else { return nil }
    let outer = String(name[..<bracket])
    guard outer == "extra_params" || outer == "extra_param" || outer == "custom" else { return nil }
    let key = name[name.index(after: bracket)...].dropLast()
    return key.isEmpty ? nil : (outer, String(key))
  }
}

/// Which fields of a query are no text in the provider's documents.
struct QueryTypes {
  private let numbers: Set<String>
  private let booleans: Set<String>
  private let nulls: Set<String>

  init(provider: Provider, fields: FormFields) {
    switch provider {
    case .telecmi:
      booleans = ["record", "voicemail", "click_to_call", "out", "api_init"]
      nulls = []
      numbers = Self.telecmiNumbers(fields)
    case .callr:
      booleans = ["callerRestricted", "caller_restricted"]
      nulls = ["hook_hash"]
      numbers = [
        "callid", "callid_in", "durationTotal", "durationAnswered", "durationBilled", "hangupCause", "duration_total",
        "duration_answered", "duration_billed", "hangup_cause", "hangupcause", "duration", "try",
      ]
    case .generic:
      booleans = []
      nulls = []
      numbers = []
    }
  }

  /// CHUB, which alone is documented to come by GET, has phone numbers as numbers in CDRs and as text in live events, and
  /// `virtual_number` as a number in inbound CDRs and as text in outbound ones.
  private static func telecmiNumbers(_ fields: FormFields) -> Set<String> {
    var numbers: Set<String> = [
      "appid", "app_id", "inetno", "time", "answeredsec", "waitedsec", "duration", "billedsec", "start_time",
      "answer_time", "end_time", "call_rate",
    ]
    if fields["type"] != "event" {
      numbers.formUnion(["from", "to", "callerid", "vn"])
      if fields["direction"] == "inbound" { numbers.insert("virtual_number") }
    }
    return numbers
  }

  func value(of field: FormFields.Field) -> JSON {
    let text = field.value
    if numbers.contains(field.name), let number = Self.plainInteger(text) { return .integer(number) }
    if booleans.contains(field.name) {
      if text == "true" { return .bool(true) }
      if text == "false" { return .bool(false) }
    }
    if nulls.contains(field.name), text == "null" { return .null }
    return .string(text)
  }

  /// Only what prints as the same text again: no `+`, no needless zeros, no fraction (no documented number has one).
  private static func plainInteger(_ text: String) -> Int64? {
    guard let number = Int64(text), String(number) == text else { return nil }
    return number
  }
}
