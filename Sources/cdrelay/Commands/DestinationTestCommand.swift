import DurableQueue
import Forwarding
import Glibc
import Outgoing
import Providers
import RelayCore
import Rules

extension Command {
  static let destinationsTest = Command(
    "destinations test", "Sends one marked test request to a destination, and says what comes of it",
    details: """
      The request goes as a delivery would: URL, method, credentials, TLS, proxy, guard and time-outs are those of the rule
      file. It carries a sample record and cdrelay-test: true; the other side may make a call of it all the same, so that
      it is asked for on a terminal. Nothing is put into the queue, and nothing there changes; limits and holds of the
      destination are not looked at. Exit code 1 where the relay would not take it as delivered.
      """,
    positionals: [Positional("NAME", .one, "The destination.")],
    options: [
      Option("--rules", "FILE", "The rule file, with its secrets; required."),
      Option(
        "--database", "FILE",
        "The relay's; keeps a row of what you did. Default: $CDRELAY_DATABASE, else relay.database, else cdrelay.db."),
      Option("--sample", "FILE", "The body of a webhook to send. Default: one that the source's provider documents."),
      Option("--source", "NAME", "The source whose record it is. Default: the first enabled one."),
      Option("--check", nil, "Connects only, with TLS, and sends nothing."),
      Option("--yes", nil, "Asks nothing."),
      Option("--json", nil, "One JSON object."),
    ]
  ) { invocation in
    try DestinationTest(invocation).run()
  }
}

/// `destinations test`: render, say what would be sent, ask, send, tell.
struct DestinationTest {
  private let invocation: Invocation
  private let rules: RuleFile
  private let destination: Destination
  private let isCheck: Bool
  private let databasePath: String

  init(_ invocation: Invocation) throws {
    self.invocation = invocation
    guard let path = invocation.arguments["--rules"] else {
      throw UsageError("missing --rules FILE: the database does not keep the secrets that a request needs")
    }
    rules = try RuleFile.load(
      path: path, secrets: SecretsResolver(mode: .resolved, environment: invocation.surroundings.environment))
    let name = invocation.arguments.positionals[0]
    guard let destination = rules.destination(named: name) else {
      throw CommandError("no destination \(name)" + NearestName.question(name, among: rules.destinations.map(\.name)))
    }
    self.destination = destination
    isCheck = invocation.arguments.has("--check")
    databasePath = try invocation.databasePath(rules)
  }

  func run() throws -> ExitCode {
    let sample = try SampleRecord(invocation, rules)
    let visitor = access(databasePath, F_OK) == 0 ? try QueueVisitor(path: databasePath) : nil
    let owner = try ownTokens()
    defer { withExtendedLifetime(owner) {} }
    let trial = try DestinationTrial(
      destination, among: rules.destinations, refreshTokensFile: databasePath + ".refresh-tokens",
      userAgent: Program.userAgent, time: invocation.surroundings.time)
    let shown: OutgoingRequest
    let asks: Bool
    do throws(TemplateError) {
      var input = sample.input(for: destination, masksSecrets: true)
      asks = try trial.lookupRequest(input) != nil
      if asks { input.lookup = RenderInput.unknownLookup }
      shown = try trial.request(input)
    } catch {
      return try DestinationTestPage(destination, invocation).write(unrenderable: error)
    }
    if asks, !isCheck, let lookup = destination.lookup {
      invocation.surroundings.complain("Asked before, for {{lookup}}: \(lookup.shownURL)")
    }
    guard try isCheck || mayBeSent(shown) else {
      invocation.surroundings.complain("nothing was sent")
      return .failed
    }
    if !isCheck { try visitor?.note(invocation.action()) }
    let input = sample.input(for: destination, masksSecrets: false)
    let report = try isCheck ? trial.connect(input) : trial.send(input)
    return try DestinationTestPage(destination, invocation).write(report, shown)
  }

  private func mayBeSent(_ request: OutgoingRequest) throws -> Bool {
    invocation.surroundings.complain(
      "\(request.method) \(request.url), \(Phrases.count(request.body.count, "byte", "bytes")), marked cdrelay-test: true"
    )
    return try Confirmation(invocation: invocation).isAgreed("Send it?")
  }

  /// A server that changes refresh tokens would take the relay's no more. Without a relay this command is the owner of the
  /// database meanwhile, so that none starts and reads the old one.
  private func ownTokens() throws -> FileLock? {
    guard !isCheck, destination.oauth2?.refreshToken != nil else { return nil }
    do throws(OpeningError) {
      return try FileLock(databasePath: databasePath)
    } catch .alreadyServed {
      throw CommandError(
        "\(destination.name) has a refresh_token, which its server may change with each use, and the relay that runs on "
          + "\(databasePath) would be locked out. Stop the relay for the test, or test --check; `cdrelay destinations list` "
          + "and the log say how it fares there")
    }
  }
}

/// A record to send, as a source would have received it.
private struct SampleRecord {
  private let raw: RawRecord
  private let record: Record
  private let rules: RuleFile
  private let now: Instant
  private let ids: [Identifier]

  init(_ invocation: Invocation, _ rules: RuleFile) throws {
    self.rules = rules
    now = invocation.now
    var generator = IdentifierGenerator(process: .random(in: 0...0x1FFF))
    ids = [generator.next(at: now), generator.next(at: now)]
    let settings = try Self.source(invocation, rules)
    let body: [UInt8]
    if let path = invocation.arguments["--sample"] {
      body = try invocation.read(path)
    } else if let text = DocumentedRecords.sample(of: settings.provider) {
      body = Array(text.utf8)
    } else {
      throw UsageError("missing --sample FILE: nothing documents what source \(settings.name) sends")
    }
    raw = RawRecord(sample: body)
    do throws(Unacceptable) {
      record = try Decoder.decode(raw, settings: settings)
    } catch {
      throw CommandError("source \(settings.name) would not accept the sample: \(error.reason)")
    }
  }

  private static func source(_ invocation: Invocation, _ rules: RuleFile) throws -> SourceSettings {
    let known = rules.sources.filter(\.isEnabled)
    guard let name = invocation.arguments["--source"] else {
      return known.first?.settings ?? SourceSettings(name: "test", provider: .telecmi)
    }
    if let source = rules.source(named: name) { return source.settings }
    throw CommandError("no enabled source \(name)" + NearestName.question(name, among: known.map(\.name)))
  }

  func input(for destination: Destination, masksSecrets: Bool) -> RenderInput {
    let route = rules.route(record).first { $0.destination == destination.name }
    return RenderInput(
      record: raw, reading: record, recordID: ids[0], receivedAt: now, revision: 0, deliveryID: ids[1], attempt: 1,
      rule: route?.rule ?? "test", masksSecrets: masksSecrets)
  }
}
