import DurableQueue
import Glibc
import RelayCore
import Rules

/// `rules apply` and `rules rollback`: checks another rule file, shows what it would change, puts it into the place of the one
/// in force, tells the relay, and waits for its word. What the relay refuses is taken back, and so is
/// what leaves a source without the secret that it had.
struct RulesChange {
  let invocation: Invocation
  let visitor: QueueVisitor
  /// Of the file to be replaced, as a person names it.
  let path: String
  let bytes: [UInt8]
  /// Its secrets left as written: those of the relay are the relay's.
  let rules: RuleFile

  /// How long the relay's word is waited for, in milliseconds.
  static let patience = 30_000

  static let options =
    [
      Option("--rules", "FILE", "The file to replace. Default: the one that the relay looked at last."),
      Option(
        "--database", "FILE",
        "The relay's. Default: $CDRELAY_DATABASE, else relay.database (apply: of NEW; rollback: of --rules), else cdrelay.db."
      ),
      Option(
        "--since", "WHEN", "Shows what would have become of records received since: \(Moment.inWords). Default 7d."),
    ] + Confirmation.options + [Option("--json", nil, "One JSON object.")]

  /// Parses, and throws all problems.
  init(_ invocation: Invocation, bytes: [UInt8], name: String, visitor given: QueueVisitor? = nil) throws {
    self.invocation = invocation
    self.bytes = bytes
    let secrets = SecretsResolver(mode: .unresolved, environment: invocation.surroundings.environment)
    do {
      rules = try RuleFile.parse(bytes, path: name, secrets: secrets)
    } catch {
      throw CommandError("nothing was changed, the new rules have problems:\n\(error)")
    }
    visitor = try given ?? QueueVisitor(path: invocation.databasePath(rules))
    let loaded = try visitor.lastRulesLoad()?.path
    guard let path = invocation.arguments["--rules"] ?? loaded else {
      throw CommandError("no relay has loaded a rule file here yet: name the file to replace with --rules FILE")
    }
    self.path = path
  }

  func run() throws -> ExitCode {
    let swap = try FileSwap(path: path)
    let before = try RulesBefore(visitor, file: try? SecretsResolver.readFile(swap.target).get().bytes)
    for warning in try rules.warnings + rules.uncountedRules + TrafficCheck.warnings(rules, visitor) {
      invocation.surroundings.complain("warning: \(warning)")
    }
    try passTests()
    try showDiff()
    if invocation.arguments.has("--dry-run") {
      return try tell(["changed": .bool(false)], "nothing was changed, as --dry-run asks")
    }
    guard try Confirmation(invocation: invocation).isAgreed("Put this into \(swap.target), and have the relay take it?")
    else {
      invocation.surroundings.complain("nothing was changed")
      return .failed
    }
    let relay = try relayToTell(swap)
    let lock = try swap.lock()
    defer { withExtendedLifetime(lock) {} }
    try mustNotHaveChanged(since: before, swap)
    if before.isFileAnother, let file = before.file, file != bytes {
      let copy = try swap.keepCopy(of: file)
      invocation.surroundings.complain(
        "\(swap.target) on disk is not what is in force (it was changed since) and is kept as \(copy)")
    }
    try swap.replace(with: bytes)
    guard let relay else {
      try visitor.note(invocation.action())
      return try tell(
        ["changed": .bool(true), "version": .null],
        "\(swap.target) holds the new rules; no relay runs on \(visitor.path), the next one to start takes them")
    }
    guard let load = try RelayWord(visitor: visitor, process: relay).ask(about: bytes, after: before.load?.number ?? 0)
    else {
      return try fail(
        "\(swap.target) holds the new rules, but process \(relay) has not said within "
          + "\(Self.patience / 1000) s whether it takes them: see its log and `cdrelay status`")
    }
    if load.isRefused { return try takeBack(swap, before.file, load, relay) }
    let lost = before.sourcesThatLostASecret(in: load)
    guard !lost.isEmpty, let text = before.inForce, text != bytes else { return try accepted(swap, load) }
    try swap.replace(with: text)
    let word = try RelayWord(visitor: visitor, process: relay).ask(about: text, after: load.number)
    return try tookBack(swap, lost, load, word)
  }

  // MARK: - Before

  private func passTests() throws {
    let failed = RuleTestRun.all(of: rules, at: invocation.now).filter { !$0.failures.isEmpty }
    guard !failed.isEmpty else { return }
    let lines = failed.flatMap { run in run.failures.map { "\(run.test.path): \(run.test.name): \($0)" } }
    throw CommandError("nothing was changed, tests of the new rules failed:\n" + lines.joined(separator: "\n"))
  }

  private func showDiff() throws {
    guard let stored = try visitor.newestRules() else { return }
    let secrets = SecretsResolver(mode: .unresolved, environment: [:])
    guard
      let old = try? RuleFile.parse(
        Array(stored.text.utf8), path: "rules version \(stored.version)", secrets: secrets)
    else { return invocation.surroundings.complain("the rules in force can't be read any more: no comparison") }
    let week: Int64 = 7 * 86_400_000
    let since = try invocation.moment("--since", in: rules.zone) ?? invocation.now + -week
    let diff = try RulesDiff.replay(old: old, new: rules, visitor, since: since, limit: .max, now: invocation.now) {
      if $0.isMultiple(of: 100_000) { invocation.surroundings.complain("looked at \(Phrases.grouped($0)) records") }
    }
    (diff.lines + diff.notes).forEach(invocation.surroundings.complain)
  }

  /// What a person was shown and agreed to is what is there still.
  private func mustNotHaveChanged(since before: RulesBefore, _ swap: FileSwap) throws {
    let now = try RulesBefore(visitor, file: try? SecretsResolver.readFile(swap.target).get().bytes)
    guard now.file == before.file, now.load?.number == before.load?.number else {
      throw CommandError(
        "nothing was changed: somebody else changed \(swap.target) or the rules in force meanwhile; see `cdrelay rules "
          + "history`, and run this again")
    }
  }

  /// The relay's process; nil where none runs. Throws where it can't be told, before anything is changed.
  private func relayToTell(_ swap: FileSwap) throws -> Int32? {
    guard let process = DatabaseOwner.process(ofDatabase: visitor.path) else { return nil }
    if let load = try visitor.lastRulesLoad(), try FileSwap(path: load.path).target != swap.target {
      throw CommandError(
        "nothing was changed: the relay (process \(process)) goes by \(load.path), not by \(path); leave --rules out")
    }
    guard kill(process, 0) == 0 else {
      throw CommandError(
        "nothing was changed: process \(process), the relay, can't be told (\(String(cString: strerror(errno)))); "
          + "run this as its user or as root")
    }
    return process
  }
}
