import DurableQueue
import RelayCore

extension Command {
  static let deliveriesSummary = Command(
    "deliveries summary", "Counts deliveries that are alike",
    options: [
      Option(
        "--by", "FIELDS",
        "destination, source, rule, state, status, reason, joined by commas, in the order wanted. "
          + "Default: destination,state,status,reason.", repeats: true)
    ] + DeliverySelection.options + [Option("--limit", "COUNT", "At most so many lines, the largest. Default: all.")]
      + Visit.options + [Option("--json", nil, "One JSON object a line.")]
  ) { invocation in
    let limit = try invocation.arguments.count("--limit") ?? .max
    var asked: [SummaryField] = []
    for field in try invocation.arguments.words("--by", as: SummaryField.self) where !asked.contains(field) {
      asked.append(field)
    }
    let fields = asked.isEmpty ? [.destination, .state, .status, .reason] : asked
    let (visit, filter) = try Visit.begin(invocation, DeliverySelection.filter)
    let groups = try visit.visitor.summary(filter, by: fields).prefix(limit)
    if invocation.wantsJSON {
      for group in groups { try invocation.output.line(group.json(fields)) }
      return .done
    }
    guard !groups.isEmpty else {
      visit.complainOfNothing("no delivery matches", invocation)
      return .done
    }
    try write(Array(groups), fields, invocation)
    return .done
  }

  private static func write(_ groups: [SummaryRow], _ fields: [SummaryField], _ invocation: Invocation) throws {
    var table = Table(
      columns: [("COUNT", .right)] + fields.map { ($0.rawValue.uppercased(), .left) }
        + [("OLDEST", .left), ("NEWEST", .left)])
    for group in groups {
      table.add(
        cells: [Phrases.grouped(group.count)] + group.values.map { $0 ?? "-" }
          + [group.oldest, group.newest].map { Phrases.relative($0, to: invocation.now) })
    }
    try table.write(to: invocation.output)
  }
}

extension SummaryRow {
  fileprivate func json(_ fields: [SummaryField]) -> JSONObject {
    var object = JSONObject()
    for (field, value) in zip(fields, values) {
      let number = field == .status ? value.flatMap { Int64($0) } : nil
      object[field.rawValue] = number.map(JSON.integer) ?? .text(value)
    }
    object["count"] = .count(count)
    object["oldest"] = .instant(oldest)
    object["newest"] = .instant(newest)
    return object
  }
}
