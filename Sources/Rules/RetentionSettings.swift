/// `relay.retention`: how long what is settled stays, counted from when it was settled. What waits, is being sent or is dead
/// is never removed for its age, unless `dead_days` says so.
package struct RetentionSettings: Sendable, Equatable {
  /// All in milliseconds. Bodies of records, with headers, query and the answers kept of their attempts, once every delivery
  /// is delivered or cancelled. Default 90 days.
  package var bodies = 90 * day
  /// Delivered deliveries with their attempts. Default 400 days.
  package var delivered = 400 * day
  /// Cancelled and closed deliveries with their attempts. Default 400 days.
  package var cancelled = 400 * day
  /// Dead deliveries with their attempts. Default forever.
  package var dead = forever
  /// Records that no rule matched, counted from when they came; then they are kept as any other. Default forever.
  package var unrouted = forever
  /// What is left of a record, by which a repetition is known, once it has no deliveries. Default 400 days, or as long as the
  /// longest of bodies, delivered and cancelled.
  package var records = 400 * day
  /// Quarantined requests that were replayed or discarded. Default 90 days.
  package var quarantine = 90 * day
  /// What was asked of a call API and answered, from when it was. Default 400 days.
  package var calls = 400 * day

  package static let forever = Int64.max
  private static let day: Int64 = 86_400_000

  package init() {}
}

extension RetentionSettings {
  static let keys = [
    "bodies_days", "delivered_days", "cancelled_days", "dead_days", "unrouted_days", "records_days", "quarantine_days",
    "calls_days",
  ]

  init(reading node: Node?) {
    self.init()
    guard let node, let reader = ObjectReader(node, keys: Self.keys) else { return }
    var settings = RetentionSettings()
    func read(_ key: String, _ field: WritableKeyPath<RetentionSettings, Int64>) {
      if let span = reader[key].flatMap(Self.span) { settings[keyPath: field] = span }
    }
    read("bodies_days", \.bodies)
    read("delivered_days", \.delivered)
    read("cancelled_days", \.cancelled)
    read("dead_days", \.dead)
    read("unrouted_days", \.unrouted)
    read("quarantine_days", \.quarantine)
    read("calls_days", \.calls)
    // A record's row can't go before its body and its deliveries.
    let least = settings.longestOfARecord
    settings.records = max(settings.records, least.span)
    if let node = reader["records_days"], let span = Self.span(node) {
      settings.records = span
      if span < least.span { node.expected("at least as much as \(least.key), which is \(Self.words(least.span))") }
    }
    if reader.isEnabled { self = settings }
  }

  private var longestOfARecord: (key: String, span: Int64) {
    [("delivered_days", delivered), ("cancelled_days", cancelled)]
      .reduce(("bodies_days", bodies)) { $1.1 > $0.1 ? $1 : $0 }
  }

  /// nil after a problem was noted.
  private static func span(_ node: Node) -> Int64? {
    if node.json == .string("forever") { return forever }
    guard let days = node.json.number?.double, (0.01...36_500).contains(days) else {
      node.expected(#"a number from 0.01 to 36500 or "forever""#)
      return nil
    }
    return Int64((days * Double(day)).rounded())
  }

  private static func words(_ span: Int64) -> String {
    span == forever ? #""forever""# : Node.text(Double(span) / Double(day))
  }
}
