import DurableQueue
import RelayCore

import struct Foundation.TimeZone

extension Command {
  static let find = Command(
    "find", "Tells the whole story of a call: what came, what was sent, who did what",
    details: """
      Each record of the call (its legs and revisions) with when it came, from where, with which credential, the hash of
      its body and the version of the rules that routed it; its deliveries; each attempt with what was sent, by hash, and
      what was answered; requests in quarantine or refused that hold what is sought; and what persons did to them, where
      the moment or the command shows it. All records are read, which takes seconds where there are millions.

      --proof writes all of it to a new file, with bodies and answers in base64 and the texts of the rules, and prints the
      SHA-256 of its content: note that elsewhere, and a change of the file is seen.
      """,
    positionals: [
      Positional(
        "WHAT", .one,
        "Id of a record, a delivery or a kept request, any id of the provider's, or a phone number in any spelling.")
    ],
    options: [
      Option("--source", "NAME", "Only its records. May be repeated.", repeats: true),
      Option("--since", "WHEN", "Received at or after: \(Moment.inWords)."),
      Option("--until", "WHEN", "Received before."),
      Option("--limit", "COUNT", "At most so many records, the newest ones. Default 100."),
      Option("--proof", "FILE", "Writes it to this file, which must not be there yet."),
    ] + Visit.options + [Option("--json", nil, "One JSON object.")]
  ) { invocation in
    let limit = try invocation.arguments.count("--limit") ?? 100
    let (visit, filter) = try Visit.begin(invocation, filter)
    let what = invocation.arguments.positionals[0]
    var found = try visit.visitor.find(what, filter)
    guard !found.isEmpty else {
      throw CommandError(
        "nothing here has this id or number" + visit.unknownNames(invocation.arguments).map { "\n" + $0 }.joined())
    }
    let count = found.records.count
    if count > limit {
      let narrower = "narrow it with --since, --until or --source, or raise --limit"
      guard invocation.arguments["--proof"] == nil else {
        throw CommandError(
          "\(Phrases.count(count, "record", "records")) match and a proof leaves none out: "
            + "they are above the limit of \(Phrases.grouped(limit)); \(narrower)")
      }
      found.records = found.records.suffix(limit)
      invocation.surroundings.complain(
        "these are the newest \(Phrases.grouped(limit)) of \(Phrases.count(count, "record", "records")); \(narrower)")
    }
    let story = try CallStory(what: what, found, visit)
    if let path = invocation.arguments["--proof"] {
      try writeProof(of: story, visit, to: path, invocation)
    } else if invocation.wantsJSON {
      try invocation.output.line(story.json)
    } else {
      try CallStoryPage(story: story, now: invocation.now).write(to: invocation.output)
    }
    return .done
  }

  private static func filter(_ invocation: Invocation, _ zone: TimeZone) throws -> RecordFilter {
    var filter = RecordFilter()
    filter.sources = invocation.arguments.list("--source")
    filter.since = try invocation.moment("--since", in: zone)
    filter.until = try invocation.moment("--until", in: zone)
    return filter
  }

  private static func writeProof(
    of story: CallStory, _ visit: Visit, to path: String, _ invocation: Invocation
  ) throws {
    let proof = Proof(content: try story.evidence(visit, invocation))
    try NewFile.write(proof.bytes, to: path)
    let deliveries = story.records.reduce(0) { $0 + $1.deliveries.count }
    guard !invocation.wantsJSON else {
      return try invocation.output.line([
        "proof": .string(path), "records": .count(story.records.count), "deliveries": .count(deliveries),
        "sha256": .string(proof.hash),
      ])
    }
    try invocation.output.line(
      "\(path): \(Phrases.count(story.records.count, "record", "records")), "
        + "\(Phrases.count(deliveries, "delivery", "deliveries")); SHA-256 of its content: \(proof.hash)")
  }
}
