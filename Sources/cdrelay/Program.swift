import Rules

/// Commands that share their first word.
struct CommandGroup: Sendable {
  let name: String
  /// One line, without a full stop.
  let summary: String
}

/// Finds the command that the words name, and runs it.
struct Program {
  static let version = "0.1.0"
  /// What destinations see.
  static let userAgent = "cdrelay/\(version)"
  static let cdrelay = Program(version: version, groups: CommandTable.groups, commands: CommandTable.commands)

  let version: String
  let groups: [CommandGroup]
  let commands: [Command]

  /// `words`: the command line without the program's name.
  func run(_ words: [String], _ surroundings: Surroundings) -> ExitCode {
    do {
      let code = try dispatch(words, surroundings)
      try surroundings.output.flush()
      return code
    } catch is OutputClosed {
      // Nobody reads any more (`| head`): what was asked for was given.
      return .done
    } catch let error as UsageError {
      surroundings.complain("cdrelay: \(error)")
      surroundings.complain("`\(helpCommand(for: words))` shows what there is.")
      return .usage
    } catch {
      try? surroundings.output.flush()
      surroundings.complain("cdrelay: \(error)")
      return .failed
    }
  }

  private func dispatch(_ words: [String], _ surroundings: Surroundings) throws -> ExitCode {
    guard let first = words.first, first != "--help", first != "-h", first != "help" else {
      let text = Help.program(commands, groups: groups)
      guard !words.isEmpty else { throw UsageError("no command given") }
      try surroundings.output.write(text)
      return .done
    }
    if first == "--version" {
      try surroundings.output.line("cdrelay \(version)")
      return .done
    }
    if let command = command(words) {
      let arguments = try Arguments(words.dropFirst(command.path.count), for: command)
      if arguments.wantsHelp {
        try surroundings.output.write(Help.command(command))
        return .done
      }
      return try command.run(Invocation(arguments: arguments, words: words, surroundings: surroundings))
    }
    guard let group = groups.first(where: { $0.name == first }) else {
      let names = groups.map(\.name) + commands.filter { $0.path.count == 1 }.map(\.name)
      throw UsageError("unknown command \(first)" + NearestName.question(first, among: names))
    }
    return try answer(group, verb: words.dropFirst().first, surroundings)
  }

  private func answer(_ group: CommandGroup, verb: String?, _ surroundings: Surroundings) throws -> ExitCode {
    let verbs = commands.filter { $0.path.first == group.name }.compactMap(\.path.last)
    switch verb {
    case "--help", "-h":
      try surroundings.output.write(Help.group(group, commands))
      return .done
    case nil:
      throw UsageError("\(group.name) needs a command: \(verbs.joined(separator: ", "))")
    case let verb?:
      throw UsageError("unknown command \(group.name) \(verb)" + NearestName.question(verb, among: verbs))
    }
  }

  private func command(_ words: [String]) -> Command? {
    commands.first { words.starts(with: $0.path) }
  }

  private func helpCommand(for words: [String]) -> String {
    let path = command(words)?.name ?? groups.first { $0.name == words.first }?.name
    return ["cdrelay", path, "--help"].compactMap { $0 }.joined(separator: " ")
  }
}
