import DurableQueue
import Glibc
import RelayCore
import Rules

extension Command {
  static let tail = Command(
    "tail", "Shows every request as it comes, until Ctrl-C",
    details: """
      Reads the database a few times a second, beside the relay. Shown are records with where they go, what went to quarantine
      and why, and refused requests of sources with keep_refused. Numbers are masked. Only counted are duplicates, requests that
      other sources refused, and repetitions of what is kept already; not seen are requests to unknown sources (404) and what was
      answered 503: the relay's log and /metrics have those.
      """,
    options: [
      Option("--source", "NAME", "May be repeated.", repeats: true),
      Option("--since", "WHEN", "Begins with what came then: \(Moment.inWords). Default: what comes from now on."),
    ] + Visit.options + [Option("--json", nil, "One JSON object a line.")]
  ) { invocation in
    let (visit, since) = try Visit.begin(invocation) { try $0.moment("--since", in: $1) }
    for line in visit.unknownNames(invocation.arguments) { invocation.surroundings.complain(line) }
    let tail = try Tail(invocation, visit, since: since)
    let surroundings = invocation.surroundings
    // From here on a signal ends the loop.
    _ = surroundings.isInterrupted()
    while true {
      let isMore = try tail.poll()
      try invocation.output.flush()
      if surroundings.isInterrupted() || surroundings.isOutputClosed() { return .done }
      if !isMore { usleep(Tail.pauseMicroseconds) }
    }
  }
}

/// What comes in, line by line. Belongs to one thread.
final class Tail {
  static let pauseMicroseconds: UInt32 = 250_000
  private static let pageSize = 500

  private let invocation: Invocation
  private let visit: Visit
  private let sources: [String]
  private let begin: Instant
  private var place: FollowedPlace
  private var tallies: [String: SourceTally]

  init(_ invocation: Invocation, _ visit: Visit, since: Instant?) throws {
    self.invocation = invocation
    self.visit = visit
    sources = invocation.arguments.list("--source")
    begin = invocation.now
    place = try since.map(FollowedPlace.init(since:)) ?? visit.visitor.newestPlace(now: begin)
    tallies = try visit.visitor.tallies(since: begin)
  }

  /// Tells what is new; true where there may be more at once.
  func poll() throws -> Bool {
    let records = try visit.visitor.records(after: place.record, limit: Self.pageSize)
    for row in records {
      place.record = row.id
      if isMeant(row.source) { try write(TailLine(row, visit)) }
    }
    let quarantined = try visit.visitor.requests(in: .quarantine, after: place.quarantine, limit: Self.pageSize)
    for row in quarantined {
      place.quarantine = row.id
      if isMeant(row.source) { try write(TailLine(row, in: .quarantine)) }
    }
    let refused = try visit.visitor.requests(in: .refused, after: place.refused, limit: Self.pageSize)
    for row in refused {
      place.refused = row.id
      if isMeant(row.source) { try write(TailLine(row, in: .refused)) }
    }
    try countOthers()
    return [records.count, quarantined.count, refused.count].contains(Self.pageSize)
  }

  /// What leaves no row.
  private func countOthers() throws {
    let now = try visit.visitor.tallies(since: begin)
    for (source, tally) in now.sorted(by: { $0.key < $1.key }) where isMeant(source) {
      let before = tallies[source] ?? SourceTally()
      let at = invocation.now
      if tally.duplicate > before.duplicate {
        try write(TailLine(.duplicates, count: tally.duplicate - before.duplicate, source, at: at))
      }
      if tally.refused > before.refused, !keepsRefused(source) {
        try write(TailLine(.notKept, count: tally.refused - before.refused, source, at: at))
      }
    }
    tallies = now
  }

  private func keepsRefused(_ source: String) -> Bool {
    visit.rules?.sources.contains { $0.name == source && $0.keepRefused != nil } == true
  }

  private func isMeant(_ source: String) -> Bool {
    sources.isEmpty || sources.contains(source)
  }

  private func write(_ line: TailLine) throws {
    if invocation.wantsJSON {
      try invocation.output.line(line.json)
    } else {
      try invocation.output.line(line.text)
    }
    try invocation.output.flush()
  }
}
