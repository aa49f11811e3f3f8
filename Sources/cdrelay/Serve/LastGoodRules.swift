import DurableQueue
import RelayCore
import Rules

/// What a relay starts with where its rule file is bad: the version that was accepted last, as the database keeps it.
enum LastGoodRules {
  private static let advice =
    "if a relay has run before: start with --database FILE (or $CDRELAY_DATABASE), and the rules accepted last are in force"

  /// Throws all problems of the file, a line each, where there is no version to go on with.
  static func instead(
    of found: FoundRules, _ error: RuleFileError, _ invocation: Invocation
  ) throws -> (rules: RuleFile, database: String) {
    let problems = "nothing was started, the rule file has problems:\n\(error)"
    let nothing = CommandError(invocation.hasNamedDatabase ? problems : "\(problems)\n\(advice)")
    guard let database = try invocation.databaseOfBadFile(found.bytes) else { throw nothing }
    let stored: StoredRules?
    do {
      stored = try QueueVisitor(path: database).newestRules()
    } catch VisitError.missing {
      throw nothing
    } catch {
      // Such as one of an older version, which only a start with a good file brings up to date.
      throw CommandError("\(problems)\nThe rules accepted last can't be read: \(error)")
    }
    guard let stored else { throw nothing }
    do throws(RuleFileError) {
      // Secrets that stood in the file are masked in the copy: they are missing, and hold what needs them.
      let rules = try RuleFile.parse(
        Array(stored.text.utf8), path: "rules version \(stored.version)", secrets: .process(.lenient))
      return (rules, database)
    } catch {
      throw CommandError("\(problems)\nThe last good version, \(stored.version), can't be used either:\n\(error)")
    }
  }
}

extension Invocation {
  /// By the option or in the environment.
  fileprivate var hasNamedDatabase: Bool {
    arguments["--database"] != nil || surroundings.environment["CDRELAY_DATABASE"].map { !$0.isEmpty } == true
  }

  /// nil where nobody can tell: the default name is used only where it is what the file means, since it may be the database
  /// of another relay, with other rules.
  fileprivate func databaseOfBadFile(_ bytes: [UInt8]?) throws -> String? {
    let written = bytes.flatMap(RuleFile.databasePath)
    guard hasNamedDatabase || written != nil || bytes.map(RuleFile.namesNoDatabase) == true else { return nil }
    return try databasePath(in: bytes)
  }

  /// The same of a file that may have problems; nil where there is none.
  func databasePath(in bytes: [UInt8]?) throws -> String {
    let given = surroundings.environment["CDRELAY_DATABASE"] ?? ""
    guard arguments["--database"] == nil, given.isEmpty, let written = bytes.flatMap(RuleFile.databasePath) else {
      return try databasePath(nil)
    }
    return written
  }
}
