import RelayCore
import Simulator

extension Command {
  static let simulateTelecmi = Command(
    "simulate telecmi", "Posts a simulated day of TeleCMI's webhooks to a URL",
    details: """
      Live events, then CDRs: two legs of outbound calls, one record for each agent of a group who did not pick up, numbers as
      numbers and as text, PIOPIY's four sends of each CDR, extra_params that are no JSON, some of it late and out of order.
      \(SimulateText.disclaimer)
      Exits with 1 where a request was refused or not answered.
      """,
    positionals: [Positional("URL", .one, "Where they are posted, such as http://127.0.0.1:8080/hooks/telecmi/TOKEN.")],
    options: SimulateText.trafficOptions + [SimulationOptions.product, SimulationOptions.appID]
      + SimulateText.trafficEnds
  ) { invocation in
    try SimulateTraffic(invocation, .telecmi, secret: nil).run()
  }

  static let simulateCallr = Command(
    "simulate callr", "Posts a simulated day of Callr's webhooks to a URL",
    details: """
      v2's started and ended events in v1's envelope, the pushes of Actions, and v1's webhooks; some are sent twice, some late.
      \(SimulateText.disclaimer)
      How v2 wraps its CDR is not documented: v1's envelope is a guess. Exits with 1 where a request was refused or not
      answered.
      """,
    positionals: [Positional("URL", .one, "Where they are posted, such as http://127.0.0.1:8080/hooks/callr.")],
    options: SimulateText.trafficOptions + [
      Option("--secret", "TEXT", "Signs each body (X-CALLR-HmacSignature). Processes of this machine can see it."),
      Option(
        "--form", "NAME", "webhook, push, v1, or mixed (default): a call in ten each as push and as v1.",
        choices: CallrForm.allCases.map(\.rawValue)),
    ] + SimulateText.trafficEnds
  ) { invocation in
    let form = try invocation.arguments.callrForm()
    return try SimulateTraffic(invocation, .callr(form), secret: invocation.arguments["--secret"]).run()
  }
}

extension Arguments {
  func callrForm() throws(UsageError) -> CallrForm {
    try words("--form", as: CallrForm.self).first ?? .mixed
  }
}

enum SimulateText {
  static let disclaimer =
    "Built from the providers' documents, not from their systems; where those say nothing, it guesses."

  static let trafficOptions = [
    Option("--rate", "N", "Calls a second. Default 10; above 50 they are posted over 8 connections."),
    Option("--count", "N", "Calls, at most 200,000. Default 100."),
    SimulationOptions.seed, SimulationOptions.from,
  ]

  static let trafficEnds = [
    SimulationOptions.noLive, SimulationOptions.lose,
    Option("--token", "TEXT", "Goes along as `Authorization: Bearer`, where the URL holds none."),
    Option("--out", "FILE", "Writes the calls that were made, one JSON object a line; must not be there yet."),
    Option("--json", nil, "The counts as one JSON object."),
  ]
}

/// Posts a day, tells how it goes, and says what became of it.
struct SimulateTraffic {
  private let invocation: Invocation
  private let provider: SimulatedProvider
  private let options: SimulationOptions
  private let day: SimulatedDay
  private let target: HookTarget
  private let rate: Double

  init(_ invocation: Invocation, _ provider: SimulatedProvider, secret: String?) throws {
    self.invocation = invocation
    self.provider = provider
    let arguments = invocation.arguments
    options = try SimulationOptions(invocation)
    day = try options.day(calls: try arguments.count("--count") ?? 100, option: "--count")
    target = try HookTarget(arguments.positionals[0], token: arguments["--token"], secret: secret)
    rate = try arguments.rate() ?? 10
  }

  func run() throws -> ExitCode {
    let surroundings = invocation.surroundings
    let run = PostingRun(
      day, provider, account: options.account, to: target, rate: rate, lost: options.lost,
      hasLive: !invocation.arguments.has("--no-live"))
    surroundings.complain(
      "simulated, from the provider's documents: \(Phrases.count(day.count, "call", "calls")) of the day from "
        + "\(day.from.rfc3339), seed \(day.seed), to \(target.host)")
    // From here on a signal waits.
    _ = surroundings.isInterrupted()
    try run.start()
    let wasFinished = run.watch(surroundings)
    let counts = run.counts
    if let path = invocation.arguments["--out"] {
      try NewFile.write(SimulatedCallLines(provider, options.account).file(day, counts), to: path)
    }
    try tell(counts)
    if run.isUnanswered { throw CommandError("stopped: \(target.host) does not answer") }
    guard wasFinished else { throw CommandError("stopped: \(counts.begun) of \(day.count) calls were posted") }
    return counts.refusedCount == 0 ? .done : .failed
  }

  private func tell(_ counts: PostedCounts) throws {
    guard !invocation.wantsJSON else {
      var object = counts.json
      object["seed"] = .string(String(day.seed))
      object["from"] = .instant(day.from)
      return try invocation.output.line(object)
    }
    try invocation.output.line(counts.sentence)
    for line in counts.refusals { try invocation.output.line(line) }
  }
}
