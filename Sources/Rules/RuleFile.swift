import RelayCore

/// A rule file, read, checked and compiled. Immutable: a changed file is another one. A class, since every
/// request looks into it.
package final class RuleFile: Sendable {
  /// The path as the person named it.
  package let path: String
  /// As it stands in the file, secrets unresolved and those that are written out masked: what `rules_version` keeps.
  package let text: String
  package let relay: RelaySettings
  package let alerts: AlertSettings
  /// All of them, also disabled ones, in file order.
  package let sources: [Source]
  /// All of them, also disabled ones, in file order.
  package let clients: [CallClient]
  /// All of them, also disabled ones, in file order.
  package let destinations: [Destination]
  /// All of them, also disabled ones, in file order.
  package let rules: [Rule]
  /// All of them, also disabled ones, in file order.
  package let tests: [RuleTest]
  /// What is legal and hardly meant so.
  package let warnings: [RuleProblem]

  /// What a lenient reading did not find: the secrets file, and of the alerts, which then only the log tells.
  private let missingOfAll: [RuleProblem]

  /// The same with what it did not find of sources, clients and destinations.
  package var missingSecrets: [RuleProblem] {
    missingOfAll + sources.flatMap { $0.missingSecrets + $0.missingSecretsOfParts }
      + clients.flatMap(\.missingSecrets) + destinations.flatMap(\.missingSecrets)
  }

  private let sourcePositions: [String: Int]
  private let destinationPositions: [String: Int]
  /// What each rule, in file order, sends to enabled destinations, to each once.
  let routes: [[Route]]
  /// nil where asking each rule costs less.
  let plan: RulePlan?

  init(
    path: String, text: String, relay: RelaySettings, alerts: AlertSettings = AlertSettings(), sources: [Source],
    clients: [CallClient] = [], destinations: [Destination], rules: [Rule], tests: [RuleTest],
    missingOfAll: [RuleProblem] = [], warnings: [RuleProblem]
  ) {
    self.path = path
    self.text = text
    self.relay = relay
    self.alerts = alerts
    self.sources = sources
    self.clients = clients
    self.destinations = destinations
    self.rules = rules
    self.tests = tests
    self.missingOfAll = missingOfAll
    self.warnings = warnings
    sourcePositions = Dictionary(uniqueKeysWithValues: sources.enumerated().map { ($1.name, $0) })
    destinationPositions = Dictionary(uniqueKeysWithValues: destinations.enumerated().map { ($1.name, $0) })
    plan = RulePlan(rules)
    let enabled = destinations.filter(\.isEnabled)
    routes = rules.map { rule in
      rule.sendTo.enumerated().compactMap { position, name in
        guard !rule.sendTo[..<position].contains(name) else { return nil }
        return enabled.first { $0.name == name }.map {
          Route(destination: name, rule: rule.name, skipsRevisions: $0.onRevision == .skip)
        }
      }
    }
  }

  /// The enabled source of this name: a disabled one is as good as absent.
  package func source(named name: String) -> Source? {
    guard let position = sourcePositions[name], sources[position].isEnabled else { return nil }
    return sources[position]
  }

  /// The destination of this name, also a disabled one, which is held.
  package func destination(named name: String) -> Destination? {
    destinationPositions[name].map { destinations[$0] }
  }
}
