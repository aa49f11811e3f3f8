import Digests
import DurableQueue
import Glibc
import HTTPTypes
import Providers
import RelayCore
import Rules

extension Command {
  static let importing = Command(
    "import", "Stores the calls of a file that are not stored yet",
    details: """
      FILE is CSV with titles in its first row (RFC 4180; comma, semicolon or tab; any order of columns), or JSON Lines: bodies
      of webhooks, or rows of the provider's API. sources.SOURCE.import of the rule file says which columns are which and how
      times are written; titles that are a field's name need no word.

      A row whose call is stored changes nothing: it is recognised by any id of the provider's, else by numbers, time and
      duration. The others become records, marked "backfilled", and go through the rules in force to the destinations: look
      with --dry-run first. Bad rows are listed and kept in quarantine; good ones go on. Stopped and started again, or run
      twice, it does the rest and nothing twice. A database that is not there is made.
      """,
    positionals: [
      Positional("SOURCE", .one, "Of the rule file: whose calls these are."),
      Positional("FILE", .one, "CSV or JSON Lines; - for standard input."),
    ],
    options: [
      Option(
        "--list", "LIST",
        "What the rows are where they do not say it: answered, missed, out_answered, out_missed (telecmi); inbound, outbound (callr).",
        choices: FetchedRow.Kind.allCases.map(\.rawValue)),
      Option(
        "--tolerance", "SECONDS",
        "By how much times and durations may differ where no id says that it is the same call. Default 5."),
    ] + Confirmation.options + Visit.options + [Option("--json", nil, "What was done as one JSON object.")]
  ) { try Import($0).run() }
}

/// What became of the rows of a file.
struct ImportCounts: Equatable {
  var rows = 0
  var stored = 0
  var known = 0
  var different = 0
  var repeated = 0
  var erased = 0
  var bad = 0
  var kept = 0
}

private final class Import {
  private let invocation: Invocation
  private let isDry: Bool
  private let kind: FetchedRow.Kind?
  private let tolerance: Int64

  private var counts = ImportCounts()
  private var bad: [NewQuarantine] = []
  private var notes: [String] = []
  private var listed = (bad: 0, different: 0)

  /// Rows that are compared together, and bytes of them. Memory goes by it, and by the stored records of their hours.
  private static let batch = 5000
  private static let batchBytes = 16 << 20
  /// Milliseconds ahead of now from which a call can't be: a wrong format or zone. A day.
  private static let future: Int64 = 86_400_000
  /// Bad and different rows that are listed.
  private static let listLimit = 20
  /// Rows of a source in quarantine, as the receiver has it.
  private static let quarantineLimit = 1000

  init(_ invocation: Invocation) throws {
    self.invocation = invocation
    isDry = invocation.arguments.has("--dry-run")
    kind = try invocation.arguments.words("--list", as: FetchedRow.Kind.self).first
    tolerance = try Self.tolerance(invocation.arguments)
  }

  private static func tolerance(_ arguments: Arguments) throws(UsageError) -> Int64 {
    guard let text = arguments["--tolerance"] else { return FetchedRun.defaultTolerance }
    guard let seconds = Double(text), (0...3600).contains(seconds) else {
      throw UsageError("--tolerance: expected seconds from 0 to 3600, found \(text)")
    }
    return Int64((seconds * 1000).rounded())
  }

  func run() throws -> ExitCode {
    let name = invocation.arguments.positionals[0]
    let path = invocation.arguments.positionals[1]
    if !isDry { try makeDatabase() }
    let visit = try Visit(invocation)
    guard let rules = visit.rules else {
      throw CommandError("the database holds no rules that this program can read: name the rule file with --rules FILE")
    }
    guard let source = rules.source(named: name) else {
      throw CommandError("no source \(name)" + NearestName.question(name, among: rules.sources.map(\.name)))
    }
    if let kind, !FetchedRow.Kind.all(of: source.settings.provider).contains(kind) {
      throw UsageError("--list \(kind.rawValue) does not go with a \(source.settings.provider.rawValue) source")
    }
    let file = try ImportFile(path: path, source: source, isInterrupted: invocation.surroundings.isInterrupted)
    guard
      try isDry
        || Confirmation(invocation: invocation).isAgreed(
          "Calls of \(path) that are not stored go through the rules to the destinations. Import them into \(name)?")
    else {
      invocation.surroundings.complain("nothing was imported")
      return .failed
    }
    let progress = RateProgress(invocation.surroundings, things: "rows")
    defer { progress.end() }
    try read(file, fileName(path), source, rules, visit, progress)
    progress.end()
    try tell(path)
    guard !file.hasChanged else {
      throw CommandError("\(path) was written to while it was read: run the same command again; it does the rest")
    }
    return counts.bad == 0 ? .done : .failed
  }

  /// Where there is none, or an older one that nobody uses.
  private func makeDatabase() throws {
    let path = try invocation.databasePath(try invocation.ruleFile())
    do {
      _ = try QueueVisitor(path: path)
    } catch {
      switch error {
      case .missing:
        guard invocation.arguments["--rules"] != nil else {
          throw CommandError("\(path): no such database; to make it, name the rule file with --rules FILE")
        }
        fallthrough
      case .older: _ = try DatabaseFile.open(path: path, time: invocation.surroundings.time)
      default: throw error
      }
    }
  }

  private func fileName(_ path: String) -> String {
    path == "-" ? "standard input" : path.split(separator: "/").last.map(String.init) ?? path
  }
}

// MARK: - Rows

extension Import {
  private func read(
    _ file: ImportFile, _ name: String, _ source: Source, _ rules: RuleFile, _ visit: Visit, _ progress: RateProgress
  ) throws {
    let run = FetchedRun(of: source, rules: rules, tolerance: tolerance)
    let action = invocation.action()
    let routing: RoutingRules = visit.rulesVersion.map { .stored(version: $0) } ?? .file(text: rules.text)
    let credential = FetchedMark.imported(by: invocation.surroundings.user)
    var running = RunningAction(action)
    var batch: [FetchedRecord] = []
    var lines: [Int] = []
    var bytes = 0
    func flush(isLast: Bool) throws {
      let outcomes =
        try isDry
        ? visit.visitor.compareFetched(batch, run)
        : visit.visitor.admitFetched(batch, run, rules: routing, action: action, &running)
      for (line, outcome) in zip(lines, outcomes) { count(outcome, line) }
      batch.removeAll(keepingCapacity: true)
      lines.removeAll(keepingCapacity: true)
      if !isDry, !bad.isEmpty {
        counts.kept += try visit.visitor.keep(bad, limit: Self.quarantineLimit, at: action.at)
      }
      bad.removeAll()
      bytes = 0
      progress.show(counts.rows, share: file.size > 0 ? Double(file.bytesRead) / Double(file.size) : nil)
      guard !isLast, invocation.surroundings.isInterrupted() else { return }
      progress.end()
      throw CommandError(
        "stopped behind \(Phrases.count(counts.rows, "row", "rows")), of which \(Phrases.grouped(counts.stored)) were stored; "
          + "the same command does the rest, and nothing twice")
    }
    // From now on a signal stops it behind a commit.
    _ = invocation.surroundings.isInterrupted()
    while let item = try file.next() {
      counts.rows += 1
      do throws(Unacceptable) {
        let (line, row) = try self.row(item, name, source)
        let record = try FetchedRecord(
          row, of: source, rules: rules, receivedAt: action.at, sender: name, credential: credential)
        try Self.checkTime(record.facts.time, now: action.at)
        batch.append(record)
        lines.append(line)
        bytes += record.raw.body.count
      } catch {
        bytes += note(item, error, source, action.at, sender: name, credential)
      }
      if batch.count >= Self.batch || bad.count >= Self.batch || bytes >= Self.batchBytes { try flush(isLast: false) }
    }
    try flush(isLast: file.isAtEnd)
  }

  private static func checkTime(_ time: Instant, now: Instant) throws(Unacceptable) {
    guard time - now < future else {
      throw Unacceptable(
        status: 422, reason: "its time, \(time.rfc3339), has not come yet: check how the file writes times")
    }
  }

  private func row(
    _ item: ImportFile.Item, _ name: String, _ source: Source
  ) throws(Unacceptable) -> (line: Int, FetchedRow) {
    let (provider, app) = (source.settings.provider, source.fetchedApp)
    switch item {
    case .cells(let line, let row):
      let from = "\(name) line \(line)"
      return (line, try FetchedRow.cells(row, provider: provider, kind: kind, app: app, from: from))
    case .document(let line, let row):
      let from = "\(name) line \(line)"
      return (line, try FetchedRow.document(row, provider: provider, kind: kind, app: app, from: from))
    case .bad(_, let reason, _): throw Unacceptable(status: 400, reason: reason)
    }
  }

  private func count(_ outcome: FetchedOutcome, _ line: Int) {
    switch outcome {
    case .stored, .missing: counts.stored += 1
    case .known: counts.known += 1
    case .repeated: counts.repeated += 1
    case .erased: counts.erased += 1
    case .different(let call, let fields):
      counts.different += 1
      listed.different += 1
      guard listed.different <= Self.listLimit, let record = call.records.first else { return }
      notes.append("line \(line): record \(record) says otherwise: \(fields.joined(separator: ", "))")
    }
  }

  /// Gives the bytes that are kept of it.
  private func note(
    _ item: ImportFile.Item, _ refusal: Unacceptable, _ source: Source, _ now: Instant, sender: String,
    _ credential: String
  ) -> Int {
    let (line, text, type) =
      switch item {
      case .cells(let line, let row): (line, JSON.object(row).bytes, "application/json")
      case .document(let line, let row): (line, JSON.object(row).bytes, "application/json")
      case .bad(let line, _, let text): (line, text, "text/plain")
      }
    counts.bad += 1
    if counts.bad <= Self.listLimit { invocation.surroundings.complain("line \(line): \(refusal.reason)") }
    // More than may be kept are only counted.
    guard counts.bad <= Self.quarantineLimit else { return 0 }
    bad.append(
      NewQuarantine(
        source: source.name, receivedAt: now, sender: sender, credential: credential, status: refusal.status,
        reason: "\(sender) line \(line): \(refusal.reason)",
        raw: RawRecord(body: text, contentType: type, headers: HTTPHeaders(), query: FormFields()), size: text.count,
        contentHash: SHA256.hash(text)))
    return text.count
  }
}

// MARK: - Telling

extension Import {
  private func tell(_ path: String) throws {
    let surroundings = invocation.surroundings
    notes.forEach(surroundings.complain)
    if listed.different > Self.listLimit {
      surroundings.complain(
        "and \(Phrases.grouped(listed.different - Self.listLimit)) more that are stored and say otherwise")
    }
    if counts.bad > Self.listLimit {
      surroundings.complain("and \(Phrases.count(counts.bad - Self.listLimit, "more bad row", "more bad rows"))")
    }
    if counts.bad > 0, !isDry {
      surroundings.complain(
        "\(Phrases.grouped(counts.kept)) of \(Phrases.count(counts.bad, "bad row is", "bad rows are")) in quarantine: "
          + "`cdrelay quarantine list`")
    }
    guard !invocation.wantsJSON else { return try invocation.output.line(json) }
    try invocation.output.line("\(path): \(sentence)")
  }

  private var sentence: String {
    let parts = [
      "\(Phrases.grouped(counts.stored)) \(isDry ? "would be stored" : "stored")",
      "\(Phrases.grouped(counts.known)) known already", "\(Phrases.grouped(counts.different)) known and different",
      "\(Phrases.grouped(counts.repeated)) twice in the file",
      "\(Phrases.grouped(counts.erased)) of people who were erased", "\(Phrases.grouped(counts.bad)) bad",
    ]
    let numbers = [
      1, counts.known, counts.different, counts.repeated, counts.erased, counts.bad,
    ]
    let told = zip(parts, numbers).filter { $1 > 0 }.map(\.0)
    return "\(Phrases.count(counts.rows, "row", "rows")): " + told.joined(separator: ", ")
  }

  private var json: JSONObject {
    [
      "rows": .count(counts.rows), isDry ? "missing" : "stored": .count(counts.stored), "known": .count(counts.known),
      "different": .count(counts.different), "repeated": .count(counts.repeated), "erased": .count(counts.erased),
      "bad": .count(counts.bad), "quarantined": .count(counts.kept),
    ]
  }
}
