import DurableQueue
import Forwarding
import RelayCore
import Rules
import Telemetry

extension Relay {
  /// Looks at the rule file and takes it as a whole, or refuses it with all its problems: then what is in force stays.
  func reload(_ found: FoundRules, _ origin: RulesLoad.Origin, at now: Instant) {
    var load = found.load(origin, at: now)
    switch found.result {
    case .failure:
      load.version = reloads.versionInForce
      refuse(load)
    case .success(let rules):
      load.needsRestart = RestartNeeds.between(startedWith, rules)
      do throws(CommitFailure) {
        try use(rules, load)
      } catch {
        load.problems = ["the database can't be written: \(error)"]
        load.version = reloads.versionInForce
        refuse(load)
      }
    }
  }

  /// The version is on disk before anything goes by it. Sending is told first, so that nothing is sent by an old destination
  /// that a new one replaces; then the queue; then the receiver, whose next request is routed by the new rules.
  private func use(_ rules: RuleFile, _ load: RulesLoad) throws(CommitFailure) {
    let version = try queue.registerRules(text: rules.text, load: load)
    forwarder.use(destinations: rules.destinations, sources: rules.sourceSettings)
    queue.use(DurableQueue.Settings(rules), holds: RuleHolds(of: rules.destinations))
    intake.use(rules, version: version)
    calls?.use(rules)
    watchman.use(rules)
    reconciler.use(rules, version: version)
    reloads.accepted(version: version)
    log.info(
      "rules.accepted",
      [
        LogField("path", load.path), LogField("version", version), LogField("origin", load.origin.rawValue),
        LogField("sources", rules.sources.count), LogField("destinations", rules.destinations.count),
        LogField("rules", rules.rules.count),
      ])
    for warning in rules.warnings { log.warning("rules.warning", [LogField("warning", warning.description)]) }
    tell(load)
  }

  private func refuse(_ refused: RulesLoad) {
    var load = refused
    // What is in force still lacks them.
    load.missingSecrets = intake.rules.missingSecrets.map(\.line)
    queue.noteRefusedRules(load)
    reloads.wasRefused()
    tell(load)
  }

  /// A line for each thing that a person should know.
  func tell(_ load: RulesLoad) {
    for problem in load.problems {
      log.error(
        "rules.refused",
        [
          LogField("path", load.path), LogField("problem", problem),
          LogField("version_in_force", reloads.versionInForce),
        ])
    }
    if load.isRefused, load.origin == .start {
      log.error(
        "rules.last_good_in_force",
        [
          LogField("path", load.path), LogField("version", reloads.versionInForce),
          LogField("do", "mend the rule file and send SIGHUP (with --watch: save it)"),
        ])
    }
    for missing in load.missingSecrets {
      log.error("rules.secret_missing", [LogField("path", load.path), LogField("missing", missing)])
    }
    for setting in load.needsRestart {
      log.warning(
        "rules.needs_restart",
        [LogField("setting", setting), LogField("do", "restart the relay; until then it has the value of its start")])
    }
  }
}

extension RuleFile {
  /// By name of the source.
  var sourceSettings: [String: SourceSettings] {
    Dictionary(uniqueKeysWithValues: sources.map { ($0.name, $0.settings) })
  }
}
