import DurableQueue
import RelayCore
import Rules

import struct Foundation.TimeZone

extension Command {
  static let rulesApply = Command(
    "rules apply", "Checks a rule file, shows what it changes, puts it in place and has the relay take it",
    details: """
      Checks NEW and runs its tests, shows what would have become of the records of the last days, and asks. Then it takes
      the place of the rule file in one step, and the relay, which is told by SIGHUP, says whether it takes it. What the
      relay refuses is taken back: then all is as before. Secrets are the relay's to find: this command needs none.
      """,
    positionals: [Positional("NEW", .one, "The new rule file.")], options: RulesChange.options
  ) { invocation in
    let new = invocation.arguments.positionals[0]
    switch SecretsResolver.readFile(new) {
    case .failure(let error): throw CommandError("\(new): can't read the file: \(error.reason)")
    case .success(let content): return try RulesChange(invocation, bytes: content.bytes, name: new).run()
    }
  }

  static let rulesRollback = Command(
    "rules rollback", "Puts an earlier version of the rules in place, as apply does",
    details: """
      VERSION is a number of `cdrelay rules history`. Without it: while the file on disk is refused, the version in
      force; else the one before it, where a version that was put back counts as the one that it is a copy of, so that
      `rules rollback` again goes further back.
      What was accepted is kept as it stood, but for secrets that were written out: such a version can't be put back.
      """,
    positionals: [
      Positional("VERSION", .atMostOne, "Default: the one before; while the file is refused, the one in force.")
    ], options: RulesChange.options
  ) { invocation in
    let wanted = try invocation.version()
    let file = invocation.arguments["--rules"].flatMap { try? SecretsResolver.readFile($0).get().bytes }
    let visitor = try QueueVisitor(path: try invocation.databasePath(in: file))
    let load = try visitor.lastRulesLoad()
    let inForce = try load?.version ?? visitor.newestRules()?.version
    guard let inForce, let current = try visitor.rules(version: inForce) else {
      throw CommandError("no rules were ever in force here")
    }
    let stored: StoredRules?
    if let wanted {
      stored = try visitor.rules(version: wanted)
    } else {
      stored = load?.isRefused == true ? current : try visitor.rules(before: current)
    }
    guard let stored else {
      throw CommandError(
        wanted.map { "there is no version \($0); `cdrelay rules history` lists them" }
          ?? "there is no earlier version than \(current.sameAs ?? inForce)")
    }
    guard !stored.text.contains("\"\(Secret.mask)\"") else {
      throw CommandError(
        "version \(stored.version) held secrets that were written out in the file, which are not kept: take the file from "
          + "elsewhere, or print it with `cdrelay rules history \(stored.version)`, put ${NAME} in the place of "
          + "\(Secret.mask) and use `cdrelay rules apply`")
    }
    invocation.surroundings.complain(
      "back to version \(stored.version), accepted \(Phrases.relative(stored.loadedAt, to: invocation.now)) "
        + "(\(stored.loadedAt.rfc3339))")
    return try RulesChange(
      invocation, bytes: Array(stored.text.utf8), name: "version \(stored.version)", visitor: visitor
    ).run()
  }

  static let rulesHistory = Command(
    "rules history", "Lists the versions of the rules that were accepted, or prints one",
    positionals: [
      Positional("VERSION", .atMostOne, "Prints this one, as it stood in the file, written secrets as •••.")
    ],
    options: [
      Option("--limit", "COUNT", "At most so many, the newest ones. Default 20."),
      Option("--database", "FILE", "The database. Default: $CDRELAY_DATABASE, else cdrelay.db."),
      Option("--json", nil, "One JSON object a line."),
    ]
  ) { invocation in
    let wanted = try invocation.version()
    let limit = try invocation.arguments.count("--limit") ?? 20
    let visitor = try QueueVisitor(path: try invocation.databasePath(nil))
    let load = try visitor.lastRulesLoad()
    let inForce = try load?.version ?? visitor.newestRules()?.version
    if let wanted {
      guard let stored = try visitor.rules(version: wanted) else {
        throw CommandError("there is no version \(wanted); `cdrelay rules history` lists them")
      }
      if invocation.wantsJSON {
        try invocation.output.line(stored.json(inForce: inForce, withText: true))
      } else {
        try invocation.output.write(stored.text)
      }
      return .done
    }
    let versions = try visitor.rulesHistory(limit: limit)
    guard !invocation.wantsJSON else {
      for version in versions { try invocation.output.line(version.json(inForce: inForce)) }
      return .done
    }
    var table = Table(
      ("VERSION", .right), ("ACCEPTED", .left), ("BY", .left), ("FROM", .left), ("IN FORCE", .left),
      ("SAME TEXT", .left))
    for version in versions {
      table.add(
        String(version.version), version.loadedAt.rfc3339, version.changedBy ?? "-", version.path ?? "-",
        version.version == inForce ? "yes" : "", version.sameAs.map { "= \($0)" } ?? "")
    }
    try table.write(to: invocation.output)
    if let load, load.isRefused { try invocation.output.line(load.refusal) }
    return .done
  }
}

extension StoredRules {
  fileprivate func json(inForce: Int64?, withText: Bool = false) -> JSONObject {
    var object: JSONObject = [
      "version": .integer(version), "accepted_at": .instant(loadedAt), "by": .text(changedBy), "path": .text(path),
      "in_force": .bool(version == inForce), "same_as": sameAs.map(JSON.integer) ?? .null,
    ]
    if withText { object["text"] = .string(text) }
    return object
  }
}

extension Invocation {
  /// The positional as the number of a version.
  fileprivate func version() throws(UsageError) -> Int64? {
    guard let text = arguments.positionals.first else { return nil }
    guard let number = Int64(text), number > 0 else {
      throw UsageError("expected the number of a version, found \(text)")
    }
    return number
  }
}

extension RuleFile {
  /// Of its `time_zone`, else UTC.
  var zone: TimeZone {
    relay.timeZone.flatMap { TimeZone(identifier: $0) } ?? .gmt
  }
}
