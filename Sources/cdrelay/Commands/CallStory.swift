import Digests
import DurableQueue
import Providers
import RelayCore
import Rules

/// All that is known of one call, or of the calls of one number.
struct CallStory {
  struct Part {
    let row: RecordRow
    /// nil once the body is gone.
    let raw: RawRecord?
    /// nil where the body is gone or can't be read any more.
    let call: Call?
    let deliveries: [(row: DeliveryRow, attempts: [AttemptRow])]

    /// Whether the body that is kept still has the hash that was taken when it came.
    var isIntact: Bool? { raw.map { SHA256.hash($0.body) == row.bodyHash } }
  }

  let what: String
  let records: [Part]
  let quarantined: [KeptRequestRow]
  let refused: [KeptRequestRow]
  let actions: [ActionRow]

  init(what: String, _ found: FoundCall, _ visit: Visit) throws {
    self.what = what
    records = try found.records.map { try Part($0, visit) }
    quarantined = found.quarantined
    refused = found.refused
    actions = try Touches(records, quarantined, refused).actions(visit.visitor)
  }
}

extension CallStory.Part {
  fileprivate init(_ row: RecordRow, _ visit: Visit) throws {
    self.row = row
    raw = try visit.visitor.raw(ofRecord: row.id)
    call = raw.flatMap { visit.call(of: row, $0) }
    deliveries = try visit.visitor.deliveries(ofRecord: row.id).map { delivery in
      (row: delivery, attempts: try visit.visitor.attempts(of: delivery.id))
    }
  }
}

extension Visit {
  /// As today's decoder reads it; nil where it can't.
  func call(of row: RecordRow, _ raw: RawRecord) -> Call? {
    let settings =
      rules?.sources.first { $0.name == row.source && $0.settings.provider == row.provider }?.settings
      ?? SourceSettings(name: row.source, provider: row.provider)
    return try? Decoder.decode(raw, settings: settings).call
  }
}

/// Which actions of persons the rows bear witness of. `action` names no rows, but what an action changes has its moment,
/// to the millisecond; a replay that a later one followed is known only where its command names the id.
private struct Touches {
  private var commands: [Instant: Set<String>] = [:]
  private var ids: [Identifier] = []

  init(_ records: [CallStory.Part], _ quarantined: [KeptRequestRow], _ refused: [KeptRequestRow]) {
    for part in records {
      ids.append(part.row.id)
      for (delivery, _) in part.deliveries {
        ids.append(delivery.id)
        if delivery.state == .cancelled {
          add(delivery.settledAt, ["deliveries cancel", "deliveries close", "replay", "erase"])
        }
        if delivery.replays > 0 { add(delivery.clockStartedAt, ["replay"]) }
        if delivery.isAddedLater { add(delivery.createdAt, ["replay"]) }
      }
    }
    for (rows, table) in [(quarantined, "quarantine"), (refused, "refused")] {
      for row in rows {
        ids.append(row.id)
        add(row.settledAt, ["\(table) replay", "\(table) discard", "erase"])
      }
    }
  }

  private mutating func add(_ moment: Instant?, _ names: [String]) {
    if let moment { commands[moment, default: []].formUnion(names) }
  }

  func actions(_ visitor: QueueVisitor) throws -> [ActionRow] {
    let named = Set(ids.map(\.description))
    return try visitor.actions(at: Set(commands.keys), naming: ids).filter { action in
      action.command.split(separator: " ").contains { named.contains(String($0)) }
        || commands[action.at, default: []].contains { action.command.hasPrefix($0 + " ") }
    }
  }
}

extension CallStory {
  var json: JSONObject {
    [
      "what": .string(what), "records": .array(records.map { .object($0.json) }),
      "quarantine": .array(quarantined.map { .object($0.json) }), "refused": .array(refused.map { .object($0.json) }),
      "actions": .array(actions.map { .object($0.json) }),
    ]
  }
}

extension CallStory.Part {
  var json: JSONObject {
    var object = row.json
    object["body_kept"] = .bool(raw != nil)
    object["body_intact"] = isIntact.map { .bool($0) } ?? .null
    object["call"] = call?.json ?? .null
    object["deliveries"] = .array(
      deliveries.map { delivery, attempts in
        var object = delivery.json
        object["attempt_list"] = .array(attempts.map { .object($0.json) })
        return .object(object)
      })
    return object
  }
}

extension ActionRow {
  var json: JSONObject {
    [
      "at": .instant(at), "user": .string(user), "command": .string(command), "count": .count(count),
      "reason": .text(reason),
    ]
  }
}
