import DurableQueue
import Glibc
import RelayCore
import Rules

extension Command {
  static let rulesCheck = Command(
    "rules check", "Checks a rule file: every problem at once, then what it means",
    details: """
      Beside a database it also warns of rules that can't match what really comes: it holds them against the last
      \(Phrases.grouped(TrafficCheck.records)) records.
      """,
    positionals: [Positional("FILE", .one, "The rule file.")],
    options: [
      Option("--without-secrets", nil, "Leaves ${NAME} and ${file:…} as written: for laptops and CI."),
      Option("--database", "FILE", "Whose records to look at. Default: relay.database, where it can be read."),
      Option("--json", nil, "One JSON object."),
    ]
  ) { invocation in
    let secrets = SecretsResolver(
      mode: invocation.arguments.has("--without-secrets") ? .unresolved : .resolved,
      environment: invocation.surroundings.environment)
    do {
      let rules = try RuleFile.load(path: invocation.arguments.positionals[0], secrets: secrets)
      let warnings = rules.warnings + rules.uncountedRules
      return try write(rules, warnings + trafficWarnings(rules, invocation), invocation)
    } catch let error as RuleFileError {
      return try write(error, invocation)
    }
  }

  private static func write(_ error: RuleFileError, _ invocation: Invocation) throws -> ExitCode {
    if invocation.wantsJSON {
      try invocation.output.line([
        "problems": .array(error.problems.map(\.json)), "warnings": .array(error.warnings.map(\.json)),
      ])
      return .failed
    }
    for problem in error.problems { try invocation.output.line("\(problem)") }
    for warning in error.warnings { try invocation.output.line("warning: \(warning)") }
    invocation.surroundings.complain(Phrases.count(error.problems.count, "problem", "problems"))
    return .failed
  }

  /// Of `--database`, which must be there, else of `relay.database`, which need not.
  private static func trafficWarnings(_ rules: RuleFile, _ invocation: Invocation) throws -> [RuleProblem] {
    if let path = invocation.arguments["--database"] {
      return try TrafficCheck.warnings(rules, QueueVisitor(path: path))
    }
    guard let path = rules.relay.database, access(path, R_OK | W_OK) == 0 else { return [] }
    do {
      return try TrafficCheck.warnings(rules, QueueVisitor(path: path))
    } catch {
      invocation.surroundings.complain("relay.database was not looked at: \(error)")
      return []
    }
  }

  private static func write(
    _ rules: RuleFile, _ warnings: [RuleProblem], _ invocation: Invocation
  ) throws -> ExitCode {
    let output = invocation.output
    let tests = RuleTestRun.all(of: rules, at: invocation.now)
    let failed = tests.filter { !$0.failures.isEmpty }
    if invocation.wantsJSON {
      try output.line([
        "problems": .array([]), "warnings": .array(warnings.map(\.json)), "sources": .count(rules.sources.count),
        "destinations": .array(
          rules.destinations.map { .object(["name": .string($0.name), "retry": .string($0.retry.inWords)]) }),
        "rules": .count(rules.rules.count),
        "tests": .array(
          tests.map {
            .object([
              "name": .string($0.test.name), "passed": .bool($0.failures.isEmpty),
              "failures": .array($0.failures.map(JSON.string)),
            ])
          }),
      ])
      return failed.isEmpty ? .done : .failed
    }
    for warning in warnings { try output.line("warning: \(warning)") }
    let counts = [
      Phrases.count(rules.sources.count, "source", "sources"),
      Phrases.count(rules.destinations.count, "destination", "destinations"),
      Phrases.count(rules.rules.count, "rule", "rules"),
    ]
    let loads = failed.isEmpty ? "no problems" : "the file loads"
    let tested =
      failed.isEmpty ? "" : "; \(failed.count) of \(Phrases.count(tests.count, "test", "tests")) failed"
    try output.line("\(rules.path): \(loads): \(counts.joined(separator: ", "))\(tested)")
    for source in rules.sources {
      try output.line(
        "  source \(source.name): \(source.settings.provider.rawValue)" + (source.isEnabled ? "" : ", disabled"))
    }
    for destination in rules.destinations {
      let held = destination.isEnabled ? destination.isPaused ? ", paused" : "" : ", disabled"
      let connecting = destination.connectingInWords.map { "; \($0)" }.joined()
      let order = destination.order == .perCall ? "; those of a call in their order" : ""
      try output.line("  destination \(destination.name): \(destination.retry.inWords)\(order)\(connecting)\(held)")
    }
    for rule in rules.rules {
      let stop = rule.stops ? ", then stop" : ""
      try output.line(
        "  rule \(rule.name): to \(rule.sendTo.joined(separator: ", "))\(stop)" + (rule.isEnabled ? "" : ", disabled"))
    }
    for run in failed {
      for failure in run.failures { try output.line("\(rules.path): \(run.test.path): \(run.test.name): \(failure)") }
    }
    guard failed.isEmpty else { return .failed }
    if !tests.isEmpty { try output.line("  \(Phrases.count(tests.count, "test", "tests")) passed") }
    return .done
  }
}

extension RuleProblem {
  fileprivate var json: JSON {
    .object(["path": .string(path), "message": .string(message)])
  }
}
