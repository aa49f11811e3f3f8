import DurableQueue
import Providers
import RelayCore
import Rules

extension Command {
  static let rulesExplain = Command(
    "rules explain", "Says clause by clause why a stored record went where it went, and what today's rules say of it",
    details: """
      Asks the rules that routed the record, as the database keeps them, and those in force (or those of --rules): which rule
      matched, which clause of which rule did not hold, and what value it saw. Nothing is stored or sent.
      """,
    positionals: [
      Positional("RECORD", .one, "The id of a record or of a delivery, or an id of the provider's that one record has.")
    ],
    options: Visit.options + [Option("--json", nil, "One JSON object.")]
  ) { invocation in
    let visit = try Visit(invocation)
    let row = try visit.visitor.theRecord(invocation.arguments.positionals[0])
    guard let raw = try visit.visitor.raw(ofRecord: row.id) else {
      throw CommandError("record \(row.id): its body is no longer kept, so that nobody can tell what the rules saw")
    }
    let story = RoutingStory(
      row: row, deliveries: try visit.visitor.deliveries(ofRecord: row.id), then: try RuleReading.then(row, raw, visit),
      now: visit.rules.map { RuleReading(of: row, raw, by: $0, titled: visit.rulesTitle(of: $0)) },
      isUnchanged: visit.rulesVersion == row.rulesVersion)
    try story.write(to: invocation.output, isJSON: invocation.wantsJSON)
    return .done
  }
}

extension QueueVisitor {
  /// The one record that is meant; fails where it is none or several.
  func theRecord(_ what: String) throws -> RecordRow {
    if let id = Identifier(what) {
      if let row = try record(id) { return row }
      if let delivery = try delivery(id), let row = try record(delivery.record) { return row }
    }
    var filter = RecordFilter()
    filter.what = what
    var rows: [RecordRow] = []
    let most = 10
    try forEachRecord(filter, limit: most + 1) { rows.append($0) }
    guard let row = rows.first else { throw CommandError("no record has the id \(what)") }
    guard rows.count == 1 else {
      let ids = rows.prefix(most).map(\.id.description).joined(separator: ", ") + (rows.count > most ? ", …" : "")
      throw CommandError("\(what) is of several records: name one of \(ids)")
    }
    return row
  }
}

extension Visit {
  fileprivate func rulesTitle(of rules: RuleFile) -> String {
    rulesVersion.map { "rules version \($0)" } ?? rules.path
  }
}

/// What one rule file says of a stored record.
private struct RuleReading {
  let title: String
  var explanation: [RuleExplanation] = []
  var routes: [Route] = []
  /// Why nothing can be said.
  var obstacle: String?

  init(title: String, obstacle: String) {
    self.title = title
    self.obstacle = obstacle
  }

  init(of row: RecordRow, _ raw: RawRecord, by rules: RuleFile, titled title: String) {
    self.title = title
    guard let source = rules.source(named: row.source) else {
      obstacle = "there is no enabled source \(row.source): the sender would be answered 404"
      return
    }
    do throws(Unacceptable) {
      let record = try Decoder.decode(raw, settings: source.settings)
      explanation = rules.explain(record)
      routes = rules.route(record).filter { row.revision == 0 || !$0.skipsRevisions }
    } catch {
      obstacle = "the sender would be answered \(error.status): \(error.reason)"
    }
  }

  /// By the version that routed it.
  static func then(_ row: RecordRow, _ raw: RawRecord, _ visit: Visit) throws -> RuleReading {
    let title = "rules version \(row.rulesVersion)"
    guard let stored = try visit.visitor.rules(version: row.rulesVersion) else {
      return RuleReading(title: title, obstacle: "the database does not hold that version")
    }
    let secrets = SecretsResolver(mode: .unresolved, environment: [:])
    guard let rules = try? RuleFile.parse(Array(stored.text.utf8), path: title, secrets: secrets) else {
      return RuleReading(title: title, obstacle: "this program can't read that version any more")
    }
    return RuleReading(of: row, raw, by: rules, titled: title)
  }

  func saysTheSame(as other: RuleReading) -> Bool {
    explanation == other.explanation && routes == other.routes && obstacle == other.obstacle
  }

  var lines: [String] {
    if let obstacle { return ["  \(obstacle)"] }
    let rules = explanation.flatMap { one in ["  \(one)"] + one.lines.map { "      \($0)" } }
    let ways = routes.map { "\($0.destination) by rule \($0.rule)" }.joined(separator: ", ")
    return rules + ["  " + (routes.isEmpty ? "It goes nowhere: it is kept as unrouted." : "It goes to \(ways).")]
  }

  var json: JSON {
    .object([
      "rules": .string(title), "obstacle": .text(obstacle), "explanation": .array(explanation.map(\.json)),
      "deliveries": .array(
        routes.map { .object(["destination": .string($0.destination), "rule": .string($0.rule)]) }),
    ])
  }
}

private struct RoutingStory {
  let row: RecordRow
  let deliveries: [DeliveryRow]
  let then: RuleReading
  /// nil where there are no rules that could be asked.
  let now: RuleReading?
  /// The rules that routed it are those in force.
  let isUnchanged: Bool

  func write(to output: Output, isJSON: Bool) throws {
    if isJSON { return try output.line(json) }
    try output.line(
      "Record \(row.id): \(row.kind.rawValue) of \(row.source) (\(row.provider.rawValue)), revision \(row.revision), "
        + "received \(row.receivedAt.rfc3339)")
    if deliveries.isEmpty {
      try output.line(row.isUnrouted ? "Unrouted: no rule matched it." : "It has no deliveries.")
    }
    for delivery in deliveries {
      try output.line(
        "Delivery \(delivery.id): \(delivery.destination) by rule \(delivery.rule), \(delivery.state.rawValue)")
    }
    try output.line(isUnchanged ? "Then and now, by \(then.title):" : "When it came, by \(then.title):")
    for line in then.lines { try output.line(line) }
    guard !isUnchanged, let now else { return }
    if now.saysTheSame(as: then) { return try output.line("Now, by \(now.title): the same.") }
    try output.line("Now, by \(now.title):")
    for line in now.lines { try output.line(line) }
  }

  private var json: JSONObject {
    var object = row.json
    object["deliveries"] = .array(deliveries.map { .object($0.json) })
    object["then"] = then.json
    object["now"] = isUnchanged ? then.json : now?.json ?? .null
    return object
  }
}
