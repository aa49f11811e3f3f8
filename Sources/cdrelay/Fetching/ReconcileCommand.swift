import RelayCore

extension Command {
  static let reconcile = Command(
    "reconcile", "Compares what the provider has with what came",
    details: """
      Asks the API of the source (`api` in the rule file) for its calls, and compares them with what is stored, by hour and
      day: which calls are missing here, which are extra (the provider's list has them not), which differ. Changes nothing;
      `cdrelay backfill` fetches what is missing. Exit code 1 where a call is missing.
      """,
    positionals: [Positional("SOURCE", .one, "The source.")],
    options: [
      Option("--since", "WHEN", "Calls from then on: \(Moment.inWords). Default: the last 24 hours."),
      Option("--until", "WHEN", "Calls before then. Default: now, less --settle."),
    ] + FetchCommandRun.options
  ) { invocation in
    _ = try (invocation.moment("--since", in: .gmt), invocation.moment("--until", in: .gmt))
    let command = try FetchCommandRun(invocation)
    let since = try invocation.moment("--since", in: command.zone) ?? invocation.now + -86_400_000
    let (span, wantedTo) = try command.span(from: since, until: try invocation.moment("--until", in: command.zone))
    var (report, failure) = try command.run(span, .look, looksForExtras: true)
    report.wantedTo = wantedTo
    command.say(
      failure,
      upTo: "\(Phrases.grouped(report.fetched)) calls were compared, \(Phrases.grouped(report.total.missing)) missing")
    if invocation.wantsJSON {
      var object = report.json(numbers: true)
      object["complete"] = .bool(failure == nil)
      try invocation.output.line(object)
    } else if failure == nil {
      try ReconciliationPage(report: report, zone: command.zone).write(to: invocation.output)
    }
    return failure == nil && report.isComplete ? .done : .failed
  }
}
