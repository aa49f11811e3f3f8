import HTTPTypes
import Providers
import RelayCore

/// What the tests of this folder decode with.
func settings(
  _ provider: Provider, key: String? = nil, appIDs: [Int64] = [], ignore: [String] = []
) -> SourceSettings {
  SourceSettings(
    name: "here", provider: provider, key: key?.split(separator: ".").map(String.init), appIDs: appIDs,
    ignoreChanges: ignore)
}

func decode(
  _ text: String, _ provider: Provider = .telecmi, contentType: String? = "application/json"
) throws -> Record {
  try decode(text, settings(provider), contentType: contentType)
}

func decode(
  _ text: String, _ settings: SourceSettings, contentType: String? = "application/json"
) throws -> Record {
  try decode(Array(text.utf8), settings, contentType: contentType)
}

func decode(
  _ bytes: [UInt8], _ settings: SourceSettings, contentType: String? = "application/json"
) throws -> Record {
  try Decoder.decode(
    RawRecord(body: bytes, contentType: contentType, headers: HTTPHeaders(), query: FormFields()), settings: settings)
}

/// As the receiver treats a GET: the query as a JSON object is the body.
func decode(query: String, _ provider: Provider = .telecmi) throws -> Record {
  let fields = FormFields(parsing: query) ?? FormFields()
  let body = QueryRecord.body(from: fields, provider: provider)
  return try Decoder.decode(
    RawRecord(body: body.bytes, contentType: nil, headers: HTTPHeaders(), query: fields), settings: settings(provider))
}

/// The record's own members as a query, in the spelling that JSON gives them.
func query(of text: String) throws -> String {
  guard case .object(let object) = try JSONParser.parse(text) else { return "" }
  return object.members.map { member in
    let value = member.value.string ?? member.value.text
    return PercentEncoding.encode(member.key) + "=" + PercentEncoding.encode(value)
  }.joined(separator: "&")
}

/// The text of a JSON object with some members set, or removed where nil.
func changed(_ text: String, _ changes: KeyValuePairs<String, JSON?>) throws -> String {
  guard case .object(var object) = try JSONParser.parse(text) else { return text }
  for (key, value) in changes { object[key] = value }
  return JSON.object(object).text
}

func call(_ fill: (inout Call) -> Void) -> Call {
  var call = Call()
  fill(&call)
  return call
}

func ms(_ milliseconds: Int64) -> Instant {
  Instant(milliseconds: milliseconds)
}
