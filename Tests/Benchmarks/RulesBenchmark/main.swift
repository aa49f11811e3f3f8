import HTTPTypes
import Providers
import RelayCore
import Rules

// How long rules take to say where a record goes: µs a record, of records that nobody looked at before. As its last line
// it prints a JSON object. Wall-clock time: run it on a quiet machine, in release mode.

let mixed = [
  #"{"call": {"customer_number": {"$startsWith": "+33 INDEX"}}}"#,
  #"{"call": {"answered_seconds": {"$gt": 90INDEX}}}"#,
  #"{"call": {"customer_number": {"$phone": {"country": ["DE", "AT"], "prefix": "+49INDEX"}}}}"#,
  #"{"call": {"started_at": {"$time": {"from": "03:00", "to": "04:00", "days": "sat-sun", "time_zone": "Europe/Paris"}}}}"#,
  #"{"body": {"custom": {"score": {"$number": {"$gt": 9INDEX}}}}}"#,
  #"{"$not": {"body": {"status": {"$in": ["answered", "xINDEX"]}}}}"#,
  #"{"call": {"agent": {"$ieq": "Agent INDEX"}}}"#,
  #"{"body": {"call_id": {"$regex": "^INDEX-[0-9]+$"}}}"#,
  #"{"$or": [{"call": {"team": "t INDEX"}}, {"call": {"status": "failed"}}]}"#,
  #"{"body": {"tags": {"$in": "tag INDEX"}}}"#,
]

/// 100 rules of the kind that people write: a role, a team of a hundred, a text of the body.
func teamRules(_ count: Int) -> String {
  (0..<count).map { index in
    """
    {"name": "r\(index)", "send_to": ["d"], "when": {
      "call": {"role": "call", "team": "Team \(index)", "answered_seconds": {"$gte": 1}},
      "body": {"custom": {"crm": "true"}}}}
    """
  }.joined(separator: ",\n")
}

/// 100 rules that no look at a text sorts out: each of them is asked.
func mixedRules(_ count: Int, _ filters: [String] = mixed) -> String {
  (0..<count).map { index in
    let filter = filters[index % filters.count].replacing("INDEX", with: String(index))
    return #"{"name": "r\#(index)", "send_to": ["d"], "when": \#(filter)}"#
  }.joined(separator: ",\n")
}

func load(_ rules: String) throws -> RuleFile {
  let text = """
    {"sources": {"s": {"provider": "telecmi", "auth": "none"}},
     "destinations": {"d": {"url": "https://d.example/"}}, "rules": [\(rules)]}
    """
  return try RuleFile.parse(
    Array(text.utf8), path: "benchmark", secrets: SecretsResolver(mode: .unresolved, environment: [:]))
}

func record(_ number: Int, _ settings: SourceSettings) throws -> Record {
  let body = """
    {"type":"cdr","cmiuuid":"16132200-57fa-47b5-888d-\(100_000_000_000 + number)","appid":2222223,"direction":"inbound",
     "call_id":"c\(number)","from":33639980042,"to":33199001234,"status":"answered","time":\(1_759_309_200_000 + number),
     "answeredsec":11,"user":"101_2222223","team":"Team \(number % 100)","leg":"a",
     "custom":"{\\"crm\\":\\"true\\",\\"score\\":\\"30\\"}","tags":["a","b"]}
    """
  let raw = RawRecord(
    body: Array(body.utf8), contentType: "application/json", headers: HTTPHeaders(), query: FormFields())
  return try Decoder.decode(raw, settings: settings)
}

/// µs a record, the best of some rounds.
func measure(_ rules: RuleFile) throws -> (microseconds: Double, deliveries: Int) {
  guard let settings = rules.source(named: "s")?.settings else { return (0, 0) }
  var best = Duration.seconds(1000)
  var deliveries = 0
  for round in 0..<7 {
    let records = try (0..<4000).map { try record(round * 4000 + $0, settings) }
    deliveries = 0
    let time = ContinuousClock().measure {
      for record in records { deliveries += rules.route(record).count }
    }
    best = min(best, time)
  }
  return (best / .microseconds(1) / 4000, deliveries)
}

var results: [(name: String, microseconds: Double)] = []
for (name, rules) in [
  ("one_rule", teamRules(1)), ("teams_100", teamRules(100)), ("mixed_100", mixedRules(100)),
  ("teams_1000", teamRules(1000)),
] {
  let (microseconds, deliveries) = try measure(load(rules))
  results.append((name, microseconds))
  print("\(name): \(microseconds) µs a record, \(deliveries) deliveries of 4000 records")
}
for (index, filter) in mixed.enumerated() {
  let (microseconds, _) = try measure(load(mixedRules(100, [filter])))
  print("100 times \(mixed[index]): \(microseconds) µs")
}
print(
  "{" + results.map { "\"\($0.name)_us\": \(($0.microseconds * 100).rounded() / 100)" }.joined(separator: ", ") + "}")
