import Digests
import DurableQueue
import Providers
import RelayCore
import Rules

extension Command {
  static func keptReplay(_ table: KeptRequestTable) -> Command {
    Command(
      "\(table.rawValue) replay", "Sends \(table.plural) round again", details: replayDetails(table),
      positionals: [Positional("ID", .any, "Ids; in their place, a selection.")],
      options: [Option("--body", "FILE", "A mended copy of the body of one request; - reads standard input.")]
        + table.selection + Confirmation.options + Visit.options
        + [Option("--json", nil, "One JSON object for each request.")]
    ) { invocation in
      let (visit, ids) = try KeptRequestSelection.ids(invocation, table, verb: "replay")
      let body = try mendedBody(invocation, ids)
      let sentence = "\(Phrases.count(ids.count, "request", "requests")) to replay"
      let replay = try KeptRequestReplay(invocation, visit, table, body: body)
      if invocation.arguments.has("--dry-run") {
        if !invocation.wantsJSON { try invocation.output.line(sentence) }
        return try replay.run(ids, isDry: true)
      }
      if ids.count > 1 { invocation.surroundings.complain(sentence) }
      guard try Confirmation(invocation: invocation).mayChange(ids.count, "Replay them?") else {
        invocation.surroundings.complain("nothing was replayed")
        return .failed
      }
      return try replay.run(ids, isDry: false)
    }
  }

  private static func replayDetails(_ table: KeptRequestTable) -> String {
    switch table {
    case .quarantine:
      """
      Each is decoded and routed by the rules in force, as if it came now, and stored with its deliveries. What still can't
      be accepted stays in quarantine, with the reason. With --body a mended copy takes the place of the body; the
      original stays in quarantine beside the record made of the copy.
      """
    case .refused:
      """
      Each is decoded and routed by the rules in force, as if its sender had been authenticated, and stored with its
      deliveries: look at them first, since anybody can have sent them. The record's credential says who replayed it. What
      can't be accepted stays refused, with the reason. With --body a mended copy takes the place of the body.
      """
    }
  }

  private static func mendedBody(_ invocation: Invocation, _ ids: [Identifier]) throws -> [UInt8]? {
    guard let path = invocation.arguments["--body"] else { return nil }
    guard ids.count == 1 else {
      throw UsageError("--body mends one request: give one id, not \(Phrases.count(ids.count, "request", "requests"))")
    }
    return try invocation.read(path)
  }
}

/// Decodes, routes and admits kept requests.
private struct KeptRequestReplay {
  private let invocation: Invocation
  private let visit: Visit
  private let table: KeptRequestTable
  private let rules: RuleFile
  private let routing: RoutingRules
  private let body: [UInt8]?

  init(_ invocation: Invocation, _ visit: Visit, _ table: KeptRequestTable, body: [UInt8]?) throws {
    guard let rules = visit.rules else {
      throw CommandError("the database holds no rules that this program can read: name the rule file with --rules FILE")
    }
    self.invocation = invocation
    self.visit = visit
    self.table = table
    self.rules = rules
    self.body = body
    routing = visit.rulesVersion.map { .stored(version: $0) } ?? .file(text: rules.text)
  }

  func run(_ ids: [Identifier], isDry: Bool) throws -> ExitCode {
    let action = invocation.action()
    var running = RunningAction(action)
    var failed = false
    for id in ids {
      guard let row = try visit.visitor.request(id, in: table),
        let kept = try visit.visitor.raw(ofRequest: id, in: table)
      else { continue }
      do {
        let reading = try read(row, kept)
        if isDry {
          try tell(id, "would become a record with \(destinations(reading.routes))")
          continue
        }
        let receipt = try visit.visitor.replay(id, in: table, rules: routing, action: action, &running) { version in
          newRecord(row, reading, version)
        }
        try tell(id, reading, receipt)
      } catch let refusal as Refusal {
        failed = true
        try tell(id, refusal)
      }
    }
    return failed ? .failed : .done
  }

  /// Why a request stays where it is.
  private struct Refusal: Error {
    let status: Int?
    let reason: String
  }

  private struct Reading {
    let source: Source
    let raw: RawRecord
    let record: Record
    let routes: [Route]
  }

  private func read(_ row: KeptRequestRow, _ kept: RawRecord) throws -> Reading {
    guard let source = rules.source(named: row.source) else {
      throw Refusal(
        status: nil, reason: "\(rules.path) has no enabled source \(row.source): add it, or give --rules FILE")
    }
    if body == nil, kept.body.isEmpty, row.size != 0 {
      throw Refusal(status: 413, reason: "its body was too large to be kept: replay a copy with --body FILE")
    }
    let raw = RawRecord(
      body: body ?? kept.body, contentType: kept.contentType, headers: kept.headers, query: kept.query)
    do {
      let record = try Decoder.decode(raw, settings: source.settings)
      return Reading(source: source, raw: raw, record: record, routes: rules.route(record))
    } catch {
      throw Refusal(status: error.status, reason: error.reason)
    }
  }

  private func newRecord(_ row: KeptRequestRow, _ reading: Reading, _ version: Int64) -> NewRecord {
    NewRecord(
      record: reading.record, raw: reading.raw, routes: reading.routes, receivedAt: row.receivedAt, sender: row.sender,
      credential: credential(row), bodyHash: SHA256.hash(reading.raw.body), rulesVersion: version,
      dedupScope: reading.source.dedupScope, callMark: reading.record.reading.look { $0.request })
  }

  /// Nothing authenticated a refused request: a person vouches for it.
  private func credential(_ row: KeptRequestRow) -> String {
    switch table {
    case .quarantine: row.credential
    case .refused: "refused, replayed by \(invocation.surroundings.user)"
    }
  }

  private func tell(_ id: Identifier, _ reading: Reading, _ receipt: CommitReceipt?) throws {
    guard let receipt else { return try tell(id, "is gone, or was replayed or discarded meanwhile; left alone") }
    guard invocation.wantsJSON else {
      return try tell(
        id,
        receipt.outcome == .duplicate
          ? "is a duplicate of record \(receipt.record)"
          : "became record \(receipt.record) with \(destinations(reading.routes))")
    }
    let outcome = receipt.outcome == .duplicate ? "duplicate" : "accepted"
    try invocation.output.line(["id": .id(id), "outcome": .string(outcome), "record": .id(receipt.record)])
  }

  private func tell(_ id: Identifier, _ text: String) throws {
    guard invocation.wantsJSON else { return try invocation.output.line("\(id) \(text)") }
    try invocation.output.line(["id": .id(id), "outcome": .null, "text": .string(text)])
  }

  private func tell(_ id: Identifier, _ refusal: Refusal) throws {
    guard invocation.wantsJSON else {
      let answer = refusal.status.map { " (\($0))" } ?? ""
      return invocation.surroundings.complain("\(id) \(table.stays)\(answer): \(refusal.reason)")
    }
    try invocation.output.line([
      "id": .id(id), "outcome": .string("refused"), "status": refusal.status.map { .count($0) } ?? .null,
      "reason": .string(refusal.reason),
    ])
  }

  private func destinations(_ routes: [Route]) -> String {
    routes.isEmpty
      ? "no delivery, since no rule matches it"
      : "\(Phrases.count(routes.count, "delivery", "deliveries")): " + routes.map(\.destination).joined(separator: ", ")
  }
}

extension Invocation {
  /// A file whole; `-` is standard input.
  func read(_ path: String) throws -> [UInt8] {
    if path == "-" { return try surroundings.readAll() }
    switch SecretsResolver.readFile(path) {
    case .success(let content): return content.bytes
    case .failure(let error): throw CommandError("\(path): can't read the file: \(error.reason)")
    }
  }
}
