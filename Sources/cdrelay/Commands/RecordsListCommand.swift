import Digests
import DurableQueue
import RelayCore

extension Command {
  static let recordsList = Command(
    "records list", "Lists records, newest first",
    positionals: [Positional("WHAT", .atMostOne, RecordSelection.what)],
    options: RecordSelection.options + [Option("--limit", "COUNT", "At most so many. Default: all.")] + Visit.options
      + [Option("--json", nil, "One JSON object a line.")]
  ) { invocation in
    let limit = try invocation.arguments.count("--limit")
    let (visit, filter) = try Visit.begin(invocation, RecordSelection.filter)
    let list = RecordList(invocation, visit.visitor)
    try visit.visitor.forEachRecord(filter, limit: limit, list.add)
    try list.end()
    if list.count == 0 { visit.complainOfNothing("no record matches", invocation) }
    return .done
  }
}

/// Prints records as they come: JSON lines, or a table a page at a time.
private final class RecordList {
  private let invocation: Invocation
  private let visitor: QueueVisitor
  private var table = RecordList.emptyTable
  private(set) var count = 0

  private static let pageSize = 500
  private static var emptyTable: Table {
    Table(
      ("ID", .right), ("RECEIVED", .right), ("SOURCE", .left), ("KIND", .left), ("CALL", .left), ("FROM", .left),
      ("TO", .left), ("REVISION", .right), ("DELIVERIES", .left))
  }

  init(_ invocation: Invocation, _ visitor: QueueVisitor) {
    self.invocation = invocation
    self.visitor = visitor
  }

  func add(_ row: RecordRow) throws {
    count += 1
    let deliveries = try visitor.deliveries(ofRecord: row.id)
    guard !invocation.wantsJSON else {
      var object = row.json
      object["deliveries"] = .array(
        deliveries.map { delivery in
          .object([
            "id": .id(delivery.id), "destination": .string(delivery.destination),
            "state": .string(delivery.state.rawValue),
          ])
        })
      return try invocation.output.line(object)
    }
    let states = deliveries.map { "\($0.destination) \($0.state.rawValue)" }.joined(separator: ", ")
    table.add(
      row.id.description, Phrases.relative(row.receivedAt, to: invocation.now), row.source, row.kind.rawValue,
      row.callID ?? "-", row.from ?? "-", row.to ?? "-", String(row.revision), row.isUnrouted ? "unrouted" : states)
    if table.count == Self.pageSize { try end() }
  }

  func end() throws {
    guard !table.isEmpty else { return }
    try table.write(to: invocation.output, withTitles: count <= Self.pageSize)
    table = Self.emptyTable
  }
}

extension RecordRow {
  var json: JSONObject {
    [
      "id": .id(id), "source": .string(source), "provider": .string(provider.rawValue), "kind": .string(kind.rawValue),
      "received_at": .instant(receivedAt), "revision": .count(revision), "unrouted": .bool(isUnrouted),
      "call_id": .text(callID), "conversation_id": .text(conversationID), "request_id": .text(requestID),
      "from": .text(from), "to": .text(to), "sender": .string(sender), "credential": .string(credential),
      "body_sha256": .string(Hex.encode(bodyHash)), "rules_version": .integer(rulesVersion),
    ]
  }
}
