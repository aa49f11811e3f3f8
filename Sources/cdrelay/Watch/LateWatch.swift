import DurableQueue
import RelayCore

/// Finds destinations whose deliveries do not move although nothing holds them: a fault of the relay's own, which no retry
/// mends. One that is slow, or behind its rate, moves: what is due there changes from look to look. Pure.
struct LateWatch {
  struct Late: Equatable {
    let destination: String
    /// Since when nothing moved.
    let since: Instant
    let movement: Movement
  }

  struct Changes: Equatable {
    var began: [Late] = []
    /// Which are late no more, and since when they were.
    var ended: [Late] = []
  }

  private var seen: [String: (movement: Movement, since: Instant)] = [:]
  private(set) var late: [String: Late] = [:]

  /// `known`: those that were late when the relay stopped, and since when: they are until something moves.
  init(known: [String: Instant] = [:]) {
    for (name, since) in known { late[name] = Late(destination: name, since: since, movement: Movement()) }
  }

  /// - Parameter patience: milliseconds for which nothing needs to move at a destination; nil where nothing should: it is
  ///   held, or not in the rule file.
  mutating func look(
    _ movements: [String: Movement], patience: (String) -> Int64?, now: Instant
  ) -> Changes {
    var changes = Changes()
    for name in Set(movements.keys).union(seen.keys).union(late.keys).sorted() {
      guard let movement = movements[name], movement.hasWork, let patience = patience(name) else {
        seen[name] = nil
        end(name, &changes)
        continue
      }
      guard let before = seen[name] else {
        seen[name] = (movement, late[name]?.since ?? now)
        continue
      }
      // The clock may have been set back.
      guard before.movement == movement, before.since <= now else {
        seen[name] = (movement, now)
        end(name, &changes)
        continue
      }
      guard late[name] == nil, now - before.since >= patience else { continue }
      let found = Late(destination: name, since: before.since, movement: movement)
      late[name] = found
      changes.began.append(found)
    }
    return changes
  }

  private mutating func end(_ name: String, _ changes: inout Changes) {
    if let ended = late.removeValue(forKey: name) { changes.ended.append(ended) }
  }
}

extension LateWatch.Late {
  func sentence(now: Instant) -> String {
    let waiting = movement.dueSince.map { " a delivery\(next) has been due for \(Phrases.span(now - $0))," } ?? ""
    let sending =
      movement.sending > 0
      ? " \(Phrases.count(movement.sending, "delivery is", "deliveries are")) in the relay's hands," : ""
    return "\(destination):\(waiting)\(sending) nothing holds the destination, and nothing moved for "
      + "\(Phrases.span(now - since)). See the log for its last lines with destination=\(destination) and for "
      + "oauth.token_failed; if there is no reason, restart the relay, which loses nothing."
  }

  private var next: String { movement.next.map { " (\($0))" } ?? "" }
}
