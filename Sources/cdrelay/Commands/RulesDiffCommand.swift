import DurableQueue
import RelayCore
import Rules

extension Command {
  static let rulesDiff = Command(
    "rules diff", "Shows what another rule file would have done with the records that came",
    details: """
      Replays stored records through the rules in force and through NEW: which deliveries would be new, which would be
      gone, which would be another request, and by which rules. Nothing is stored or sent; no secret is needed.
      """,
    positionals: [Positional("NEW", .one, "The rule file that is to be looked at.")],
    options: [
      Option("--since", "WHEN", "Received at or after: \(Moment.inWords). Default 7d."),
      Option("--limit", "COUNT", "At most so many records, the newest ones. Default: all."),
    ] + Visit.options + [Option("--json", nil, "One JSON object; progress goes to standard error.")]
  ) { invocation in
    let limit = try invocation.arguments.count("--limit") ?? .max
    _ = try invocation.moment("--since", in: .gmt)
    let secrets = SecretsResolver(mode: .unresolved, environment: invocation.surroundings.environment)
    let new = try RuleFile.load(path: invocation.arguments.positionals[0], secrets: secrets)
    let visit = try Visit(invocation, databaseOf: new)
    guard let old = visit.rules else {
      throw CommandError("the database holds no rules that this program can read: name the rule file with --rules FILE")
    }
    let week: Int64 = 7 * 86_400_000
    let since = try invocation.moment("--since", in: visit.zone) ?? invocation.now + -week
    let diff = try RulesDiff.replay(
      old: old, new: new, visit.visitor, since: since, limit: limit, now: invocation.now,
      progress: progress(invocation.surroundings))
    if invocation.wantsJSON {
      try invocation.output.line(diff.json)
      diff.notes.forEach(invocation.surroundings.complain)
    } else {
      for line in diff.lines + diff.notes { try invocation.output.line(line) }
    }
    return .done
  }

  /// A line each hundred thousand records.
  private static func progress(_ surroundings: Surroundings) -> (Int) -> Void {
    { count in
      if count.isMultiple(of: 100_000) { surroundings.complain("looked at \(Phrases.grouped(count)) records") }
    }
  }
}
