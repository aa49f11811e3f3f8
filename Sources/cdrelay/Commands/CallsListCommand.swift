import DurableQueue
import RelayCore

import struct Foundation.TimeZone

extension Command {
  static let callsList = Command(
    "calls list", "Lists the calls that clients placed, newest first",
    details: "Digits in the provider's words are masked; `calls show` has them as they were sent.",
    options: [
      Option("--client", "NAME", "May be repeated.", repeats: true),
      Option("--source", "NAME", "May be repeated.", repeats: true),
      Option(
        "--state", "STATE", "accepted, sending, placed, refused or unknown. May be repeated.", repeats: true,
        choices: CallState.allCases.map(\.rawValue)),
      Option("--since", "WHEN", "Asked for at or after: \(Moment.inWords)."),
      Option("--until", "WHEN", "Asked for before."),
      Option("--limit", "COUNT", "At most so many. Default: all."),
    ] + Visit.options + [Option("--json", nil, "One JSON object a line.")]
  ) { invocation in
    let limit = try invocation.arguments.count("--limit")
    let (visit, filter) = try Visit.begin(invocation, filter)
    let list = CallList(invocation, visit.visitor)
    try visit.visitor.forEachCall(filter, limit: limit, list.add)
    try list.end()
    if list.count == 0 { visit.complainOfNothing("no call matches", invocation) }
    return .done
  }

  private static func filter(_ invocation: Invocation, _ zone: TimeZone) throws -> CallRequestFilter {
    let arguments = invocation.arguments
    var filter = CallRequestFilter()
    filter.clients = arguments.list("--client")
    filter.sources = arguments.list("--source")
    filter.states = try arguments.words("--state", as: CallState.self)
    filter.since = try invocation.moment("--since", in: zone)
    filter.until = try invocation.moment("--until", in: zone)
    return filter
  }
}

/// Prints calls as they come: JSON lines, or a table a page at a time.
private final class CallList {
  private let invocation: Invocation
  private let visitor: QueueVisitor
  private var table = CallList.emptyTable
  private(set) var count = 0

  private static let pageSize = 500
  private static var emptyTable: Table {
    Table(
      ("ID", .right), ("ASKED", .right), ("CLIENT", .left), ("SOURCE", .left), ("TO", .left), ("STATE", .left),
      ("RECORDS", .right), ("REASON", .left))
  }

  init(_ invocation: Invocation, _ visitor: QueueVisitor) {
    self.invocation = invocation
    self.visitor = visitor
  }

  func add(_ row: CallRequestRow) throws {
    count += 1
    let records = try visitor.countRecords(of: row)
    let reason = row.reason.map(Phrases.maskingDigits)
    guard !invocation.wantsJSON else {
      var object = row.json
      object["reason"] = .text(reason)
      object["records"] = .count(records)
      return try invocation.output.line(object)
    }
    table.add(
      row.id.description, Phrases.relative(row.acceptedAt, to: invocation.now), row.client, row.source, row.to ?? "-",
      row.state.rawValue, String(records), reason ?? row.fault?.rawValue ?? "")
    if table.count == Self.pageSize { try end() }
  }

  func end() throws {
    guard !table.isEmpty else { return }
    try table.write(to: invocation.output, withTitles: count <= Self.pageSize)
    table = Self.emptyTable
  }
}

extension CallRequestRow {
  var json: JSONObject {
    [
      "id": .id(id), "source": .string(source), "client": .string(client), "key": .text(key),
      "state": .string(state.rawValue), "fault": .text(fault?.rawValue), "reason": .text(reason),
      "from": .text(from), "to": .text(to), "request_id": .text(requestID),
      "status": status.map { .count($0) } ?? .null, "code": code.map { .count($0) } ?? .null,
      "accepted_at": .instant(acceptedAt), "sending_at": .instant(sendingAt), "settled_at": .instant(settledAt),
    ]
  }
}
