/// One command of the program: what it is called, what it takes, what it does.
struct Command: Sendable {
  /// `["deliveries", "list"]`.
  let path: [String]
  /// One line, without a full stop.
  let summary: String
  /// What help says below the summary. May be empty.
  let details: String
  let positionals: [Positional]
  let options: [Option]
  let run: @Sendable (Invocation) throws -> ExitCode

  init(
    _ path: String, _ summary: String, details: String = "", positionals: [Positional] = [], options: [Option] = [],
    run: @escaping @Sendable (Invocation) throws -> ExitCode
  ) {
    self.path = path.split(separator: " ").map(String.init)
    self.summary = summary
    self.details = details
    self.positionals = positionals
    self.options = options
    self.run = run
  }

  /// `deliveries list`.
  var name: String { path.joined(separator: " ") }
}

/// An argument without a name.
struct Positional: Sendable {
  enum Count: Sendable {
    case one, atMostOne, some, any
  }

  /// In capitals, as help shows it.
  let name: String
  let count: Count
  let help: String

  init(_ name: String, _ count: Count = .one, _ help: String) {
    self.name = name
    self.count = count
    self.help = help
  }
}

/// An argument that begins with `--`.
struct Option: Sendable, Equatable {
  /// With its dashes: `--state`.
  let name: String
  /// What help calls its value; nil for a flag.
  let value: String?
  let help: String
  /// May be given several times; the values are alternatives.
  let repeats: Bool
  /// The values there are, told where none is given; empty where they are not counted.
  let choices: [String]

  init(_ name: String, _ value: String? = nil, _ help: String, repeats: Bool = false, choices: [String] = []) {
    self.choices = choices
    self.name = name
    self.value = value
    self.help = help
    self.repeats = repeats
  }
}

/// What the shell sees.
enum ExitCode: Int32, Sendable {
  case done = 0
  /// Failed, or problems found.
  case failed = 1
  case usage = 2
}

/// The command line was not understood; nothing was done.
struct UsageError: Error, Equatable, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// The command could not do what it was asked for; the text says what failed and what to do.
struct CommandError: Error, Equatable, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
