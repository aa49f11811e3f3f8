import Glibc
import RelayCore
import Rules

extension Command {
  static let rulesInit = Command(
    "rules init", "Writes a rule file to begin with, for a provider and a CRM",
    details: """
      It sends each call once to the CRM and everything to an archive, and has tests that say so. Secrets are named, not held.
      What is not given is asked for on a terminal. A file that is there is overwritten only where a person says so.
      """,
    positionals: [Positional("FILE", .atMostOne, "Where to write it; - for standard output. Default: rules.json.")],
    options: [
      Option("--provider", "NAME", "telecmi, callr or generic."),
      Option("--crm", "NAME", "hubspot, salesforce, zoho, pipedrive or none."),
      Option("--json", nil, "What was written as one JSON object."),
    ]
  ) { invocation in
    let path = invocation.arguments.positionals.first ?? "rules.json"
    let provider: Provider = try invocation.choice("--provider", "Which provider sends the records?")
    let crm: RulesStart.CRM = try invocation.choice("--crm", "Which CRM gets the calls?")
    let start = RulesStart(provider: provider, crm: crm)
    if path == "-" {
      try invocation.output.write(start.text)
      return .done
    }
    guard try write(start, to: path, invocation) else {
      invocation.surroundings.complain("\(path) stays as it is")
      return .failed
    }
    try tell(start, path, invocation)
    return .done
  }

  /// False where a person keeps the file that is there.
  private static func write(_ start: RulesStart, to path: String, _ invocation: Invocation) throws -> Bool {
    let bytes = Array(start.text.utf8)
    guard access(path, F_OK) == 0 else {
      try NewFile.write(bytes, to: path)
      return true
    }
    guard invocation.surroundings.isTerminal else {
      throw CommandError("\(path) is there already: name another file, or answer on a terminal")
    }
    guard try Confirmation(invocation: invocation).isAgreed("\(path) is there already. Overwrite it?") else {
      return false
    }
    let new = "\(path).new-\(getpid())"
    try NewFile.write(bytes, to: new)
    guard rename(new, path) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(new)
      throw CommandError("\(path) can't be replaced: \(reason)")
    }
    return true
  }

  private static func tell(_ start: RulesStart, _ path: String, _ invocation: Invocation) throws {
    let source = start.provider == .generic ? "pbx" : start.provider.rawValue
    let next = [
      "cdrelay rules schema > cdrelay.schema.json", "cdrelay rules check \(path) --without-secrets",
      "cdrelay sources url \(source) --rules \(path) --base https://your.host",
      "cdrelay serve --rules \(path)",
    ]
    if invocation.wantsJSON {
      try invocation.output.line([
        "file": .string(path), "provider": .string(start.provider.rawValue), "crm": .string(start.crm.rawValue),
        "secrets": .array(start.secrets.map(JSON.string)), "to_do": .array(start.toDo.map(JSON.string)),
        "next": .array(next.map(JSON.string)),
      ])
      return
    }
    try invocation.output.line("wrote \(path)")
    for line in start.toDo { try invocation.output.line("  \(line)") }
    try invocation.output.line("Set in the environment, or in a file that relay.secrets_file names:")
    for name in start.secrets { try invocation.output.line("  \(name)") }
    try invocation.output.line("Then:")
    for line in next { try invocation.output.line("  \(line)") }
  }
}

extension Invocation {
  /// One of these words: given, or asked for on a terminal.
  fileprivate func choice<Word: RawRepresentable & CaseIterable>(_ option: String, _ question: String) throws -> Word
  where Word.RawValue == String {
    if let word = try arguments.words(option, as: Word.self).first { return word }
    let words = Word.allCases.map(\.rawValue)
    let known = words.dropLast().joined(separator: ", ") + words.suffix(1).map { " or \($0)" }.joined()
    guard surroundings.isTerminal else { throw UsageError("missing \(option): \(known)") }
    while true {
      try surroundings.errors.write("\(question) \(known): ")
      try surroundings.errors.flush()
      guard let answer = surroundings.readLine()?.lowercased() else { throw UsageError("missing \(option): \(known)") }
      if let word = Word(rawValue: String(answer.split(separator: " ").first ?? "")) { return word }
    }
  }
}
