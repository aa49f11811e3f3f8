import DurableQueue
import RelayCore

import struct Foundation.TimeZone

extension Command {
  private static let selection = [
    Option("--source", "NAME", "May be repeated.", repeats: true),
    Option("--since", "WHEN", "First received at or after: \(Moment.inWords)."),
    Option("--until", "WHEN", "First received before."),
  ]

  static let quarantineList = Command(
    "quarantine list", "Lists requests that could not be accepted, newest first",
    options: [
      Option("--state", "STATE", "kept, replayed or discarded. Default: kept. May be repeated.", repeats: true)
    ] + selection + [Option("--limit", "COUNT", "At most so many. Default: all.")] + Visit.options
      + [Option("--json", nil, "One JSON object a line.")]
  ) { invocation in
    let limit = try invocation.arguments.count("--limit")
    let (visit, filter) = try Visit.begin(invocation, quarantineFilter)
    let ids = try visit.visitor.quarantineIDs(filter, limit: limit)
    var table = Table(
      ("ID", .right), ("RECEIVED", .right), ("TIMES", .right), ("SOURCE", .left), ("STATE", .left), ("ANSWER", .right),
      ("BYTES", .right), ("REASON", .left))
    for row in try ids.compactMap(visit.visitor.quarantined) {
      if invocation.wantsJSON {
        try invocation.output.line(row.json)
      } else {
        table.add(
          row.id.description, Phrases.relative(row.receivedAt, to: invocation.now), String(row.times), row.source,
          row.state.rawValue, String(row.status), row.size.map { String($0) } ?? "?", row.reason)
      }
    }
    if !table.isEmpty { try table.write(to: invocation.output) }
    if ids.isEmpty { visit.complainOfNothing("no request in quarantine matches", invocation) }
    return .done
  }

  static let quarantineShow = Command(
    "quarantine show", "Shows requests in quarantine with headers and body",
    positionals: [Positional("ID", .some, "Ids of requests in quarantine.")],
    options: Visit.options + [Option("--json", nil, "One JSON object a line.")]
  ) { invocation in
    let ids = try invocation.arguments.ids()
    let visit = try Visit(invocation)
    var missing = false
    for id in ids {
      guard let row = try visit.visitor.quarantined(id), let raw = try visit.visitor.raw(ofQuarantined: id) else {
        missing = true
        invocation.surroundings.complain("no request in quarantine has the id \(id)")
        continue
      }
      try show(row, raw, invocation)
    }
    return missing ? .failed : .done
  }

  static let quarantineDiscard = Command(
    "quarantine discard", "Lays requests in quarantine aside for good",
    positionals: [Positional("ID", .any, "Ids; in their place, a selection.")],
    options: [reason] + selection + Confirmation.options + Visit.options
      + [Option("--json", nil, "What was done as one JSON object.")]
  ) { invocation in
    let reason = try invocation.requiredReason()
    let (visit, ids) = try quarantineSelection(invocation, verb: "discard")
    let sentence = "\(Phrases.count(ids.count, "request", "requests")) to discard"
    if invocation.arguments.has("--dry-run") {
      try invocation.output.line(invocation.wantsJSON ? #"{"count":\#(ids.count)}"# : sentence)
      return .done
    }
    if ids.count > 1 { invocation.surroundings.complain(sentence) }
    guard try Confirmation(invocation: invocation).mayChange(ids.count, "Discard them?") else {
      invocation.surroundings.complain("nothing was discarded")
      return .failed
    }
    let discarded = try visit.visitor.discard(ids, action: invocation.action(reason: reason))
    try invocation.output.line(
      invocation.wantsJSON
        ? #"{"discarded":\#(discarded)}"# : "discarded \(Phrases.count(discarded, "request", "requests"))")
    return .done
  }

  static func quarantineFilter(_ invocation: Invocation, _ zone: TimeZone) throws -> QuarantineFilter {
    var filter = QuarantineFilter()
    let states = try invocation.arguments.words("--state", as: QuarantineRow.State.self)
    if !states.isEmpty { filter.states = states }
    filter.sources = invocation.arguments.list("--source")
    filter.since = try invocation.moment("--since", in: zone)
    filter.until = try invocation.moment("--until", in: zone)
    return filter
  }

  /// The requests that ids or a selection name, the oldest first; those that are kept.
  static func quarantineSelection(_ invocation: Invocation, verb: String) throws -> (Visit, [Identifier]) {
    let ids = try invocation.arguments.ids()
    var (visit, filter) = try Visit.begin(invocation) { invocation, zone in
      let filter = try quarantineFilter(invocation, zone)
      let selects = filter != QuarantineFilter()
      guard ids.isEmpty || !selects else { throw UsageError("give ids or a selection, not both") }
      guard !ids.isEmpty || selects else {
        throw UsageError("say which requests to \(verb): ids, or a selection such as --source NAME")
      }
      return filter
    }
    for id in ids {
      guard let row = try visit.visitor.quarantined(id) else {
        throw CommandError("no request in quarantine has the id \(id)")
      }
      guard row.state == .kept else { throw CommandError("\(id) was \(row.state.rawValue) already") }
    }
    filter.ids = ids
    return (visit, try visit.visitor.quarantineIDs(filter).reversed())
  }

  private static func show(_ row: QuarantineRow, _ raw: RawRecord, _ invocation: Invocation) throws {
    let output = invocation.output
    let body = String(decoding: raw.body, as: UTF8.self)
    if invocation.wantsJSON {
      var object = row.json
      object["content_type"] = .text(raw.contentType)
      object["headers"] = .array(raw.headers.fields.map { .array([.string($0.name), .string($0.value)]) })
      object["query"] = .array(raw.query.fields.map { .array([.string($0.name), .string($0.value)]) })
      object["body"] = .string(body)
      return try output.line(object)
    }
    try output.line("Quarantine \(row.id): a request to \(row.source), \(row.state.rawValue)")
    try output.line("Answered \(row.status): \(row.reason)")
    try output.line(
      "Received \(Phrases.count(row.times, "time", "times")) from \(row.sender), authenticated by \(row.credential): "
        + "first \(row.receivedAt.rfc3339), last \(row.lastReceivedAt.rfc3339)")
    if let record = row.record { try output.line("A replay made record \(record) of it.") }
    for field in raw.headers.fields { try output.line("\(field.name): \(field.value)") }
    for field in raw.query.fields { try output.line("?\(field.name)=\(field.value)") }
    try output.line("Body:")
    try output.line(body.isEmpty ? "(none kept)" : body)
  }
}

extension QuarantineRow {
  var json: JSONObject {
    [
      "id": .id(id), "source": .string(source), "state": .string(state.rawValue), "received_at": .instant(receivedAt),
      "last_received_at": .instant(lastReceivedAt), "times": .count(times), "sender": .string(sender),
      "credential": .string(credential), "status": .count(status), "reason": .string(reason),
      "size": size.map { .count($0) } ?? .null, "record": .id(record), "settled_at": .instant(settledAt),
    ]
  }
}
