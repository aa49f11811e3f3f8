import DurableQueue
import Forwarding
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
    options: TrialSample.options + [Option("--json", nil, "One JSON object: matched, deliveries, explanation.")]
  ) { invocation in
    let path = invocation.arguments.positionals[0]
    let secrets = SecretsResolver(mode: .unresolved, environment: invocation.surroundings.environment)
    let rules = try RuleFile.load(path: path, secrets: secrets)
    let sample = try TrialSample(invocation, rules)
    let trial = RulesTrial(rules: rules, source: sample.source, now: invocation.now)
    do {
      let result = try trial.run(sample.raw, sample.row)
      return try invocation.wantsJSON ? writeJSON(result, invocation) : write(result, invocation)
    } catch let error as Unacceptable {
      return try write(error, invocation)
    }
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
    /// What is asked before; nil where nothing is asked.
    var lookup: Rendered?
    /// What goes in its place where an earlier record of the call was delivered; nil without `capture`.
    var update: Rendered?
    /// Whether the lookup is made before that, too.
    var updateAsks = false
  }

  func run(_ sample: [UInt8]) throws(Unacceptable) -> Result {
    try run(RawRecord(sample: sample))
  }

  /// `row`: where it is a record that came; ids and times are made up otherwise.
  func run(_ raw: RawRecord, _ row: RecordRow? = nil) throws(Unacceptable) -> Result {
    let record = try Decoder.decode(raw, settings: source.settings)
    var ids = IdentifierGenerator(process: 0)
    let made = ids.next(at: now)
    let routes = rules.route(record).filter { row == nil || row?.revision == 0 || !$0.skipsRevisions }
    return Result(
      record: record, matched: rules.matchedRules(record), explanation: rules.explain(record),
      deliveries: routes.compactMap { route in
        delivery(
          route,
          RenderInput(
            record: raw, reading: record, recordID: row?.id ?? made, receivedAt: row?.receivedAt ?? now,
            revision: row?.revision ?? 0, deliveryID: ids.next(at: now), attempt: 1, rule: route.rule,
            masksSecrets: true))
      })
  }

  private func delivery(_ route: Route, _ input: RenderInput) -> Delivery? {
    rules.destination(named: route.destination).map { delivery($0, route, input) }
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
      let unasked = lookup == nil || updateAsks ? "" : ", without a lookup"
      try output.line(
        "Or, once \(destination) has taken an earlier record of the call and said {{captured}}\(unasked):")
      try update.write(to: output)
    }
  }
}
