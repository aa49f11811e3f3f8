/// One reading of a rule file: what it found, and the secrets it looks up. Used by that reading alone, on its thread.
final class Loading {
  let findings: Findings
  let resolver: SecretsResolver
  /// While the secrets of what is read now are not looked up: always, or because it is disabled.
  private(set) var isUnresolved: Bool
  /// IANA name, where none is written: that of the `relay` section, which is read first.
  var timeZone = "UTC"
  /// The `tables` section, which is read before the destinations.
  var tables: [String: Table] = [:]
  /// By source; sources are read before the destinations.
  var recordings: [String: SourceRecordings] = [:]
  /// What the placeholders of the request that is read now may use beside the record.
  var offers = Offers()
  private var clocks: [String: ZoneClock] = [:]
  /// nil where none is named, and where the one that is could not be used: that problem is noted at its own key.
  private var secretsFile: SecretsFile?
  private var secretsFilePath: String?
  /// The secrets file that a lenient reading could not read.
  private(set) var missingFile: RuleProblem?
  /// Where secrets are written out in the file itself.
  private(set) var writtenSecrets: [RulePath] = []
  /// Secrets that are not there, of the source or destination that a lenient reading is at; nil elsewhere.
  private var missing: [RuleProblem]?
  private var files: [String: Result<String, SecretsResolver.FileError>] = [:]

  struct Offers {
    var lookup = false
    var captured = false
    /// The request is itself the one that asks.
    var isLookup = false

    /// The path's problem; nil where it may be used.
    func problem(_ path: ValuePath) -> String? {
      switch path {
      case .lookup where isLookup: "lookup is what this request asks for, so it can't hold it"
      case .lookup where !lookup: #"there is no lookup here; write "lookup" beside the destination's url"#
      case .captured where !captured: "captured is known in capture.update only"
      default: nil
      }
    }
  }

  init(file: String, resolver: SecretsResolver) {
    findings = Findings(file: file)
    self.resolver = resolver
    isUnresolved = resolver.mode == .unresolved
  }

  /// Reads an object of a section. The secrets of a disabled one need not be there.
  func reading<Value>(_ node: Node, _ read: () -> Value) -> Value {
    let before = isUnresolved
    isUnresolved = before || node.json["enabled"] == .bool(false)
    defer { isUnresolved = before }
    return read()
  }

  /// Reads a source, a destination, the alerts, or a part that can be without its secrets while the rest is used. Where a lenient
  /// reading misses secrets of it, it is read once more with all of its secrets as written, and what is missing is given beside it.
  func readingLeniently<Value>(_ node: Node, _ read: () -> Value) -> (value: Value, missing: [RuleProblem]) {
    guard resolver.mode == .lenient else { return (reading(node, read), []) }
    let (mark, writtenBefore, missingAround) = (findings.mark, writtenSecrets.count, missing)
    missing = []
    let value = reading(node, read)
    let found = missing ?? []
    missing = missingAround
    guard !found.isEmpty else { return (value, []) }
    findings.rewind(to: mark)
    writtenSecrets.removeSubrange(writtenBefore...)
    let before = isUnresolved
    isUnresolved = true
    defer { isUnresolved = before }
    return (read(), found)
  }

  /// A secret is not there: a problem, or what a lenient reading gives beside the value.
  func noteMissing(_ path: RulePath, _ message: String) {
    guard missing != nil else { return findings.problem(path, message) }
    missing?.append(RuleProblem(file: findings.file, path: path.text, message: message))
  }

  /// Reads `relay.secrets_file`; from then on its names are found.
  func openSecretsFile(_ path: String, at rulePath: RulePath) {
    guard resolver.mode != .unresolved else { return }
    secretsFilePath = path
    switch resolver.read(path) {
    case .failure(let error):
      let message = "can't read \(SecretsResolver.wholePath(path)): \(error.reason)"
      guard resolver.mode == .lenient else { return findings.problem(rulePath, message) }
      // What is looked for in it is missing where it is asked for.
      missingFile = RuleProblem(file: findings.file, path: rulePath.text, message: message)
    case .success(let content):
      guard let text = String(validating: content.bytes, as: UTF8.self) else {
        findings.problem(rulePath, "\(path) is not UTF-8 text")
        return
      }
      let file = SecretsFile(text)
      for line in file.brokenLines {
        findings.problem(rulePath, "line \(line) of \(path): expected NAME=value, a comment or an empty line")
      }
      if content.isReadableByOthers {
        findings.warning(rulePath, "everybody on this machine can read \(path); run chmod o-r \(path)")
      }
      secretsFile = file
    }
  }

  /// The value of a reference, without the newlines at a file's end; nil after a problem was noted.
  func resolve(_ reference: SecretReference, at path: RulePath) -> String? {
    switch reference {
    case .literal(Secret.mask):
      noteMissing(path, "a secret stood here and is not kept (\(Secret.mask)); use ${NAME}")
      return nil
    case .literal(let text):
      return text
    case .variable(let name):
      if let value = resolver.environment[name] ?? secretsFile?.values[name] { return value }
      noteMissing(path, "secret \(name) is not in \(placesOfSecrets)")
      return nil
    case .file(let file):
      switch content(of: file) {
      case .success(let text): return text
      case .failure(let error):
        noteMissing(path, "can't read secret ${file:\(file)}: \(error.reason)")
        return nil
      }
    }
  }

  /// A secret is written out here. It works, and everybody who may read the file knows it.
  func noteWrittenSecret(at path: RulePath) {
    findings.warning(path, "a secret stands in the file; use ${NAME}")
    writtenSecrets.append(path)
  }

  /// UTC for a name that holds a secret that was not looked up.
  func clock(_ zone: String) -> ZoneClock? {
    knownClock(zone) ?? knownClock("UTC")
  }

  /// One for each zone, which remembers what it was asked last; nil where there is no such zone.
  func knownClock(_ zone: String) -> ZoneClock? {
    if let known = clocks[zone] { return known }
    clocks[zone] = ZoneClock(zone)
    return clocks[zone]
  }

  /// Where a secret was looked for, after "is not in".
  private var placesOfSecrets: String {
    guard let secretsFilePath else { return "the environment; relay.secrets_file is not set" }
    return secretsFile == nil
      ? "the environment; \(secretsFilePath) can't be read" : "the environment or in \(secretsFilePath)"
  }

  private func content(of file: String) -> Result<String, SecretsResolver.FileError> {
    if let known = files[file] { return known }
    let result = resolver.read(file).flatMap { content -> Result<String, SecretsResolver.FileError> in
      guard var text = String(validating: content.bytes, as: UTF8.self) else {
        return .failure(SecretsResolver.FileError(reason: "not UTF-8 text"))
      }
      while text.last?.isNewline == true { text.removeLast() }
      return .success(text)
    }
    files[file] = result
    return result
  }
}
