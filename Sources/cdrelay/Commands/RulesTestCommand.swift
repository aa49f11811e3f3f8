import Forwarding
import HTTPTypes
import Providers
import RelayCore
import Rules

extension Command {
  static let rulesTest = Command(
    "rules test", "Says which rules match a sample, why, and the exact requests that would be sent",
    details: """
      Nothing is stored or sent, and no secret or network is needed: secrets are hidden. Ids are made up. Exit code 0 also
      when nothing matches; 1 where the source would refuse the sample.
      """,
    positionals: [
      Positional("FILE", .one, "The rule file."),
      Positional("SAMPLE", .atMostOne, "A file with a webhook's body; - or nothing reads standard input."),
    ],
    options: [
      Option("--source", "NAME", "The source that the sample comes to. Default: the only enabled one."),
      Option("--json", nil, "One JSON object: matched, deliveries, explanation."),
    ]
  ) { invocation in
    let path = invocation.arguments.positionals[0]
    let secrets = SecretsResolver(mode: .unresolved, environment: invocation.surroundings.environment)
    let rules = try RuleFile.load(path: path, secrets: secrets)
    let source = try source(of: rules, path, named: invocation.arguments["--source"])
    let sample = try invocation.read(invocation.arguments.positionals.dropFirst().first ?? "-")
    let trial = RulesTrial(rules: rules, source: source, now: invocation.now)
    do {
      let result = try trial.run(sample)
      return try invocation.wantsJSON ? writeJSON(result, invocation) : write(result, invocation)
    } catch let error as Unacceptable {
      return try write(error, invocation)
    }
  }

  private static func source(of rules: RuleFile, _ path: String, named name: String?) throws -> Source {
    let known = rules.sources.filter(\.isEnabled)
    guard let name else {
      if known.count == 1 { return known[0] }
      let names = known.map(\.name).joined(separator: ", ")
      throw UsageError("missing --source NAME: \(path) has \(known.isEmpty ? "no enabled one" : names)")
    }
    if let source = rules.source(named: name) { return source }
    throw CommandError("\(path): no enabled source \(name)" + NearestName.question(name, among: known.map(\.name)))
  }

  private static func write(_ refusal: Unacceptable, _ invocation: Invocation) throws -> ExitCode {
    if invocation.wantsJSON {
      try invocation.output.line([
        "matched": .array([]), "deliveries": .array([]), "explanation": .array([]), "status": .count(refusal.status),
        "refused": .string(refusal.reason),
      ])
    } else {
      try invocation.output.line(
        "refused: the sender would be answered \(refusal.status) and the request kept in quarantine: \(refusal.reason)")
    }
    return .failed
  }

  private static func writeJSON(_ result: RulesTrial.Result, _ invocation: Invocation) throws -> ExitCode {
    try invocation.output.line([
      "matched": .array(result.matched.map(JSON.string)), "deliveries": .array(result.deliveries.map(\.json)),
      "explanation": .array(result.explanation.map(\.json)), "call": result.record.call.json,
      "kind": .string(result.record.kind.rawValue),
    ])
    return .done
  }

  private static func write(_ result: RulesTrial.Result, _ invocation: Invocation) throws -> ExitCode {
    let output = invocation.output
    try output.line("Accepted as \(result.record.kind.rawValue). The call:")
    for member in result.record.call.json.object?.members ?? [] {
      try output.line("  \(member.key): \(member.value.string ?? member.value.text)")
    }
    try output.line("Rules:")
    for explanation in result.explanation {
      try output.line("  \(explanation)")
      for line in explanation.lines { try output.line("      \(line)") }
    }
    if result.deliveries.isEmpty { try output.line("Nothing would be sent: the record is kept as unrouted.") }
    for delivery in result.deliveries { try delivery.write(to: output) }
    return .done
  }
}

/// A sample's way through the rules, as far as the requests.
struct RulesTrial {
  let rules: RuleFile
  let source: Source
  let now: Instant
  /// What answers of destinations are taken to have said; nil shows `{{lookup}}`, and the update beside the delivery.
  var answers: Answers?

  struct Result {
    let record: Record
    let matched: [String]
    let explanation: [RuleExplanation]
    let deliveries: [Delivery]
  }

  struct Delivery {
    let destination: String
    let rule: String
    /// A template error makes the delivery a dead letter.
    let request: Rendered
    /// What is asked before; nil where the destination asks nothing.
    var lookup: Rendered?
    /// What goes in its place where an earlier record of the call was delivered; nil without `capture`.
    var update: Rendered?
  }

  func run(_ sample: [UInt8]) throws(Unacceptable) -> Result {
    let raw = RawRecord(
      body: sample, contentType: Self.contentType(of: sample), headers: HTTPHeaders(), query: FormFields())
    let record = try Decoder.decode(raw, settings: source.settings)
    var ids = IdentifierGenerator(process: 0)
    let id = ids.next(at: now)
    return Result(
      record: record, matched: rules.matchedRules(record), explanation: rules.explain(record),
      deliveries: rules.route(record).compactMap { route in
        delivery(route, raw, record, recordID: id, deliveryID: ids.next(at: now))
      })
  }

  private func delivery(
    _ route: Route, _ raw: RawRecord, _ record: Record, recordID: Identifier, deliveryID: Identifier
  ) -> Delivery? {
    guard let destination = rules.destination(named: route.destination) else { return nil }
    let input = RenderInput(
      record: raw, reading: record, recordID: recordID, receivedAt: now, revision: 0, deliveryID: deliveryID,
      attempt: 1, rule: route.rule, masksSecrets: true)
    return delivery(destination, route, input)
  }

  /// What a sender of such bytes says: JSON, else a form where it looks like one.
  static func contentType(of sample: [UInt8]) -> String {
    let first = sample.first { $0 > 0x20 }
    let isForm = first != UInt8(ascii: "{") && first != UInt8(ascii: "[") && sample.contains(UInt8(ascii: "="))
    return isForm ? "application/x-www-form-urlencoded" : "application/json"
  }
}

extension RulesTrial.Delivery {
  fileprivate var json: JSON {
    var object: JSONObject = ["destination": .string(destination), "rule": .string(rule)]
    for member in request.json.members { object[member.key] = member.value }
    object["lookup"] = lookup.map { .object($0.json) }
    object["update"] = update.map { .object($0.json) }
    return .object(object)
  }

  fileprivate func write(to output: Output) throws {
    if let lookup {
      try output.line("Asked of \(destination) before, for {{lookup}}:")
      try lookup.write(to: output)
    }
    try output.line("To \(destination), by rule \(rule):")
    try request.write(to: output)
    if let update {
      try output.line("Or, once \(destination) has taken an earlier record of the call and said {{captured}}:")
      try update.write(to: output)
    }
  }
}
