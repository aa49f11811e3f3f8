import DurableQueue
import RelayCore
import Rules

/// What a relay starts with where its rule file is bad: the version that was accepted last, as the database keeps it.
enum LastGoodRules {
  /// Throws all problems of the file, a line each, where there is no version to go on with.
  static func instead(
    of found: FoundRules, _ error: RuleFileError, _ invocation: Invocation
  ) throws -> (rules: RuleFile, database: String) {
    let problems = "nothing was started, the rule file has problems:\n\(error)"
    guard let database = try? database(found, invocation), let visitor = try? QueueVisitor(path: database),
      let stored = try visitor.newestRules()
    else { throw CommandError(problems) }
    do throws(RuleFileError) {
      // Secrets that stood in the file are masked in the copy: they are missing, and hold what needs them.
      let rules = try RuleFile.parse(
        Array(stored.text.utf8), path: "rules version \(stored.version)", secrets: .process(.lenient))
      return (rules, database)
    } catch {
      throw CommandError("\(problems)\nThe last good version, \(stored.version), can't be used either:\n\(error)")
    }
  }

  private static func database(_ found: FoundRules, _ invocation: Invocation) throws -> String {
    if invocation.arguments["--database"] == nil, let written = found.bytes.flatMap(RuleFile.databasePath) {
      let given = invocation.surroundings.environment["CDRELAY_DATABASE"] ?? ""
      return given.isEmpty ? written : given
    }
    return try invocation.databasePath(nil)
  }
}
