import RelayCore

/// One configured origin of webhooks.
/// A class: every request holds its source, and one reference is cheaper than a copy of all fields.
package final class Source: Sendable {
  /// What its decoder must know: name, provider, key, app ids, ignored changes, JSON depth.
  package let settings: SourceSettings
  package let auth: SourceAuth
  /// Sources of one group share their keys: a record that comes through two of them is stored once. nil: its own name.
  package let dedupGroup: String?
  /// nil: nothing of a request without a valid credential is kept.
  package let keepRefused: KeepRefused?
  /// nil: it may be silent for as long as it likes.
  package let expectation: ExpectedTraffic?
  /// The provider's own API; nil: it is not asked.
  package let api: ProviderAPI?
  /// nil: the relay does not compare by itself.
  package let reconcile: ReconcileSettings?
  /// How files of its records are read.
  package let importing: ImportSettings
  /// nil: no links to its recordings are made, and none is given out.
  package let recordings: RecordingSettings?
  /// False: treated as if it were not there (404).
  package let isEnabled: Bool
  package let note: String?
  /// What a lenient reading did not find: then secrets stand in `auth` as written, and nobody may be let in by them.
  package let missingSecrets: [RuleProblem]

  /// Its calls are placed by an API that gives no id by which their records are known (CHUB-India's, as documented).
  package let callsLackID: Bool

  /// Within which keys are unique. A group may bear the name of a source without being it.
  package let dedupScope: String

  package var name: String { settings.name }

  package init(
    settings: SourceSettings, auth: SourceAuth, dedupGroup: String? = nil, keepRefused: KeepRefused? = nil,
    expectation: ExpectedTraffic? = nil, api: ProviderAPI? = nil, reconcile: ReconcileSettings? = nil,
    importing: ImportSettings = ImportSettings(), recordings: RecordingSettings? = nil, isEnabled: Bool = true,
    note: String? = nil,
    missingSecrets: [RuleProblem] = []
  ) {
    self.settings = settings
    self.auth = auth
    self.dedupGroup = dedupGroup
    self.keepRefused = keepRefused
    self.expectation = expectation
    self.api = api
    self.reconcile = reconcile
    self.importing = importing
    self.recordings = recordings
    self.isEnabled = isEnabled
    self.note = note
    self.missingSecrets = missingSecrets
    callsLackID = settings.provider == .telecmi && api?.product == .chubIndia
    dedupScope = dedupGroup.map { "group \($0)" } ?? "source \(settings.name)"
  }

  func missing(_ secrets: [RuleProblem]) -> Source {
    guard !secrets.isEmpty else { return self }
    return Source(
      settings: settings, auth: auth, dedupGroup: dedupGroup, keepRefused: keepRefused, expectation: expectation,
      api: api, reconcile: reconcile, importing: importing, recordings: recordings, isEnabled: isEnabled, note: note,
      missingSecrets: secrets)
  }
}

extension Source {
  /// Of what it can be without.
  var missingSecretsOfParts: [RuleProblem] { (api?.missingSecrets ?? []) + (recordings?.missingSecrets ?? []) }

  static let keys = [
    "provider", "auth", "key", "app_ids", "ignore_changes", "dedup_group", "keep_refused", "expect", "api", "import",
    "reconcile", "recordings",
  ]

  /// nil after a problem that leaves no usable source.
  /// - Parameter relay: what it has where it says nothing of its own: the depth of JSON and the time zone.
  convenience init?(reading node: Node, name: String, relay: RelaySettings) {
    guard let reader = ObjectReader(node, keys: Self.keys) else { return nil }
    let provider = reader.required("provider", "missing; expected \(Self.providers)")?.word(Provider.self)
    let auth = reader.required("auth", SourceAuth.missing).flatMap {
      SourceAuth(reading: $0, provider: provider)
    }
    let key = reader["key"].flatMap { Self.key($0, provider) }
    let appIDs = reader["app_ids"].map { Self.appIDs($0, provider) } ?? []
    let ignoreChanges =
      reader["ignore_changes"]?.elements("a list of keys")?.compactMap { $0.text("a key")?.text } ?? []
    let dedupGroup = reader["dedup_group"].flatMap(Self.group)
    let keepRefused = reader["keep_refused"].flatMap { KeepRefused(reading: $0, auth: auth) }
    let expectation = reader["expect"].flatMap { ExpectedTraffic(reading: $0, zone: relay.timeZone ?? "UTC") }
    let importing = reader["import"].flatMap { ImportSettings(reading: $0, provider) } ?? ImportSettings()
    let api = reader["api"].flatMap { ProviderAPI.read($0, provider, appIDs: appIDs) }
    let reconcile = reader["reconcile"].flatMap { ReconcileSettings(reading: $0, api: reader["api"], api) }
    let recordings = reader["recordings"].flatMap { RecordingSettings.read($0, hasAPI: reader["api"] != nil) }
    guard let provider, let auth else { return nil }
    self.init(
      settings: SourceSettings(
        name: name, provider: provider, key: key, appIDs: appIDs, ignoreChanges: ignoreChanges,
        depthLimit: relay.jsonDepth),
      auth: auth, dedupGroup: dedupGroup, keepRefused: keepRefused, expectation: expectation,
      api: api, reconcile: reconcile, importing: importing, recordings: recordings, isEnabled: reader.isEnabled,
      note: reader.note)
  }

  private static let providers = NearestName.list(Provider.allCases.map(\.rawValue), "or")

  /// `call.uuid`: names joined by dots.
  private static func key(_ node: Node, _ provider: Provider?) -> [String]? {
    guard let text = node.text("a path such as call.uuid")?.text else { return nil }
    guard provider == nil || provider == .generic else {
      node.problem("only a generic source takes a key; \(provider?.rawValue ?? "") has its own")
      return nil
    }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard !parts.contains("") else {
      node.expected("a path such as call.uuid")
      return nil
    }
    return parts
  }

  private static func appIDs(_ node: Node, _ provider: Provider?) -> [Int64] {
    guard provider == nil || provider == .telecmi else {
      node.problem("only a telecmi source takes app_ids")
      return []
    }
    return node.elements("a list of app ids such as [2222223]")?.compactMap { $0.integer(1...Int64.max) } ?? []
  }

  private static func group(_ node: Node) -> String? {
    guard let text = node.text(Node.nameInWords)?.text else { return nil }
    guard Node.isName(text) else {
      node.expected(Node.nameInWords)
      return nil
    }
    return text
  }
}
