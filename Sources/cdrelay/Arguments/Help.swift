/// What `--help` prints.
enum Help {
  static func program(_ commands: [Command], groups: [CommandGroup]) -> String {
    let rows = listed(commands, groups: groups)
    return """
      Usage: cdrelay COMMAND [OPTIONS]

      Takes call detail records of telephony providers, keeps them on disk, and sends them where the rules say.

      Commands:
      \(aligned(rows))

      `cdrelay COMMAND --help` says more about each. `cdrelay --version` prints the version.

      """
  }

  static func group(_ group: CommandGroup, _ commands: [Command]) -> String {
    let rows = commands.filter { $0.path.first == group.name }.map { ($0.name, $0.summary) }
    return """
      Usage: cdrelay \(group.name) COMMAND [OPTIONS]

      \(group.summary).

      Commands:
      \(aligned(rows))

      """
  }

  static func command(_ command: Command) -> String {
    let usage = (["Usage: cdrelay", command.name] + command.positionals.map(\.usage) + ["[OPTIONS]"])
      .joined(separator: " ")
    var sections = ["\(usage)\n\n\(command.summary).\n"]
    if !command.details.isEmpty { sections.append(command.details + "\n") }
    if !command.positionals.isEmpty {
      sections.append("Arguments:\n" + aligned(command.positionals.map { ($0.name, $0.help) }) + "\n")
    }
    let options = command.options.map { ([$0.name, $0.value].compactMap { $0 }.joined(separator: " "), $0.help) }
    sections.append("Options:\n" + aligned(options + [("--help", "Prints this.")]) + "\n")
    return sections.joined(separator: "\n")
  }

  /// Commands on their own by themselves, groups as one line each, in the table's order.
  private static func listed(_ commands: [Command], groups: [CommandGroup]) -> [(String, String)] {
    var rows: [(String, String)] = []
    for command in commands {
      guard command.path.count > 1, let group = groups.first(where: { $0.name == command.path[0] }) else {
        rows.append((command.name, command.summary))
        continue
      }
      let verbs = commands.filter { $0.path.first == group.name }.compactMap(\.path.last).joined(separator: "|")
      let row = ("\(group.name) \(verbs)", group.summary)
      if !rows.contains(where: { $0.0 == row.0 }) { rows.append(row) }
    }
    return rows
  }

  private static let width = 78
  private static let widestName = 34

  /// Two columns; a name too wide for its column stands on a line of its own, long texts are broken between words.
  private static func aligned(_ rows: [(String, String)]) -> String {
    let column = rows.map(\.0.count).filter { $0 <= widestName }.max() ?? 0
    return rows.map { name, text in
      let indent = String(repeating: " ", count: column + 4)
      let body = wrapped(text, width: max(30, width - column - 4)).joined(separator: "\n" + indent)
      let pad = String(repeating: " ", count: max(0, column - name.count) + 2)
      return name.count > column ? "  \(name)\n\(indent)\(body)" : "  \(name)\(pad)\(body)"
    }.joined(separator: "\n")
  }

  private static func wrapped(_ text: String, width: Int) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ") {
      let line = lines[lines.count - 1]
      if line.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if line.count + 1 + word.count <= width {
        lines[lines.count - 1] = "\(line) \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}

extension Positional {
  fileprivate var usage: String {
    switch count {
    case .one: name
    case .atMostOne: "[\(name)]"
    case .some: "\(name)…"
    case .any: "[\(name)…]"
    }
  }
}
