import DurableQueue
import RelayCore
import Rules

import struct Foundation.TimeZone

/// A command's way to a database and to the rules that go with it.
struct Visit {
  let visitor: QueueVisitor
  /// `--rules`, else what the relay loaded last; nil where neither is there, or the latter can't be read any more.
  let rules: RuleFile?
  /// Of `rules` in the database; nil where they come from `--rules`.
  let rulesVersion: Int64?

  static let options = [
    Option(
      "--database", "FILE", "The database. Default: $CDRELAY_DATABASE, else relay.database of --rules, else cdrelay.db."
    ),
    Option("--rules", "FILE", "The rule file. Default: the one that the relay loaded last, as the database keeps it."),
  ]

  /// `databaseOf`: a rule file that says where the database is, where nothing before it does.
  init(_ invocation: Invocation, databaseOf other: RuleFile? = nil) throws {
    let file = try invocation.ruleFile()
    visitor = try QueueVisitor(path: try invocation.databasePath(file ?? other))
    if let file {
      rules = file
      rulesVersion = nil
    } else if let stored = try visitor.newestRules() {
      let secrets = SecretsResolver(mode: .unresolved, environment: [:])
      rules = try? RuleFile.parse(Array(stored.text.utf8), path: "rules version \(stored.version)", secrets: secrets)
      rulesVersion = rules == nil ? nil : stored.version
    } else {
      rules = nil
      rulesVersion = nil
    }
  }

  /// Of the rule file's `time_zone`, else UTC.
  var zone: TimeZone {
    rules?.relay.timeZone.flatMap { TimeZone(identifier: $0) } ?? .gmt
  }

  /// Names given to `--destination`, `--source` and `--rule` that the rules don't have: why a selection may be empty.
  func unknownNames(_ arguments: Arguments) -> [String] {
    guard let rules else { return [] }
    let kinds = [
      ("destination", arguments.list("--destination"), rules.destinations.map(\.name)),
      ("source", arguments.list("--source"), rules.sources.map(\.name)),
      ("rule", arguments.all("--rule"), rules.rules.map(\.name)),
    ]
    return kinds.flatMap { word, given, known in
      given.filter { !known.contains($0) }.map { "no \(word) \($0)" + NearestName.question($0, among: known) }
    }
  }

  /// Tells that a selection is empty, and which of its names the rules don't have.
  func complainOfNothing(_ sentence: String, _ invocation: Invocation) {
    for line in [sentence] + unknownNames(invocation.arguments) { invocation.surroundings.complain(line) }
  }

  /// Opens the database and reads what the arguments select, in that zone; wrong usage is told before a missing file.
  static func begin<Selection>(
    _ invocation: Invocation, _ select: (Invocation, TimeZone) throws -> Selection
  ) throws -> (Visit, Selection) {
    _ = try select(invocation, .gmt)
    let visit = try Visit(invocation)
    return (visit, try select(invocation, visit.zone))
  }
}

extension Invocation {
  /// The file that `--rules` names, its secrets left as written: no command that visits sends anything.
  func ruleFile() throws -> RuleFile? {
    guard let path = arguments["--rules"] else { return nil }
    let secrets = SecretsResolver(mode: .unresolved, environment: surroundings.environment)
    return try RuleFile.load(path: path, secrets: secrets)
  }

  /// `--database`, else `$CDRELAY_DATABASE`, else `relay.database` of the rule file, else `cdrelay.db`.
  func databasePath(_ rules: RuleFile?) throws -> String {
    if let path = arguments["--database"] { return path }
    if let path = surroundings.environment["CDRELAY_DATABASE"], !path.isEmpty { return path }
    guard let path = rules?.relay.database else { return "cdrelay.db" }
    guard !path.contains("${") else {
      throw CommandError("relay.database of the rule file holds \(path): name the database with --database FILE")
    }
    return path
  }

  /// `--since` and `--until`.
  func moment(_ option: String, in zone: TimeZone) throws(UsageError) -> Instant? {
    guard let text = arguments[option] else { return nil }
    guard let instant = Moment.read(text, now: now, zone: zone) else {
      throw UsageError("\(option): expected \(Moment.inWords), found \(text)")
    }
    return instant
  }

  func action(reason: String? = nil) -> Action {
    Action(at: now, user: surroundings.user, command: words.joined(separator: " "), reason: reason)
  }
}
