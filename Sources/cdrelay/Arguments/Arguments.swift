import RelayCore
import Rules

/// What was given on the command line, sorted by name.
struct Arguments: Sendable, Equatable {
  private(set) var positionals: [String] = []
  private var values: [String: [String]] = [:]
  private var flags: Set<String> = []
  private(set) var wantsHelp = false

  /// Reads the words behind the command's name: `--name value`, `--name=value`, flags, positionals; `--` ends the options;
  /// `-` alone is a positional.
  init(_ words: some Sequence<String>, for command: Command) throws(UsageError) {
    var words = Array(words)[...]
    var optionsEnded = false
    while let word = words.popFirst() {
      if optionsEnded || word == "-" || !word.hasPrefix("-") {
        positionals.append(word)
      } else if word == "--" {
        optionsEnded = true
      } else if word == "--help" || word == "-h" {
        wantsHelp = true
      } else {
        try take(word, &words, command)
      }
    }
    if !wantsHelp { try checkCount(command) }
  }

  private mutating func take(_ word: String, _ words: inout ArraySlice<String>, _ command: Command) throws(UsageError) {
    let halves = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let name = halves[0]
    guard let option = command.options.first(where: { $0.name == name }) else {
      let known = command.options.map(\.name) + ["--help"]
      throw UsageError("unknown option \(name)" + NearestName.question(name, among: known))
    }
    guard let valueName = option.value else {
      guard halves.count == 1 else { throw UsageError("\(name) takes no value") }
      flags.insert(name)
      return
    }
    // A word that begins with `--` is the next option, not a value; `--name=--value` still says so.
    let next = halves.count == 2 ? halves[1] : words.first.flatMap { $0.hasPrefix("--") ? nil : $0 }
    guard let value = next, !value.isEmpty else {
      let choices = option.choices.isEmpty ? "" : "; there are \(option.choices.joined(separator: ", "))"
      throw UsageError("\(name) needs a value: \(name) \(valueName)\(choices)")
    }
    if halves.count == 1 { words.removeFirst() }
    guard option.repeats || values[name] == nil else { throw UsageError("\(name) may be given only once") }
    values[name, default: []].append(value)
  }

  private func checkCount(_ command: Command) throws(UsageError) {
    var least = 0
    var most = 0
    for positional in command.positionals {
      if positional.count == .one || positional.count == .some { least += 1 }
      let isOpen = positional.count == .any || positional.count == .some
      most = isOpen ? Int.max : most == .max ? most : most + 1
    }
    if positionals.count < least {
      throw UsageError("missing \(command.positionals[positionals.count].name)")
    }
    if positionals.count > most {
      throw UsageError("unexpected argument \(positionals[most])")
    }
  }
}

// MARK: - Reading values

extension Arguments {
  func has(_ flag: String) -> Bool {
    flags.contains(flag)
  }

  subscript(option: String) -> String? {
    values[option]?.last
  }

  /// The values of an option that may be repeated.
  func all(_ option: String) -> [String] {
    values[option] ?? []
  }

  /// The values of an option that may be repeated, each of which may also hold several joined by commas.
  func list(_ option: String) -> [String] {
    all(option).flatMap { $0.split(separator: ",").map(String.init) }
  }

  /// Words of a closed vocabulary.
  func words<Word: RawRepresentable & CaseIterable>(_ option: String, as type: Word.Type) throws(UsageError) -> [Word]
  where Word.RawValue == String {
    var words: [Word] = []
    for text in list(option) {
      guard let word = Word(rawValue: text) else {
        let known = Word.allCases.map(\.rawValue)
        throw UsageError("\(option): expected \(known.joined(separator: ", ")), found \(text)")
      }
      words.append(word)
    }
    return words
  }

  /// A whole number from 1 on.
  func count(_ option: String) throws(UsageError) -> Int? {
    guard let text = self[option] else { return nil }
    guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = Int(text),
      number > 0
    else { throw UsageError("\(option): expected a whole number from 1, found \(text)") }
    return number
  }

  /// The positionals as ids of rows.
  func ids() throws(UsageError) -> [Identifier] {
    var ids: [Identifier] = []
    for text in positionals {
      guard let id = Identifier(text) else { throw UsageError("expected an id in digits, found \(text)") }
      if !ids.contains(id) { ids.append(id) }
    }
    return ids
  }
}
