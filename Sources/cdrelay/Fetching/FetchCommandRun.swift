import DurableQueue
import Glibc
import ProviderAPIs
import RelayCore
import Rules

import struct Foundation.TimeZone

/// What `backfill` and `reconcile` share: the rules with the API's secret, the database, the span of time, and a walk over it
/// that a person can watch and stop.
struct FetchCommandRun {
  let invocation: Invocation
  let rules: RuleFile
  let source: FetchedSource
  let visitor: QueueVisitor
  let zone: TimeZone
  /// Milliseconds back from now that are left out.
  private let settle: Int64
  /// Calls that the list shows.
  private let limit: Int

  static let usualLimit = 100

  static let options = [
    Option("--rules", "FILE", "The rule file, with the secret of the source's api; required."),
    Option(
      "--database", "FILE", "The relay's. Default: $CDRELAY_DATABASE, else relay.database, else cdrelay.db."),
    Option(
      "--settle", "MINUTES",
      "Calls younger than that are left out: their webhook or their row may be under way. Default 60."),
    Option("--limit", "NUMBER", "Calls that are listed. Default \(usualLimit); all are counted."),
    Option("--json", nil, "One JSON object; progress goes to standard error."),
  ]

  init(_ invocation: Invocation) throws {
    self.invocation = invocation
    settle = try Self.settle(invocation.arguments)
    limit = try invocation.arguments.count("--limit") ?? Self.usualLimit
    guard let path = invocation.arguments["--rules"] else {
      throw UsageError("missing --rules FILE: the database does not keep the secret that the provider's API asks for")
    }
    let found = try RuleFile.load(
      path: path, secrets: SecretsResolver(mode: .lenient, environment: invocation.surroundings.environment))
    rules = found
    zone = found.relay.timeZone.flatMap { TimeZone(identifier: $0) } ?? .gmt
    source = try FetchedSource(invocation.arguments.positionals[0], in: found)
    visitor = try QueueVisitor(path: try invocation.databasePath(found))
  }

  private static func settle(_ arguments: Arguments) throws(UsageError) -> Int64 {
    guard let text = arguments["--settle"] else { return ReconcileSettings.usualSettle }
    guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let minutes = Int64(text),
      minutes <= 1440
    else { throw UsageError("--settle: expected minutes from 0 to 1440, found \(text)") }
    return minutes * 60_000
  }

  /// From there to `until`, or to now without what may be under way.
  func span(from: Instant, until: Instant?) throws -> (span: TimeSlice, wantedTo: Instant?) {
    let now = invocation.now
    let settled = now + -settle
    let wanted = until ?? now
    guard from < wanted else { throw UsageError("the time ends before it begins") }
    guard from < settled else {
      throw CommandError(
        "nothing to compare: calls of the last \(Phrases.span(settle)) are left out, since they may be under way")
    }
    return (TimeSlice(from: from, to: min(wanted, settled)), wanted > settled ? wanted : nil)
  }

  /// Walks. A failure of the API, or a person who stops it, ends it early: then what was found until then is given with why.
  func run(
    _ span: TimeSlice, _ purpose: FetchRun.Purpose, looksForExtras: Bool
  ) throws -> (report: Reconciliation, end: APIFailure?) {
    let surroundings = invocation.surroundings
    let client = try source.client(
      database: visitor.path, counts: APICounts(), time: surroundings.time,
      wait: { milliseconds in
        // In short pieces, since a person may stop it meanwhile.
        var left = milliseconds
        while left > 0, !surroundings.isInterrupted() {
          usleep(UInt32(min(left, 100)) * 1000)
          left -= 100
        }
      }, isWanted: { !surroundings.isInterrupted() })
    let desk = FetchedDesk(source, rules, receivedAt: invocation.now)
    var run = FetchRun(client, desk, visitor, span, limit: limit, looksForExtras: looksForExtras)
    let progress = RateProgress(surroundings, things: "calls")
    defer { progress.end() }
    do {
      try run.run(purpose) { at, count in
        progress.show(count, share: Double(at - span.from) / Double(span.length))
      }
      return (run.report, nil)
    } catch let failure as APIFailure {
      return (run.report, failure)
    }
  }

  func say(_ failure: APIFailure?, upTo: String) {
    switch failure {
    case nil: break
    case .stopped:
      invocation.surroundings.complain("stopped: \(upTo); the same command does the rest, and nothing twice")
    case .credentialsRefused(let sentence), .failed(let sentence):
      invocation.surroundings.complain("\(sentence); \(upTo); the same command does the rest, and nothing twice")
    }
  }
}
