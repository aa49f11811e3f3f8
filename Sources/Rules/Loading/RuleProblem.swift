/// One thing that is wrong with a rule file, or, as a warning, that is hardly meant so.
package struct RuleProblem: Sendable, Equatable, CustomStringConvertible {
  /// The rule file as the person named it.
  package let file: String
  /// Where in the file: `destinations.hubspot.retry.max_attempts`, `rules[2].send_to[0]`; empty for the file as a whole.
  package let path: String
  /// What was expected and found, and what to do.
  package let message: String

  package init(file: String, path: String, message: String) {
    self.file = file
    self.path = path
    self.message = message
  }

  /// `rules.json: destinations.hubspot.retry.max_attempts: expected an integer from 1 to 100, found 0`
  package var description: String {
    path.isEmpty ? "\(file): \(message)" : "\(file): \(path): \(message)"
  }
}

/// Everything that is wrong with a rule file, in the file's order within each section.
package struct RuleFileError: Error, Sendable, Equatable, CustomStringConvertible {
  package let problems: [RuleProblem]
  package let warnings: [RuleProblem]

  /// A line for each problem.
  package var description: String {
    problems.map(\.description).joined(separator: "\n")
  }
}
