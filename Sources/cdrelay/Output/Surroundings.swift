import RelayCore

/// What a command reads from and writes to beyond its arguments; tests give their own.
struct Surroundings {
  /// Results.
  let output: Output
  /// Counts, questions, progress and errors.
  let errors: Output
  /// A line of standard input without its newline; nil at its end.
  let readLine: () -> String?
  /// Standard input to its end.
  let readAll: () throws -> [UInt8]
  /// A person sits there: standard input and standard error are a terminal.
  let isTerminal: Bool
  let environment: [String: String]
  /// The Unix user that `action` names.
  let user: String
  let time: any TimeSource
  /// A person asked it to stop (SIGINT, SIGTERM): it does so behind the next commit.
  var isInterrupted: () -> Bool = { false }
  /// Whoever read the output has left. A command that waits would otherwise learn it with its next line only.
  var isOutputClosed: () -> Bool = { false }

  /// A line for the person, not for the pipe. That nobody reads it is no reason to stop.
  func complain(_ line: String) {
    try? errors.line(line)
    try? errors.flush()
  }
}

/// A command as it was called.
struct Invocation {
  let arguments: Arguments
  /// The whole command line without the program's name.
  let words: [String]
  let surroundings: Surroundings

  var output: Output { surroundings.output }
  var now: Instant { surroundings.time.now() }
  var wantsJSON: Bool { arguments.has("--json") }
}
