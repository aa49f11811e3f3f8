import DurableQueue
import RelayCore

/// Decides what `alerts` tell: for each condition that it began, and that it ended. Pure: what holds now goes in, messages
/// that are due come out, and what became of them goes in again. What was told survives a restart (`told`).
///
/// ```
///              holds                 told                  over              told
///   nothing ----------> begins due ---------> told of ------------> end due ---------> nothing
///      ^                    | over                ^                    | holds again
///      '--------------------'                     '--------------------'
/// ```
///
/// Between two messages on the same condition lies `pause` at least: what comes and goes meanwhile is not told.
struct AlertBook {
  /// What is counted and grew is told again after so long: 1 hour.
  static let growthPause: Int64 = 3_600_000
  /// Milliseconds before a message that failed is tried again: doubled with each failure in a row.
  static let firstDelay: Int64 = 10_000
  static let longestDelay: Int64 = 900_000

  private struct Entry {
    var condition: Condition
    var isOn: Bool
    var beganAt: Instant
    var endedAt: Instant?
    /// What the receiver believes: text and level of the last message that it began; nil where it knows of none.
    var told: (text: String, level: Int?)?
    var toldAt: Instant?
  }

  let pause: Int64
  private var entries: [String: Entry] = [:]
  private var failures = 0
  private var tryAt = Instant(milliseconds: .min)

  /// `told`: by the process before.
  init(pause: Int64, told: [ToldAlert] = []) {
    self.pause = pause
    for alert in told {
      // One of another version of the program is forgotten.
      guard let condition = Condition(alert) else { continue }
      entries[condition.name] = Entry(
        condition: condition, isOn: true, beganAt: alert.beganAt, told: (alert.text, alert.level), toldAt: alert.toldAt)
    }
  }

  /// What the receiver believes to last: to be kept on disk.
  var told: [ToldAlert] {
    entries.sorted { $0.key < $1.key }.compactMap { name, entry in
      guard let told = entry.told, let toldAt = entry.toldAt else { return nil }
      return ToldAlert(
        condition: name, kind: entry.condition.kind.rawValue, destination: entry.condition.destination,
        source: entry.condition.source, text: told.text, level: told.level, beganAt: entry.beganAt, toldAt: toldAt)
    }
  }

  // MARK: - What holds

  mutating func see(_ conditions: [Condition], at now: Instant) {
    let names = Set(conditions.map(\.name))
    for (name, entry) in entries where !names.contains(name) {
      if entry.isOn {
        entries[name]?.isOn = false
        entries[name]?.endedAt = now
      }
      if entry.told == nil, isOver(entry.toldAt, pause, now) { entries[name] = nil }
    }
    for condition in conditions { see(condition, now) }
  }

  private mutating func see(_ condition: Condition, _ now: Instant) {
    let name = condition.name
    guard let before = entries[name] else {
      entries[name] = Entry(condition: condition, isOn: true, beganAt: condition.since ?? now)
      return
    }
    entries[name]?.condition = condition
    // Back before its end was told: it never ended.
    if !before.isOn, before.told == nil { entries[name]?.beganAt = condition.since ?? now }
    entries[name]?.isOn = true
    entries[name]?.endedAt = nil
    if let told = before.told?.level, let level = condition.level, level < told { entries[name]?.told?.level = level }
  }

  // MARK: - What is due

  /// The next message; the caller tells what became of it before it asks again.
  func next(at now: Instant) -> AlertMessage? {
    // The clock may have been set back.
    guard tryAt <= now || tryAt > now + Self.longestDelay else { return nil }
    let due = entries.filter { isDue($0.value, now) }
    let first = due.min {
      ($0.value.endedAt ?? $0.value.beganAt, $0.key) < ($1.value.endedAt ?? $1.value.beganAt, $1.key)
    }
    return first.map { message($0.key, $0.value, now) }
  }

  private func isDue(_ entry: Entry, _ now: Instant) -> Bool {
    if entry.isOn != (entry.told != nil) { return isOver(entry.toldAt, pause, now) }
    return hasGrown(entry) && isOver(entry.toldAt, max(pause, Self.growthPause), now)
  }

  private func hasGrown(_ entry: Entry) -> Bool {
    guard entry.isOn, let told = entry.told?.level, let level = entry.condition.level else { return false }
    return level > told
  }

  /// Whether so much time has gone by since; also where the clock was set back beyond it.
  private func isOver(_ instant: Instant?, _ span: Int64, _ now: Instant) -> Bool {
    instant.map { now - $0 >= span || now < $0 } ?? true
  }

  private func message(_ name: String, _ entry: Entry, _ now: Instant) -> AlertMessage {
    let event: AlertMessage.Event = !entry.isOn ? .ends : entry.told == nil ? .begins : .grew
    let ended = entry.endedAt ?? now
    let text =
      event == .ends
      ? "Over after \(Phrases.span(max(0, ended - entry.beganAt))): \(entry.told?.text ?? "")"
      : entry.condition.sentence
    return AlertMessage(
      event: event, condition: entry.condition, beganAt: entry.beganAt, at: event == .ends ? ended : now, text: text)
  }

  // MARK: - What became of it

  mutating func succeeded(_ message: AlertMessage, at now: Instant) {
    failures = 0
    tryAt = Instant(milliseconds: .min)
    let name = message.condition.name
    entries[name]?.told = message.event == .ends ? nil : (message.text, message.condition.level)
    entries[name]?.toldAt = now
  }

  /// Gives the milliseconds until the next try: of all messages, since they go the same way.
  mutating func failed(at now: Instant) -> Int64 {
    let delay = min(Self.longestDelay, Self.firstDelay << min(failures, 10))
    failures += 1
    tryAt = now + delay
    return delay
  }
}

extension Condition {
  /// As the process before told it.
  init?(_ alert: ToldAlert) {
    guard let kind = Kind(rawValue: alert.kind) else { return nil }
    let holder = alert.condition.split(separator: " ").last.flatMap { Hold.Kind(rawValue: String($0)) }
    self.init(
      kind: kind, destination: alert.destination, source: alert.source,
      holder: kind == .destinationHeld ? holder : nil, sentence: alert.text, since: alert.beganAt, level: alert.level)
  }
}

/// One message to whoever `alerts` name.
struct AlertMessage: Equatable {
  enum Event: String {
    case begins, grew, ends
  }

  let event: Event
  let condition: Condition
  let beganAt: Instant
  let at: Instant
  let text: String

  /// `host`: which machine tells. `id` is the same for beginning and end, also where one is told twice.
  func json(host: String) -> JSONObject {
    [
      "event": .string(event.rawValue), "id": .string("\(condition.name) \(beganAt.rfc3339)"),
      "condition": .string(condition.kind.rawValue), "destination": .text(condition.destination),
      "source": .text(condition.source), "held_by": .text(condition.holder?.rawValue), "text": .string(text),
      "began_at": .instant(beganAt), "at": .instant(at), "host": .string(host),
    ]
  }
}
