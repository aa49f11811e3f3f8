import DurableQueue
import RelayCore

import struct Foundation.TimeZone

extension KeptRequestTable {
  /// One of its rows: `request in quarantine`.
  var singular: String {
    switch self {
    case .quarantine: "request in quarantine"
    case .refused: "refused request"
    }
  }

  var plural: String {
    switch self {
    case .quarantine: "requests in quarantine"
    case .refused: "refused requests"
    }
  }

  /// What becomes of one that a replay could not make a record of.
  var stays: String {
    switch self {
    case .quarantine: "stays in quarantine"
    case .refused: "stays refused"
    }
  }

  fileprivate var listed: String {
    switch self {
    case .quarantine: "Lists requests that could not be accepted, newest first"
    case .refused: "Lists kept requests that came without a valid credential, newest first"
    }
  }

  /// What help says of them below the summary.
  var details: String {
    switch self {
    case .quarantine: ""
    case .refused:
      """
      Only sources with keep_refused have any, and anybody can send them. CREDENTIAL is what came in place of a valid one:
      its kind, and a fingerprint that is the same for the same secret until the relay is started again.
      """
    }
  }

  /// The arguments that select some.
  var selection: [Option] {
    let options = [
      Option("--source", "NAME", "May be repeated.", repeats: true),
      Option("--since", "WHEN", "First received at or after: \(Moment.inWords)."),
      Option("--until", "WHEN", "First received before."),
    ]
    guard self == .refused else { return options }
    return options + [
      Option("--sender", "ADDRESS", "May be repeated.", repeats: true),
      Option("--credential", "TEXT", "As the list shows it. May be repeated.", repeats: true),
    ]
  }
}

extension Command {
  static let quarantineList = keptList(.quarantine)
  static let quarantineShow = keptShow(.quarantine)
  static let quarantineReplay = keptReplay(.quarantine)
  static let quarantineDiscard = keptDiscard(.quarantine)
  static let refusedList = keptList(.refused)
  static let refusedShow = keptShow(.refused)
  static let refusedReplay = keptReplay(.refused)
  static let refusedDiscard = keptDiscard(.refused)

  private static func keptList(_ table: KeptRequestTable) -> Command {
    Command(
      "\(table.rawValue) list", table.listed, details: table.details,
      options: [
        Option("--state", "STATE", "kept, replayed or discarded. Default: kept. May be repeated.", repeats: true)
      ] + table.selection + [Option("--limit", "COUNT", "At most so many. Default: all.")] + Visit.options
        + [Option("--json", nil, "One JSON object a line.")]
    ) { invocation in
      let limit = try invocation.arguments.count("--limit")
      let (visit, filter) = try Visit.begin(invocation, KeptRequestSelection.filter)
      let ids = try visit.visitor.requestIDs(in: table, filter, limit: limit)
      var list = KeptRequestList(table)
      for row in try ids.compactMap({ try visit.visitor.request($0, in: table) }) {
        if invocation.wantsJSON { try invocation.output.line(row.json) } else { list.add(row, now: invocation.now) }
      }
      try list.write(to: invocation.output)
      if ids.isEmpty { visit.complainOfNothing("no \(table.singular) matches", invocation) }
      return .done
    }
  }

  private static func keptShow(_ table: KeptRequestTable) -> Command {
    Command(
      "\(table.rawValue) show", "Shows \(table.plural) with headers and body",
      positionals: [Positional("ID", .some, "Ids of \(table.plural).")],
      options: Visit.options + [Option("--json", nil, "One JSON object a line.")]
    ) { invocation in
      let ids = try invocation.arguments.ids()
      let visit = try Visit(invocation)
      var missing = false
      for id in ids {
        guard let row = try visit.visitor.request(id, in: table),
          let raw = try visit.visitor.raw(ofRequest: id, in: table)
        else {
          missing = true
          invocation.surroundings.complain("no \(table.singular) has the id \(id)")
          continue
        }
        try KeptRequestPage(table: table, row: row, raw: raw).write(to: invocation)
      }
      return missing ? .failed : .done
    }
  }

  private static func keptDiscard(_ table: KeptRequestTable) -> Command {
    Command(
      "\(table.rawValue) discard", "Lays \(table.plural) aside for good",
      positionals: [Positional("ID", .any, "Ids; in their place, a selection.")],
      options: [reason] + table.selection + Confirmation.options + Visit.options
        + [Option("--json", nil, "What was done as one JSON object.")]
    ) { invocation in
      let reason = try invocation.requiredReason()
      let (visit, ids) = try KeptRequestSelection.ids(invocation, table, verb: "discard")
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
      let discarded = try visit.visitor.discard(ids, in: table, action: invocation.action(reason: reason))
      try invocation.output.line(
        invocation.wantsJSON
          ? #"{"discarded":\#(discarded)}"# : "discarded \(Phrases.count(discarded, "request", "requests"))")
      return .done
    }
  }
}
