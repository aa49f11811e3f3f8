/// Saying what a command is about to change, and asking a person who sits there.
struct Confirmation {
  static let options = [
    Option("--dry-run", nil, "Says what would be changed, and changes nothing."),
    Option("--yes", nil, "Asks nothing."),
  ]

  let invocation: Invocation

  /// True where it may go ahead: told so by `--yes`, by a `y` on a terminal, or since nobody sits there. One thing alone is
  /// changed without a question.
  func mayChange(_ count: Int, _ question: String) throws -> Bool {
    try count <= 1 || isAgreed(question)
  }

  /// The same where one thing alone is a question.
  func isAgreed(_ question: String) throws -> Bool {
    let surroundings = invocation.surroundings
    guard surroundings.isTerminal, !invocation.arguments.has("--yes") else { return true }
    try surroundings.output.flush()
    try surroundings.errors.write("\(question) [y/N] ")
    try surroundings.errors.flush()
    let answer = surroundings.readLine()?.lowercased() ?? ""
    return answer == "y" || answer == "yes"
  }
}
