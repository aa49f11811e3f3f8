import Glibc
import HTTP1
import RelayCore
import Simulator
import Telemetry

extension Command {
  static let simulateAPI = Command(
    "simulate api", "Serves the REST side of TeleCMI, PIOPIY and Callr, simulated",
    details: """
      Places calls that nobody hears (make_call, click2call) and posts their webhooks; has a simulated day of calls in its lists
      (TeleCMI), exports (Callr) and recordings, and posts that day's webhooks, all or but some.
      \(SimulateText.disclaimer)

      What becomes of a placed call, by the last three digits of `to`:
      \(ForcedOutcome.table.map { "  \($0.ending): \($0.outcome)" }.joined(separator: "\n"))

      GET / says what it is, GET /simulator/dials what was dialled and how often for the same request, GET /simulator/missing
      the ids of the calls whose webhooks --lose kept back. Runs until SIGTERM or SIGINT.
      """,
    options: [
      Option("--listen", "ADDRESS", "Default 127.0.0.1:8090; port 0 takes a free one."),
      Option("--webhooks", "URL", "Where TeleCMI's webhooks are posted, those of placed calls and of the day."),
      Option("--callr-webhooks", "URL", "Where Callr's webhooks of the day are posted."),
      Option("--token", "TEXT", "Goes along with the webhooks as `Authorization: Bearer`, where the URLs hold none."),
      Option("--callr-secret", "TEXT", "Signs Callr's webhooks."),
      SimulationOptions.appID,
      Option("--secret", "TEXT", "TeleCMI's app secret. Default \(SimulatedAccount.defaultSecret)."),
      Option("--api-key", "TEXT", "Callr's x-api-key. Default \(SimulatedAccount.defaultAPIKey)."),
      Option("--calls", "N", "Calls of the simulated day, at most 200,000. Default: no day."),
      SimulationOptions.seed, SimulationOptions.from, SimulationOptions.product, SimulationOptions.lose,
      SimulationOptions.noLive,
      Option("--rate", "N", "Calls of the day posted a second. Default: as fast as they are taken."),
      Option(
        "--ids", "NAME", "Ids in TeleCMI's rows: same as in the webhooks (default), other, none.",
        choices: RowIDs.allCases.map(\.rawValue)),
      Option("--flaky", "N", "One answer of the lists in so many is no JSON."),
      Option("--code-is-status", nil, "TeleCMI's error codes are the HTTP status too. Default: HTTP says 200."),
      Option("--call-seconds", "N", "How long a placed call is talked. Default 1."),
      Option("--json", nil, "What was started, and later what was posted, a JSON object a line."),
    ]
  ) { invocation in
    let simulation = try APISimulation(invocation)
    try simulation.start()
    defer { simulation.stop() }
    while !invocation.surroundings.isInterrupted(), !invocation.surroundings.isOutputClosed() {
      try simulation.look()
      usleep(50_000)
    }
    return .done
  }
}

/// The server, and what is posted beside it.
final class APISimulation {
  private let invocation: Invocation
  private let options: SimulationOptions
  private let day: SimulatedDay?
  private let api: SimulatedAPI
  private let server: HTTPServer
  private let listener: Listener
  private var runs: [(provider: String, run: PostingRun)] = []

  init(_ invocation: Invocation) throws {
    self.invocation = invocation
    let arguments = invocation.arguments
    var options = try SimulationOptions(invocation)
    options.account.secret = arguments["--secret"] ?? options.account.secret
    options.account.apiKey = arguments["--api-key"] ?? options.account.apiKey
    self.options = options
    day = try arguments.count("--calls").map { try options.day(calls: $0, option: "--calls") }
    let hook = try arguments["--webhooks"].map { try HookTarget($0, token: arguments["--token"]) }
    let callrHook = try arguments["--callr-webhooks"].map {
      try HookTarget($0, token: arguments["--token"], secret: arguments["--callr-secret"])
    }
    let poster = try hook.map(PlacedCallPoster.init)
    api = SimulatedAPI(
      day: day, settings: try Self.settings(arguments, options), time: invocation.surroundings.time,
      post: { poster?.post($0) })
    var limits = HTTPLimits()
    // A request that is never answered: the client gives up first.
    limits.answerMilliseconds = 600_000
    server = HTTPServer(handler: api, limits: limits, log: .silent)
    let address = arguments["--listen"] ?? "127.0.0.1:8090"
    do { try HTTPServer.check(address: address) } catch { throw UsageError("--listen: \(error)") }
    listener = try Listener(address: address)
    let rate = try arguments.rate()
    if let hook { addRun("telecmi", .telecmi, hook, rate) }
    if let callrHook { addRun("callr", .callr(.mixed), callrHook, rate) }
  }

  private func addRun(_ name: String, _ provider: SimulatedProvider, _ target: HookTarget, _ rate: Double?) {
    guard let day else { return }
    let run = PostingRun(
      day, provider, account: options.account, to: target, rate: rate, lost: options.lost,
      hasLive: !invocation.arguments.has("--no-live"))
    runs.append((name, run))
  }

  private static func settings(
    _ arguments: Arguments, _ options: SimulationOptions
  ) throws(UsageError) -> SimulatedAPI.Settings {
    var settings = SimulatedAPI.Settings()
    settings.account = options.account
    settings.seed = options.seed
    settings.lost = options.lost
    settings.rowIDs = try arguments.words("--ids", as: RowIDs.self).first ?? .same
    settings.flakyOneIn = try arguments.count("--flaky").map { UInt64($0) }
    settings.codeIsStatus = arguments.has("--code-is-status")
    settings.callMilliseconds = Int64(try arguments.count("--call-seconds") ?? 1) * 1000
    return settings
  }

  func start() throws {
    let port = try server.listen(listener)
    // From here on a signal is waited for.
    _ = invocation.surroundings.isInterrupted()
    for (_, run) in runs { try run.start() }
    try tellStart(port: port)
  }

  func stop() {
    for (_, run) in runs { run.stop() }
    _ = server.drain(deadlineMilliseconds: 1000)
  }

  /// Tells of a day that is posted.
  func look() throws {
    while let index = runs.firstIndex(where: { $0.run.isOver }) {
      let (provider, run) = runs.remove(at: index)
      let counts = run.counts
      if invocation.wantsJSON {
        try invocation.output.line(["posted": .string(provider), "counts": .object(counts.json)])
      } else {
        let end = run.isUnanswered ? "; stopped, since nobody answers" : ""
        try invocation.output.line("\(provider): the day is posted: \(counts.sentence)\(end)")
        for line in counts.refusals { try invocation.output.line(line) }
      }
      try invocation.output.flush()
    }
  }

  private func tellStart(port: Int) throws {
    let account = options.account
    if invocation.wantsJSON {
      try invocation.output.line([
        "simulator": .string(SimulatedAPI.disclaimer), "address": .string(listener.address), "port": .count(port),
        "app_id": .integer(account.appID), "secret": .string(account.secret), "api_key": .string(account.apiKey),
        "seed": .string(String(options.seed)), "calls": .count(day?.count ?? 0), "from": .instant(day?.from),
      ])
    } else {
      let output = invocation.output
      try output.line(SimulatedAPI.disclaimer + ".")
      try output.line("Listening on \(listener.address), port \(port).")
      try output.line(
        "TeleCMI: app id \(account.appID), secret \(account.secret), agents 201_\(account.appID) to "
          + "212_\(account.appID). Callr: x-api-key \(account.apiKey).")
      if let day {
        let calls = Phrases.count(day.count, "call", "calls")
        try output.line("A day of \(calls) from \(day.from.rfc3339), seed \(day.seed).")
      } else {
        try output.line("No calls yet, seed \(options.seed).")
      }
    }
    try invocation.output.flush()
  }
}
