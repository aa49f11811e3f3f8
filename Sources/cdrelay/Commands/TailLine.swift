import DurableQueue
import Providers
import RelayCore
import Rules

/// One line of `tail`: the same for people and as JSON.
struct TailLine {
  /// What happened, as JSON calls it.
  enum Event: String {
    case record, duplicates, quarantined, refused
    /// Refused, and only counted.
    case notKept = "refused_not_kept"
  }

  let text: String
  let json: JSONObject

  /// A record, with the call that was read out of it.
  init(_ row: RecordRow, _ visit: Visit) throws {
    let call = try Self.call(of: row, visit)
    let destinations = try visit.visitor.deliveries(ofRecord: row.id).map(\.destination)
    let numbers = Self.numbers(of: row, call).map { $0.map(Phrases.masked) }
    var words = [row.kind.rawValue]
    words += [call?.role?.rawValue, call?.direction?.rawValue, call?.status?.rawValue].compactMap { $0 }
    var parts = [words.joined(separator: " ")]
    if numbers.contains(where: { $0 != nil }) { parts.append(numbers.map { $0 ?? "?" }.joined(separator: " → ")) }
    if let id = row.callID { parts.append("call \(id)") }
    parts.append("record \(row.id)")
    if row.revision > 0 { parts.append("revision \(row.revision)") }
    parts.append(
      row.isUnrouted
        ? "unrouted: no rule matched"
        : destinations.isEmpty ? "to no destination" : "to " + destinations.joined(separator: ", "))
    text = Self.line(row.receivedAt, row.source, parts)
    json = [
      "event": .string(Event.record.rawValue), "at": .instant(row.receivedAt), "source": .string(row.source),
      "id": .id(row.id), "kind": .string(row.kind.rawValue), "revision": .count(row.revision),
      "role": .text(call?.role?.rawValue), "direction": .text(call?.direction?.rawValue),
      "status": .text(call?.status?.rawValue), "from": .text(numbers[0]), "to": .text(numbers[1]),
      "call_id": .text(row.callID), "destinations": .array(destinations.map(JSON.string)),
      "unrouted": .bool(row.isUnrouted),
    ]
  }

  /// A request that made no record and is kept.
  init(_ row: KeptRequestRow, in table: KeptRequestTable) {
    let event: Event = table == .quarantine ? .quarantined : .refused
    text = Self.line(
      row.receivedAt, row.source,
      ["\(event.rawValue) \(row.id)", "\(row.status): \(row.reason)", "from \(row.sender)", row.credential])
    json = [
      "event": .string(event.rawValue), "at": .instant(row.receivedAt), "source": .string(row.source),
      "id": .id(row.id),
      "answered": .count(row.status), "reason": .string(row.reason), "sender": .string(row.sender),
      "credential": .string(row.credential),
    ]
  }

  /// What is only counted: so many since the last look.
  init(_ event: Event, count: Int, _ source: String, at: Instant) {
    let words =
      event == .duplicates
      ? Phrases.count(count, "duplicate", "duplicates") + " of what stands there already"
      : Phrases.count(count, "request", "requests") + " refused without a valid credential, not kept (keep_refused)"
    text = Self.line(at, source, [words])
    json = [
      "event": .string(event.rawValue), "at": .instant(at), "source": .string(source), "count": .count(count),
    ]
  }

  private static func line(_ at: Instant, _ source: String, _ parts: [String]) -> String {
    ([at.rfc3339, source] + parts).joined(separator: "  ")
  }

  /// Of the caller and the called one; where the record names one of them by its side of the call only, that one.
  private static func numbers(of row: RecordRow, _ call: Call?) -> [String?] {
    switch call?.direction {
    case .inbound: [row.from ?? call?.customerNumber, row.to ?? call?.ourNumber]
    case .outbound: [row.from ?? call?.ourNumber, row.to ?? call?.customerNumber]
    case nil: [row.from, row.to]
    }
  }

  /// nil where the body is gone or can't be read any more.
  private static func call(of row: RecordRow, _ visit: Visit) throws -> Call? {
    guard let raw = try visit.visitor.raw(ofRecord: row.id) else { return nil }
    let settings =
      visit.rules?.sources.first { $0.name == row.source && $0.settings.provider == row.provider }?.settings
      ?? SourceSettings(name: row.source, provider: row.provider)
    return try? Decoder.decode(raw, settings: settings).call
  }
}
