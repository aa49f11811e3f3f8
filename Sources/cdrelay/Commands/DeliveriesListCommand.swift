import DurableQueue
import RelayCore

extension Command {
  static let deliveriesList = Command(
    "deliveries list", "Lists deliveries, newest first",
    options: DeliverySelection.options + [Option("--limit", "COUNT", "At most so many. Default: all.")] + Visit.options
      + [Option("--json", nil, "One JSON object a line.")]
  ) { invocation in
    let limit = try invocation.arguments.count("--limit")
    let (visit, filter) = try Visit.begin(invocation, DeliverySelection.filter)
    let held = Set(try visit.visitor.holds().filter(\.value.isHeld).keys)
    let list = DeliveryList(output: invocation.output, isJSON: invocation.wantsJSON, now: invocation.now, held: held)
    try visit.visitor.forEachDelivery(filter, limit: limit, list.add)
    try list.end()
    if list.count == 0 { visit.complainOfNothing("no delivery matches", invocation) }
    return .done
  }
}

/// Prints deliveries as they come: JSON lines, or a table a page at a time.
private final class DeliveryList {
  private let output: Output
  private let isJSON: Bool
  private let now: Instant
  /// Destinations whose deliveries wait, whatever their time says.
  private let held: Set<String>
  private var table = DeliveryList.emptyTable
  private(set) var count = 0

  private static let pageSize = 500
  private static var emptyTable: Table {
    Table(
      ("ID", .right), ("RECORD", .right), ("SOURCE", .left), ("DESTINATION", .left), ("STATE", .left),
      ("ATTEMPTS", .right), ("ARRIVED", .right), ("NEXT ATTEMPT", .right), ("REASON", .left))
  }

  init(output: Output, isJSON: Bool, now: Instant, held: Set<String>) {
    self.output = output
    self.isJSON = isJSON
    self.now = now
    self.held = held
  }

  func add(_ row: DeliveryRow) throws {
    count += 1
    guard !isJSON else { return try output.line(row.json) }
    table.add(
      row.id.description, row.record.description, row.source, row.destination, row.state.rawValue,
      String(row.attempts), Phrases.relative(row.createdAt, to: now),
      nextAttempt(of: row), row.reason ?? "")
    if table.count == Self.pageSize { try end() }
  }

  private func nextAttempt(of row: DeliveryRow) -> String {
    guard let next = row.nextAttemptAt else { return row.isBehind ? "behind another" : "-" }
    if row.state == .waiting, held.contains(row.destination) { return "held" }
    return next - now < 1000 ? "now" : Phrases.relative(next, to: now)
  }

  func end() throws {
    guard !table.isEmpty else { return }
    try table.write(to: output, withTitles: count <= Self.pageSize)
    table = Self.emptyTable
  }
}

extension DeliveryRow {
  /// The names of design §5.
  var json: JSONObject {
    [
      "id": .id(id), "record": .id(record), "destination": .string(destination), "source": .string(source),
      "rule": .string(rule), "state": .string(state.rawValue), "attempts": .count(attempts),
      "next_attempt_at": .instant(nextAttemptAt), "reason": .text(reason), "created_at": .instant(createdAt),
      "settled_at": .instant(settledAt), "replays": .count(replays),
    ]
  }
}
