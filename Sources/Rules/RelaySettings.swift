import RelayCore

import struct Foundation.TimeZone

/// The `relay` section of a rule file.
package struct RelaySettings: Sendable, Equatable {
  /// Path of the database; nil leaves it to the command line and the environment.
  package var database: String?
  /// IANA name of the zone of times that a provider sends without one; nil is UTC.
  package var timeZone: String?
  /// `NAME=value` lines, read after the environment.
  package var secretsFile: String?
  /// Peers whose `X-Forwarded-For` or `Forwarded` is believed. Default none.
  package var trustedProxies: [CIDR] = []
  /// Bytes of a request's body. Default 1 MiB, at most 64 MiB.
  package var bodyLimitBytes: Int = 1 << 20
  /// Levels of JSON nesting in a body. Default 64, at most 256.
  package var jsonDepth: Int = JSONParser.defaultDepth
  package var queue = QueueSettings()
  /// What destinations go through that name no proxy of their own. Default none: they are connected to directly.
  package var proxy: ProxySettings?
  package var retention = RetentionSettings()

  /// How many, how large, how long: what the receiver lets strangers do.
  package var limits = ReceiverLimits()

  package init() {}
}

extension RelaySettings {
  static let keys = [
    "database", "time_zone", "secrets_file", "trusted_proxies", "body_limit_bytes", "json_depth", "limits", "queue",
    "proxy", "retention",
  ]

  /// Opens the secrets file first, so that the rest of the rule file can name what it holds.
  init(reading node: Node?) {
    self.init()
    guard let node, let reader = ObjectReader(node, keys: Self.keys) else { return }
    var settings = RelaySettings()
    if let file = reader["secrets_file"], let path = file.text("a path") {
      settings.secretsFile = path.text
      if reader.isEnabled { node.loading.openSecretsFile(path.text, at: file.path) }
    }
    settings.database = reader["database"]?.text("a path")?.text
    settings.timeZone = reader["time_zone"].flatMap(Self.zone)
    settings.trustedProxies = reader["trusted_proxies"]?.addressBlocks() ?? []
    settings.bodyLimitBytes =
      reader["body_limit_bytes"]?.integer(1024...67_108_864).map(Int.init) ?? settings.bodyLimitBytes
    settings.jsonDepth = reader["json_depth"]?.integer(1...256).map(Int.init) ?? settings.jsonDepth
    settings.queue = QueueSettings(reading: reader["queue"])
    settings.retention = RetentionSettings(reading: reader["retention"])
    settings.limits = ReceiverLimits(reading: reader["limits"], bodyLimit: settings.bodyLimitBytes)
    settings.proxy = reader["proxy"].flatMap { ProxySettings.choice($0)?.proxy }
    if reader.isEnabled { self = settings }
  }

  static func zone(_ node: Node) -> String? {
    guard let text = node.text("the name of a time zone such as Europe/Paris") else { return nil }
    if text.isUnresolved || TimeZone(identifier: text.text) != nil { return text.text }
    let hint = NearestName.of(text.text, among: TimeZone.knownTimeZoneIdentifiers).map { "; did you mean \($0)?" } ?? ""
    node.problem("expected the name of a time zone such as Europe/Paris, found \(node.json.shown)\(hint)")
    return nil
  }
}
