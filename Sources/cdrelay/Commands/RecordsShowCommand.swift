import Digests
import DurableQueue
import Providers
import RelayCore
import Rules

extension Command {
  static let recordsShow = Command(
    "records show", "Shows records: the call, where it came from, its deliveries, the body",
    positionals: [Positional("WHAT", .one, RecordSelection.what)],
    options: RecordSelection.options
      + [Option("--limit", "COUNT", "At most so many, the newest ones. Default 10.")] + Visit.options
      + [Option("--json", nil, "One JSON object a line.")]
  ) { invocation in
    let limit = try invocation.arguments.count("--limit") ?? 10
    let (visit, filter) = try Visit.begin(invocation, RecordSelection.filter)
    var shown = 0
    var left = false
    try visit.visitor.forEachRecord(filter, limit: limit == .max ? limit : limit + 1) { row in
      guard shown < limit else { return left = true }
      if shown > 0, !invocation.wantsJSON { try invocation.output.line() }
      try RecordStory(row, visit).write(to: invocation.output, isJSON: invocation.wantsJSON, now: invocation.now)
      shown += 1
    }
    if left { invocation.surroundings.complain("these are the newest \(shown); --limit shows more") }
    guard shown > 0 else { throw CommandError("no record has this id or number") }
    return .done
  }
}

/// All that is known of one record.
private struct RecordStory {
  let row: RecordRow
  let deliveries: [DeliveryRow]
  /// nil once the body is gone.
  let raw: RawRecord?
  let call: Call?

  init(_ row: RecordRow, _ visit: Visit) throws {
    self.row = row
    deliveries = try visit.visitor.deliveries(ofRecord: row.id)
    raw = try visit.visitor.raw(ofRecord: row.id)
    let settings =
      visit.rules?.sources.first { $0.name == row.source && $0.settings.provider == row.provider }?.settings
      ?? SourceSettings(name: row.source, provider: row.provider)
    call = raw.flatMap { try? Decoder.decode($0, settings: settings).call }
  }

  func write(to output: Output, isJSON: Bool, now: Instant) throws {
    if isJSON { return try output.line(json) }
    try output.line(
      "Record \(row.id): \(row.kind.rawValue) of \(row.source) (\(row.provider.rawValue)), revision \(row.revision)")
    try output.line(
      "Received \(row.receivedAt.rfc3339) (\(Phrases.relative(row.receivedAt, to: now))) from \(row.sender), "
        + "authenticated by \(row.credential)")
    try output.line("Body SHA-256 \(Hex.encode(row.bodyHash)); routed by rules version \(row.rulesVersion)")
    if let call {
      try output.line("Call:")
      for member in call.json.object?.members ?? [] {
        try output.line("  \(member.key): \(member.value.string ?? member.value.text)")
      }
    }
    if deliveries.isEmpty {
      try output.line(row.isUnrouted ? "Unrouted: no rule matched it." : "It has no deliveries.")
    }
    for delivery in deliveries {
      try output.line(
        "Delivery \(delivery.id): \(delivery.destination) by rule \(delivery.rule), \(delivery.state.rawValue)"
          + (delivery.reason.map { ", \($0)" } ?? ""))
    }
    try output.line("Body:")
    try output.line(raw.map { String(decoding: $0.body, as: UTF8.self) } ?? "(no longer kept)")
  }

  private var json: JSONObject {
    var object = row.json
    object["call"] = call?.json ?? .null
    object["deliveries"] = .array(deliveries.map { .object($0.json) })
    object["content_type"] = .text(raw?.contentType)
    object["headers"] = .array((raw?.headers.fields ?? []).map { .array([.string($0.name), .string($0.value)]) })
    object["query"] = .array((raw?.query.fields ?? []).map { .array([.string($0.name), .string($0.value)]) })
    object["body"] = .text(raw.map { String(decoding: $0.body, as: UTF8.self) })
    return object
  }
}
