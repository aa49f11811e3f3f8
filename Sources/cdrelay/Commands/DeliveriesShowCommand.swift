import Digests
import DurableQueue
import RelayCore

extension Command {
  static let deliveriesShow = Command(
    "deliveries show", "Shows a delivery with its attempts, why it waits, and what happens next",
    positionals: [Positional("ID", .some, "Ids of deliveries.")],
    options: Visit.options + [Option("--json", nil, "One JSON object a line.")]
  ) { invocation in
    let ids = try invocation.arguments.ids()
    let visit = try Visit(invocation)
    var missing = false
    for id in ids {
      guard let row = try visit.visitor.delivery(id) else {
        missing = true
        invocation.surroundings.complain(try visit.visitor.noDelivery(id))
        continue
      }
      try DeliveryStory(row, visit, now: invocation.now).write(
        to: invocation.output, isJSON: invocation.wantsJSON)
    }
    return missing ? .failed : .done
  }
}

extension QueueVisitor {
  /// A sentence for an id that is no delivery's, with the deliveries of the record that it may be.
  func noDelivery(_ id: Identifier) throws -> String {
    let others = try deliveries(ofRecord: id).map { "\($0.id) (\($0.destination))" }
    guard !others.isEmpty else { return "no delivery has the id \(id)" }
    return "\(id) is a record; its deliveries are \(others.joined(separator: ", "))"
  }
}

/// All that is known of one delivery.
private struct DeliveryStory {
  let row: DeliveryRow
  let attempts: [AttemptRow]
  let ahead: Identifier?
  let outlook: String
  let now: Instant

  init(_ row: DeliveryRow, _ visit: Visit, now: Instant) throws {
    let visitor = visit.visitor
    self.row = row
    self.now = now
    attempts = try visitor.attempts(of: row.id)
    ahead = row.isBehind ? try visitor.delivery(ahead: row.id) : nil
    outlook =
      DeliveryOutlook(
        row: row, ahead: ahead, successor: try row.replacedBy.flatMap(visitor.delivery),
        hold: try visitor.holdState(of: row.destination),
        isOrphaned: visit.rules.map { $0.destination(named: row.destination) == nil } ?? false, now: now
      ).sentence
  }

  func write(to output: Output, isJSON: Bool) throws {
    if isJSON { return try output.line(json) }
    try output.line(
      "Delivery \(row.id): record \(row.record) of \(row.source) to \(row.destination), by rule \(row.rule)")
    try output.line("State: \(row.state.rawValue). \(outlook)")
    try output.line(
      "Arrived \(row.createdAt.rfc3339) (\(Phrases.relative(row.createdAt, to: now))); "
        + "\(Phrases.count(row.attempts, "attempt", "attempts")) counted, \(Phrases.count(row.replays, "replay", "replays"))"
    )
    guard !attempts.isEmpty else { return try output.line("No attempt was made yet.") }
    var table = Table(
      ("ATTEMPT", .right), ("STARTED", .left), ("TOOK", .right), ("OUTCOME", .left), ("STATUS", .right),
      ("REASON", .left),
      ("SENT (SHA-256)", .left))
    for attempt in attempts {
      table.add(
        String(attempt.number), attempt.startedAt.rfc3339, "\(attempt.took) ms", attempt.outcome,
        attempt.status.map { String($0) } ?? "-", attempt.reason ?? "",
        attempt.requestHash.map { Hex.encode($0) } ?? "nothing")
    }
    try table.write(to: output)
    if let answer = attempts.last(where: { $0.response?.isEmpty == false }), let response = answer.response {
      try output.line("Answer of attempt \(answer.number):")
      try output.line(String(decoding: response, as: UTF8.self))
    }
  }

  private var json: JSONObject {
    var object = row.json
    object["behind"] = .id(ahead)
    object["outlook"] = .string(outlook)
    object["attempt_list"] = .array(
      attempts.map { .object($0.json) })
    return object
  }
}

extension AttemptRow {
  var json: JSONObject {
    [
      "number": .count(number), "started_at": .instant(startedAt), "took_ms": .integer(took),
      "status": status.map { .count($0) } ?? .null, "outcome": .string(outcome), "reason": .text(reason),
      "request_sha256": .text(requestHash.map { Hex.encode($0) }),
      "response": .text(response.map { String(decoding: $0, as: UTF8.self) }),
    ]
  }
}
