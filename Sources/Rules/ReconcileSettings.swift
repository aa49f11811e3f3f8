/// A source's `reconcile`: the relay compares by itself what the provider has with what it has.
package struct ReconcileSettings: Sendable, Equatable {
  /// Milliseconds from the beginning of one comparison to that of the next. Default 6 hours, a minute to 30 days.
  package var every = 6 * hour
  /// Milliseconds back from now that are compared. Default 48 hours, an hour to 90 days.
  package var lookBack = 48 * hour
  /// Milliseconds back from now that are left out, since the webhook or the provider's row may be under way. Default an hour,
  /// at most a day. A webhook that comes behind its row and names its leg has another key, and would be sent a second time;
  /// PIOPIY sends for half an hour after the call's end (providers.md §1.1), and nothing is known of others.
  package var settle = Self.usualSettle
  /// What is missing is fetched. Default false: whether the ids of an API are those of its webhooks should be seen once,
  /// with `cdrelay reconcile`, before calls go anywhere.
  package var backfills = false

  package static let usualSettle: Int64 = 60 * 60_000

  package init() {}

  private static let hour: Int64 = 3_600_000
}

extension ReconcileSettings {
  static let keys = ["every_hours", "look_back_hours", "settle_minutes", "backfill"]

  /// nil where it is switched off.
  /// - Parameter written: what stands in the file as `api`.
  init?(reading node: Node, api written: Node?, _ api: ProviderAPI?) {
    let what = #"an object such as {"every_hours": 6, "look_back_hours": 48, "backfill": true}"#
    guard let reader = ObjectReader(node, keys: Self.keys, what: what) else { return nil }
    self.init()
    every = reader["every_hours"]?.decimal(0.02...720).map(Self.hours) ?? every
    lookBack = reader["look_back_hours"]?.decimal(1...2160).map(Self.hours) ?? lookBack
    settle = reader["settle_minutes"]?.decimal(0...1440).map { Int64($0 * 60_000) } ?? settle
    backfills = reader["backfill"]?.flag() ?? backfills
    guard reader.isEnabled else { return nil }
    if written == nil { node.problem(#"needs "api" beside it: what to ask, and with which secret"#) }
    if let api, api.provider == .telecmi, api.path(.answered) == nil {
      node.problem("PIOPIY documents no list of calls by date, so there is nothing to compare with")
    }
  }

  private static func hours(_ number: Double) -> Int64 { Int64(number * Double(hour)) }
}
