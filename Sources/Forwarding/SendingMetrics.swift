import DurableQueue
import Synchronization
import Telemetry

/// What sending counts of each destination. Nothing here happens for every delivery, so a lock is cheap enough.
final class SendingMetrics: Sendable {
  enum Event: Hashable {
    /// Something began to hold it.
    case held(Hold.Kind)
    /// An answer asked to be left alone for a while.
    case toldToWait
    case tokenFetched, tokenFailed
    case lookedUp(Lookup)
    /// An accepted answer held what `capture` looks for, or did not.
    case captured, capturedNothing
  }

  /// What a lookup came to.
  enum Lookup: String, CaseIterable {
    case found, none, failed
    /// An earlier answer was used again.
    case cached
  }

  /// What tries can find out; the other kinds are set by people and files.
  private static let kinds: [Hold.Kind] = [.credentials, .refusals, .breaker, .limit]

  private let counts: Mutex<[Event: [String: Int]]>

  /// Counters are there from the start, so that a rate over them sees the first event. `tokens`: the names of those that
  /// share an access token.
  /// `asking`, `capturing`: the names of those with a lookup, with capture.
  init(destinations: [String], tokens: [String], asking: [String] = [], capturing: [String] = []) {
    counts = Mutex([:])
    add(destinations: destinations, tokens: tokens, asking: asking, capturing: capturing)
  }

  func add(destinations: [String], tokens: [String], asking: [String] = [], capturing: [String] = []) {
    func zero(_ names: [String], _ events: [Event]) {
      counts.withLock { counts in
        for event in events { for name in names { counts[event, default: [:]][name, default: 0] += 0 } }
      }
    }
    zero(destinations, Self.kinds.map(Event.held) + [.toldToWait])
    zero(tokens, [.tokenFetched, .tokenFailed])
    zero(asking, Lookup.allCases.map(Event.lookedUp))
    zero(capturing, [.captured, .capturedNothing])
  }

  func count(_ event: Event, _ destination: String) {
    counts.withLock { $0[event, default: [:]][destination, default: 0] += 1 }
  }

  func write(to page: inout MetricsPage) {
    let counts = counts.withLock { $0 }
    func sorted(_ event: Event) -> [(key: String, value: Int)] { (counts[event] ?? [:]).sorted { $0.key < $1.key } }
    page.add(
      "cdrelay_destination_holds_total", .counter, "Times that a destination began to be held, by what.",
      Self.kinds.flatMap { kind in
        sorted(.held(kind)).map { .init($0.value, ["destination": $0.key, "kind": kind.rawValue]) }
      })
    let others: [(Event, name: String, help: String)] = [
      (.toldToWait, "cdrelay_destination_waits_told_total", "Answers that asked for nothing to be sent for a while."),
      (.tokenFetched, "cdrelay_destination_token_fetches_total", "Access tokens fetched."),
      (.tokenFailed, "cdrelay_destination_token_failures_total", "Access tokens that could not be fetched."),
    ]
    page.add(
      "cdrelay_lookups_total", .counter, "Lookups before deliveries, by what they came to.",
      Lookup.allCases.flatMap { lookup in
        sorted(.lookedUp(lookup)).map { .init($0.value, ["destination": $0.key, "result": lookup.rawValue]) }
      })
    page.add(
      "cdrelay_captures_total", .counter, "Accepted answers in which capture looked for a value.",
      [(Event.captured, "kept"), (.capturedNothing, "none")].flatMap { event, result in
        sorted(event).map { .init($0.value, ["destination": $0.key, "result": result]) }
      })
    for (event, name, help) in others {
      page.add(name, .counter, help, sorted(event).map { .init($0.value, ["destination": $0.key]) })
    }
  }
}
