import DurableQueue
import RelayCore

extension Command {
  static let backfill = Command(
    "backfill", "Fetches calls from the provider's API that never arrived",
    details: """
      Asks the API of the source (`api` in the rule file) for each hour of the time, and stores what is not stored: as a
      record like a webhook's, marked `backfilled`, that goes through the rules and is sent. What came by webhook is
      recognised by its id, else by numbers, time and duration, and is never changed. Each hour is committed before the next
      is asked for, so that a run that was stopped is simply begun again: it asks again and stores nothing twice.

      Look with `cdrelay reconcile` or --dry-run first: whether the ids of an API are those of its webhooks is documented
      nowhere.
      """,
    positionals: [Positional("SOURCE", .one, "The source.")],
    options: [
      Option("--from", "WHEN", "Calls from then on: \(Moment.inWords). Required."),
      Option("--to", "WHEN", "Calls before then. Default: now, less --settle."),
      Option("--dry-run", nil, "Fetches and compares, and stores nothing."),
    ] + FetchCommandRun.options
  ) { invocation in
    guard invocation.arguments["--from"] != nil else { throw UsageError("missing --from WHEN") }
    _ = try (invocation.moment("--from", in: .gmt), invocation.moment("--to", in: .gmt))
    let command = try FetchCommandRun(invocation)
    guard let from = try invocation.moment("--from", in: command.zone) else { throw UsageError("missing --from WHEN") }
    let (span, wantedTo) = try command.span(from: from, until: try invocation.moment("--to", in: command.zone))
    let isDry = invocation.arguments.has("--dry-run")
    let purpose: FetchRun.Purpose =
      isDry ? .look : .store(.file(text: command.rules.text), invocation.action())
    var (report, failure) = try command.run(span, purpose, looksForExtras: false)
    report.wantedTo = wantedTo
    let page = BackfillPage(report: report, isDry: isDry)
    command.say(failure, upTo: page.counts)
    if invocation.wantsJSON {
      try invocation.output.line(page.json(isComplete: failure == nil))
    } else if failure == nil {
      for line in page.lines { try invocation.output.line(line) }
    }
    return failure == nil && report.bad == 0 && report.shortfall == 0 ? .done : .failed
  }
}

/// What a backfill did.
struct BackfillPage {
  let report: Reconciliation
  let isDry: Bool

  private var known: Int { report.total.provider - report.total.missing - report.total.different }

  /// `fetched 44 rows in 12 requests: 30 known, 12 new, 1 different, 1 bad`.
  var counts: String {
    let parts = [
      "\(Phrases.grouped(known)) known",
      "\(Phrases.grouped(report.total.missing)) \(isDry ? "would be new" : "new")",
      "\(Phrases.grouped(report.total.different)) different", "\(Phrases.grouped(report.bad)) bad",
    ]
    return "fetched \(Phrases.count(report.fetched, "row", "rows")) in "
      + "\(Phrases.count(report.requests, "request", "requests")): \(parts.joined(separator: ", "))"
      + (report.erased > 0 ? ", \(Phrases.grouped(report.erased)) of people who were erased" : "")
  }

  var lines: [String] {
    var lines = [counts]
    if let wantedTo = report.wantedTo {
      lines.append(
        "left out: calls from \(report.to.rfc3339) to \(wantedTo.rfc3339), which may be under way; fetch them later")
    }
    for reason in report.badReasons { lines.append("bad: \(reason)\(isDry ? "" : "; kept in quarantine")") }
    if report.total.different > 0 {
      lines.append("different: what came by webhook stays as it is; `cdrelay reconcile` lists the calls")
    }
    if report.shortfall > 0 {
      lines.append(
        "the provider counts \(Phrases.count(report.shortfall, "call", "calls")) more than it gave: run this again later"
      )
    }
    return lines
  }

  func json(isComplete: Bool) -> JSONObject {
    [
      "source": .string(report.source), "from": .instant(report.from), "to": .instant(report.to),
      "left_out_until": .instant(report.wantedTo), "dry_run": .bool(isDry), "complete": .bool(isComplete),
      "fetched": .count(report.fetched), "known": .count(known), "new": .count(report.total.missing),
      "different": .count(report.total.different), "bad": .count(report.bad), "erased": .count(report.erased),
      "shortfall": .count(report.shortfall), "requests": .count(report.requests),
      "bad_reasons": .array(report.badReasons.map { .string($0) }),
      "calls": .array(report.listed.map { .object($0.json(numbers: true)) }),
      "calls_not_listed": .count(report.unlisted),
    ]
  }
}
