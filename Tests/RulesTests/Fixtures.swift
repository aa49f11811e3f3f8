import HTTPTypes
import RelayCore

@testable import Rules

/// A record with a call and a body to match.
func makeRecord(
  source: String = "telecmi", provider: Provider = .telecmi, kind: RecordKind = .cdr, body: String = "{}",
  headers: [(String, String)] = [], query: [(String, String)] = [], call: (inout Call) -> Void = { _ in }
) throws -> Record {
  var reading = Call()
  call(&reading)
  return Record(
    source: source, provider: provider, kind: kind, call: reading, body: JSONView(try JSONParser.parse(body)),
    headers: HTTPHeaders(headers), query: FormFields(query.map { FormFields.Field(name: $0.0, value: $0.1) }),
    identity: RecordIdentity(key: "k", time: Instant(milliseconds: 0), content: []))
}

/// A resolver with these variables and files, and nothing of the machine.
func makeResolver(
  _ environment: [String: String] = [:], files: [String: SecretsResolver.FileContent] = [:],
  mode: SecretsResolver.Mode = .resolved
) -> SecretsResolver {
  SecretsResolver(mode: mode, environment: environment) { path in
    files[path].map { .success($0) } ?? .failure(SecretsResolver.FileError(reason: "No such file or directory"))
  }
}

func parseRules(_ text: String, _ resolver: SecretsResolver = makeResolver()) throws -> RuleFile {
  try RuleFile.parse(Array(text.utf8), path: "rules.json", secrets: resolver)
}

/// The sentences of every problem; empty where the file is good.
func problems(_ text: String, _ resolver: SecretsResolver = makeResolver()) -> [String] {
  do throws(RuleFileError) {
    _ = try RuleFile.parse(Array(text.utf8), path: "rules.json", secrets: resolver)
    return []
  } catch {
    return error.problems.map(\.description)
  }
}

/// The sentences of every warning of a good file.
func warnings(_ text: String, _ resolver: SecretsResolver = makeResolver()) throws -> [String] {
  try parseRules(text, resolver).warnings.map(\.description)
}

/// A rule file whose only rule has this filter; it sends to `archive`, and there are the sources telecmi and callr.
func ruleFile(when filter: String) -> String {
  """
  {"sources": {"telecmi": {"provider": "telecmi", "auth": "none"}, "callr": {"provider": "callr", "auth": "none"}},
   "destinations": {"archive": {"url": "https://archive.example.com/"}},
   "rules": [{"name": "r", "when": \(filter), "send_to": ["archive"]}]}
  """
}

func ruleFile(destination: String) -> String {
  """
  {"destinations": {"crm": \(destination)}, "rules": [{"name": "all", "send_to": ["crm"]}]}
  """
}

func ruleFile(source: String) -> String {
  #"{"sources": {"pbx": \#(source)}}"#
}

/// A record with this body and the call `c/1` of 11 seconds, the third attempt of its delivery.
func makeInput(body: String, masks: Bool = false) throws -> RenderInput {
  let json = try JSONParser.parse(body)
  var opened = json.object ?? JSONObject()
  if let custom = opened["custom"]?.string, let inside = try? JSONParser.parse(custom) { opened["custom"] = inside }
  let record = try makeRecord(body: JSON.object(opened).text, headers: [("x-a", "1")], query: [("q", "1")]) {
    $0.id = "c/1"
    $0.answeredSeconds = 11
    $0.startedAt = Instant(milliseconds: 1_759_309_200_000)
    $0.custom = opened["custom"].map { JSONView($0) }
  }
  return RenderInput(
    record: RawRecord(body: Array(body.utf8), contentType: "text/plain", headers: HTTPHeaders(), query: FormFields()),
    reading: record, recordID: Identifier(42), receivedAt: Instant(milliseconds: 1_759_309_200_123), revision: 1,
    deliveryID: Identifier(77), attempt: 3, rule: "all", masksSecrets: masks)
}
