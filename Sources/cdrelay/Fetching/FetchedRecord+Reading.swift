import DurableQueue
import Providers
import RelayCore
import Rules

extension FetchedRecord {
  /// Reads a row as its source's decoder reads a webhook.
  init(
    _ row: FetchedRow, of source: Source, rules: RuleFile, receivedAt: Instant, sender: String, credential: String
  ) throws(Unacceptable) {
    let raw = row.raw
    self.init(
      record: try Decoder.decode(raw, settings: source.settings), raw: raw, dedupScope: source.dedupScope,
      receivedAt: receivedAt, sender: sender, credential: credential, route: { rules.route($0) })
  }
}

extension FetchedRun {
  /// `tolerance`: milliseconds.
  convenience init(of source: Source, rules: RuleFile, tolerance: Int64 = FetchedRun.defaultTolerance) {
    let scope = rules.sources.filter { $0.dedupScope == source.dedupScope }
    let settings = Dictionary(uniqueKeysWithValues: scope.map { ($0.name, $0.settings) })
    self.init(
      sources: Set(scope.map(\.name)), tolerance: tolerance,
      ordered: Set(rules.destinations.filter { $0.order == .perCall }.map(\.name))
    ) { stored in
      guard let raw = stored.raw, let settings = settings[stored.row.source] else { return nil }
      return try? Decoder.decode(raw, settings: settings)
    }
  }
}

extension Source {
  /// The app whose rows these are, where the rows do not say it.
  var fetchedApp: Int64? {
    api?.appID ?? (settings.appIDs.count == 1 ? settings.appIDs[0] : nil)
  }
}
