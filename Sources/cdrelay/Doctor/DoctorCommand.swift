import DurableQueue
import RelayCore
import Rules

extension Command {
  static let doctor = Command(
    "doctor", "Checks rules, database, disk, relay and destinations; says what to do",
    details: """
      A line for each thing it looks at: ok, warn or FAIL, and what to do. The exit code is 1 where anything is FAIL. It
      only reads, also beside a running relay. Each destination is connected to, with TLS, as for a delivery, but is sent no
      request. Secrets are looked for in this shell's environment and in relay.secrets_file, so run it as the relay runs:
      as its user, with its environment.
      """,
    options: [
      Option(
        "--full", nil,
        "Also checks every index entry of the database against its row: minutes where there are millions."),
      Option("--offline", nil, "Does not connect to destinations."),
    ] + Visit.options + [Option("--json", nil, "One JSON object a line.")]
  ) { invocation in
    var doctor = Doctor(invocation)
    return try doctor.run()
  }
}

/// Looks at one thing after the other and tells each at once.
struct Doctor {
  let invocation: Invocation
  private var hasFailed = false

  init(_ invocation: Invocation) {
    self.invocation = invocation
  }

  var now: Instant { invocation.now }

  mutating func tell(_ check: DoctorCheck) throws {
    if check.verdict == .fail { hasFailed = true }
    if invocation.wantsJSON { try invocation.output.line(check.json) } else { try invocation.output.line(check.line) }
    // A person watches, and the next look may take a while.
    try invocation.output.flush()
  }

  mutating func run() throws -> ExitCode {
    let written = try checkRuleFile()
    let path = try invocation.databasePath(written)
    let visitor: QueueVisitor?
    do {
      visitor = try QueueVisitor(path: path)
    } catch {
      visitor = nil
      try tell(.fail("database", "\(error)"))
    }
    let stored = try visitor?.newestRules()
    let rules = written ?? stored.flatMap { Self.rules($0) }
    let owner = DatabaseOwner.process(ofDatabase: path)
    if let visitor {
      try checkDatabase(visitor, rules)
      try checkRelay(owner, written, stored)
      try checkOpenFiles(owner, rules)
      try checkQueue(visitor, rules)
      try checkConditions(visitor, rules)
    }
    if let rules, !invocation.arguments.has("--offline") { try checkDestinations(rules) }
    return hasFailed ? .failed : .done
  }

  /// As the database keeps them, without secrets.
  private static func rules(_ stored: StoredRules) -> RuleFile? {
    let secrets = SecretsResolver(mode: .unresolved, environment: [:])
    return try? RuleFile.parse(Array(stored.text.utf8), path: "rules version \(stored.version)", secrets: secrets)
  }
}

// MARK: - Rules

extension Doctor {
  /// The file that `--rules` names, with its secrets where they are all there.
  private mutating func checkRuleFile() throws -> RuleFile? {
    guard let path = invocation.arguments["--rules"] else {
      try tell(
        .warn(
          "rules", "no file was named; what the relay loaded last is used, without secrets",
          do: "give --rules FILE, so that the file and its secrets are checked too"))
      return nil
    }
    let environment = invocation.surroundings.environment
    do {
      let rules = try RuleFile.load(path: path, secrets: SecretsResolver(environment: environment))
      try tell(.ok("rules", "\(path) loads, and its secrets are there"))
      for warning in rules.warnings { try tell(.warn("rules", "\(warning)")) }
      return rules
    } catch let error as RuleFileError {
      for problem in error.problems {
        try tell(.fail("rules", "\(problem)", do: "mend it; `cdrelay rules check \(path)`"))
      }
      // Perhaps only a secret is missing: then all else can be looked at.
      return try? RuleFile.load(path: path, secrets: SecretsResolver(mode: .unresolved, environment: environment))
    }
  }

  /// Which rules are in force.
  private mutating func checkRelay(_ owner: Int32?, _ written: RuleFile?, _ stored: StoredRules?) throws {
    guard let owner else {
      return try tell(
        .warn("relay", "none runs on this database: nothing is received or sent", do: "start `cdrelay serve`"))
    }
    guard let written, let stored, written.text != stored.text else {
      let version = stored.map { ", with version \($0.version) of its rules" } ?? ""
      return try tell(.ok("relay", "runs as process \(owner)\(version)"))
    }
    try tell(
      .warn(
        "relay",
        "runs as process \(owner) with other rules than \(written.path) holds: version \(stored.version), loaded "
          + "\(Phrases.relative(stored.loadedAt, to: now))",
        do: "send the relay SIGHUP, so that it loads the file (`kill -HUP \(owner)`), or use `cdrelay rules apply`"))
  }
}

// MARK: - The queue

extension Doctor {
  private mutating func checkQueue(_ visitor: QueueVisitor, _ rules: RuleFile?) throws {
    let isTerminal = invocation.surroundings.isTerminal
    var shown = 0
    let check = try visitor.check(
      now: now, retention: RetentionPolicy(rules?.relay.retention ?? RetentionSettings()),
      integrity: invocation.arguments.has("--full") ? .full : .quick
    ) { table, rows in
      // Where it takes long, a person sees that it goes on.
      guard rows == 0 || rows - shown >= 500_000 || rows < shown else { return }
      shown = rows
      let what = rows == 0 ? "pages of \(table)" : "\(Phrases.grouped(rows)) rows of \(table)"
      if isTerminal { invocation.surroundings.complain("looked at \(what)") }
    }
    for fault in check.faults {
      try tell(
        .fail(
          "queue", fault.sentence,
          do: "keep a copy (`cdrelay backup FILE`), and send this line to whoever looks after cdrelay"))
    }
    guard check.faults.isEmpty else { return }
    try tell(
      .ok(
        "queue",
        "every row is as it should be; of what is not settled \(Phrases.grouped(check.due)) can be sent now, "
          + "\(Phrases.grouped(check.scheduled)) wait for their time, \(Phrases.grouped(check.held)) for a held "
          + "destination, \(Phrases.grouped(check.inFlight)) are being sent"))
  }

  /// What `status --problems` says, but for the disk, which has its own lines.
  private mutating func checkConditions(_ visitor: QueueVisitor, _ rules: RuleFile?) throws {
    let limits = QueueLimits(rules?.relay.queue ?? QueueSettings())
    let status = try visitor.status(dayStart: now, limits: limits)
    let conditions = try Situation(status, visitor, rules, limits, now).conditions
    for condition in conditions {
      let about = condition.destination ?? condition.source
      switch condition.kind {
      case .refusingRecords, .diskLow: continue
      case .lateDelivery, .destinationUnknown, .sourceSilent, .rulesRefused, .secretMissing, .callCredentials,
        .callsMissing, .apiFailing:
        try tell(.fail("problem", condition.sentence, about: about))
      case .destinationHeld, .deadLetters, .waitingLong, .unrouted, .quarantined, .refusedKept:
        try tell(.warn("problem", condition.sentence, about: about))
      }
    }
  }
}
