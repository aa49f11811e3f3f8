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
    let request: Swift.Result<OutgoingRequest, TemplateError>
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
    guard let destination = rules.destination(named: route.destination) else { return nil }
    let stamp = OutgoingRequest.Stamp(userAgent: Program.userAgent, isReplay: false, at: now)
    let request = Swift.Result { () throws(TemplateError) in
      try OutgoingRequest.make(input, for: destination, stamp)
    }
    return Delivery(destination: route.destination, rule: route.rule, request: request)
  }
}

extension RulesTrial.Delivery {
  fileprivate var json: JSON {
    var object: JSONObject = ["destination": .string(destination), "rule": .string(rule)]
    switch request {
    case .success(let request):
      object["method"] = .string(request.method)
      object["url"] = .string(request.url)
      object["headers"] = .object(
        JSONObject(request.headers.fields.map { JSONObject.Member(key: $0.name, value: .string($0.value)) }))
      object["body"] = .string(String(decoding: request.body, as: UTF8.self))
    case .failure(let error):
      object["error"] = .string("\(error)")
    }
    return .object(object)
  }

  fileprivate func write(to output: Output) throws {
    try output.line("To \(destination), by rule \(rule):")
    switch request {
    case .success(let request):
      try output.line("  \(request.method) \(request.url)")
      for field in request.headers.fields { try output.line("  \(field.name): \(field.value)") }
      try output.line()
      try output.line(String(decoding: request.body, as: UTF8.self))
    case .failure(let error):
      try output.line("  can't be rendered, and would be a dead letter: \(error)")
    }
  }
}
