import DurableQueue
import RelayCore
import Rules

/// Something that a person should see to. `status --problems` shows it while it lasts, `alerts` tell when it begins and when
/// it ends: both are decided here.
struct Condition: Equatable {
  typealias Kind = AlertSettings.Condition

  let kind: Kind
  /// nil where it is none's.
  var destination: String?
  var source: String?
  /// By what the destination is held.
  var holder: Hold.Kind?
  let sentence: String
  /// nil where nobody knows.
  var since: Instant?
  /// Of what is counted: that it grew is told too.
  var level: Int?

  /// Tells two conditions apart: `destination_held crm breaker`.
  var name: String {
    [kind.rawValue, destination, source, holder?.rawValue].compactMap { $0 }.joined(separator: " ")
  }

  var json: JSONObject {
    [
      "problem": .string(kind.rawValue), "destination": .text(destination), "source": .text(source),
      "text": .string(sentence),
    ]
  }

  /// Whether `alerts` tell it.
  func isTold(by settings: AlertSettings) -> Bool {
    let holds = holder.map { holder in settings.holders.contains { $0.rawValue == holder.rawValue } } ?? true
    return settings.conditions.contains(kind) && holds
  }
}

/// What is known of the queue at one moment.
struct Situation {
  var status: QueueStatus
  /// nil where nobody knows them: then nothing is said of sources, nor of destinations that are missing.
  var rules: RuleFile?
  var limits = QueueLimits()
  /// False where the relay's commits fail.
  var isWritable = true
  /// Destinations whose deliveries do not move, with what is to be said of each.
  var late: [(destination: String, since: Instant, sentence: String)] = []
  /// When the rules were loaded: a source that never sent anything is silent from then on.
  var rulesLoadedAt: Instant?
  /// What became of the rule file when the relay looked at it last.
  var rulesLoad: RulesLoad?
  /// What the relay found when it compared sources with their providers.
  var reconciliations: [KeptReconciliation] = []
  /// Sources whose provider refuses our credentials for placing calls, since when.
  var callsRefused: [(source: String, since: Instant)] = []
  /// Counts that are so high ended there.
  var countLimit = Int.max
  var now: Instant

  var settings: AlertSettings { rules?.alerts ?? AlertSettings() }

  /// In the order in which they are told.
  var conditions: [Condition] {
    refusing + refusedRules + missingSecrets + callCredentials + status.destinations.flatMap(conditions)
      + late.map(condition)
      + silentSources + uncompared + kept
  }

  // MARK: - The queue as a whole

  private var refusing: [Condition] {
    if let pressure = status.pressure { return [Condition(kind: .refusingRecords, sentence: pressure.sentence)] }
    if !isWritable {
      return [
        Condition(
          kind: .refusingRecords,
          sentence:
            "Records are refused with 503: the database can't be written. To do: see queue.commit_failed in the log."
        )
      ]
    }
    guard status.room.freeBytes < limits.minFreeBytes * 2 else { return [] }
    return [
      Condition(
        kind: .diskLow,
        sentence: "\(DiskSpace.words(status.room.freeBytes)) are free on the disk of the database; below "
          + "\(DiskSpace.words(limits.minFreeBytes)) records are refused (relay.queue.min_free_bytes). Make room.")
    ]
  }

  private var kept: [Condition] {
    var conditions: [Condition] = []
    if status.unrouted > 0 {
      conditions.append(
        Condition(
          kind: .unrouted,
          sentence: "\(count(status.unrouted, "record", "records")) matched no rule. "
            + "`cdrelay records list --unrouted` shows them.", level: status.unrouted))
    }
    if status.quarantined > 0 {
      conditions.append(
        Condition(
          kind: .quarantined,
          sentence: "\(count(status.quarantined, "request is", "requests are")) in quarantine. "
            + "`cdrelay quarantine list` says why; replay or discard them.", level: status.quarantined))
    }
    return conditions + status.refused.map(condition)
  }

  /// Strangers can cause it too, where a source has `keep_refused`; so can a secret that was changed on one side only.
  private func condition(_ refused: RefusedStatus) -> Condition {
    let name = refused.source
    return Condition(
      kind: .refusedKept, source: name,
      sentence: "\(name): \(count(refused.count, "request", "requests")) refused with 401 "
        + "\(refused.count == 1 ? "is" : "are") kept, since \(Phrases.span(now - refused.since)) "
        + "(\(refused.since.rfc3339)). `cdrelay refused list --source \(name)` says who sent them; replay or discard them.",
      since: refused.since, level: refused.count)
  }

  private func count(_ count: Int, _ one: String, _ many: String) -> String {
    count < countLimit ? Phrases.count(count, one, many) : "\(Phrases.grouped(count)) or more \(many)"
  }
}

// MARK: - Rules

extension Situation {
  private var refusedRules: [Condition] {
    guard let rulesLoad, rulesLoad.isRefused else { return [] }
    return [Condition(kind: .rulesRefused, sentence: rulesLoad.refusal, since: rulesLoad.at)]
  }

  /// Of sources: a destination is held by it.
  private var missingSecrets: [Condition] {
    guard let rulesLoad else { return [] }
    let remedy = "Put the secret there and reload the rules (SIGHUP; restart the relay where it is in its environment)."
    return rulesLoad.sourcesWithoutSecret.map { source, line in
      Condition(
        kind: .secretMissing, source: source,
        sentence: "\(source): its requests are answered 503: \(line). \(remedy)")
    }
      + rulesLoad.sourcesWithoutAPI.map { source, line in
        Condition(
          kind: .secretMissing, source: source,
          sentence: "\(source): its provider's API is not asked: \(line). \(remedy)")
      }
  }
}

extension Situation {
  /// Until a call is placed, or the rules are loaded again: then they may be mended.
  private var callCredentials: [Condition] {
    callsRefused.filter { refused in rulesLoad.map { $0.at <= refused.since } ?? true }.map { source, since in
      Condition(
        kind: .callCredentials, source: source,
        sentence: "\(source): the provider refuses our credentials, so no call can be placed, since "
          + "\(Phrases.span(now - since)) (\(since.rfc3339)). Mend app_id or secret in sources.\(source).api and reload the "
          + "rules (SIGHUP; restart the relay where the secret is in its environment).", since: since)
    }
  }
}

extension RulesLoad {
  /// Their requests are answered 503. Each source once, with the first line about it.
  var sourcesWithoutSecret: [(source: String, line: String)] {
    var found: [(source: String, line: String)] = []
    for line in missingSecrets {
      guard let (name, key) = Self.place(line), key != "api", !found.contains(where: { $0.source == name }) else {
        continue
      }
      found.append((name, line))
    }
    return found
  }

  /// Nothing is asked of their provider's API.
  fileprivate var sourcesWithoutAPI: [(source: String, line: String)] {
    missingSecrets.compactMap { line in
      Self.place(line).flatMap { name, key in key == "api" ? (name, line) : nil }
    }
  }

  /// Which source a line is about, and which key of it; nil where it is about something else.
  private static func place(_ line: String) -> (source: String, key: Substring)? {
    let names = line.split(separator: ":", maxSplits: 1).first?.split(separator: ".") ?? []
    return names.count > 2 && names[0] == "sources" ? (String(names[1]), names[2]) : nil
  }

  /// As `status` tells it.
  var refusal: String {
    let more = problems.count > 1 ? " (and \(Phrases.count(problems.count - 1, "more problem", "more problems")))" : ""
    return "The rule file was refused at \(at.rfc3339): \(problems[0])\(more). "
      + "Version \(version) stays in force. `cdrelay rules check \(path)` says all; mend the file and reload (SIGHUP; "
      + "with --watch saving is enough), or `cdrelay rules rollback \(version)`."
  }
}

extension QueueVisitor {
  /// For `Situation.callsRefused`.
  func callsRefused(of rules: RuleFile?) throws -> [(source: String, since: Instant)] {
    try (rules?.sources ?? []).filter { $0.isEnabled && $0.api != nil }.compactMap { source in
      try callCredentialsRefused(of: source.name).map { (source: source.name, since: $0) }
    }
  }
}

// MARK: - Destinations

extension Situation {
  private func conditions(_ destination: DestinationStatus) -> [Condition] {
    let name = destination.name
    var conditions = destination.hold.holds.filter { isTelling($0, destination) }.map { hold in
      Condition(
        kind: .destinationHeld, destination: name, holder: hold.kind,
        sentence: "\(name): held by \(hold.holder) since \(Phrases.span(now - hold.since)) (\(hold.since.rfc3339)): "
          + "\(hold.reason); \(count(destination.waiting, "delivery waits", "deliveries wait")). "
          + hold.mending(name), since: hold.since)
    }
    if destination.dead > 0 {
      conditions.append(
        Condition(
          kind: .deadLetters, destination: name,
          sentence: "\(name): \(count(destination.dead, "delivery is", "deliveries are")) dead. "
            + "`cdrelay deliveries summary --state dead --destination \(name)` says why; replay or close them."))
    }
    if destination.waiting > 0, let rules, rules.destination(named: name) == nil {
      return conditions + [
        Condition(
          kind: .destinationUnknown, destination: name,
          sentence:
            "\(name): \(count(destination.waiting, "delivery waits", "deliveries wait")) for a destination that is "
            + "not in the rule file. \(DestinationStatus.orphanRemedy(name))")
      ]
    }
    if let since = destination.oldestWaitingSince, !destination.hold.isHeld, now - since > settings.longestWait {
      conditions.append(
        Condition(
          kind: .waitingLong, destination: name,
          sentence: "\(name): \(count(destination.waiting, "delivery waits", "deliveries wait")), "
            + "the oldest for \(Phrases.span(now - since)). "
            + "`cdrelay deliveries summary --state waiting --destination \(name)` says why; does the relay run?",
          since: since))
    }
    return conditions
  }

  /// What the rule file holds on purpose is told only where something waits for it, a limit only where it is long.
  private func isTelling(_ hold: Hold, _ destination: DestinationStatus) -> Bool {
    switch hold.kind {
    case .rules: destination.waiting > 0
    case .limit: hold.until.map { $0 - now > settings.longestWait } ?? true
    case .person, .credentials, .refusals, .breaker, .copy, .secrets: true
    }
  }

  private func condition(late: (destination: String, since: Instant, sentence: String)) -> Condition {
    Condition(kind: .lateDelivery, destination: late.destination, sentence: late.sentence, since: late.since)
  }
}

// MARK: - Sources

extension Situation {
  private var silentSources: [Condition] {
    guard let rules else { return [] }
    return rules.sources.filter(\.isEnabled).compactMap { source in
      let last = status.sources.first { $0.name == source.name }?.lastRecordAt
      guard let expected = source.expectation, let from = last ?? rulesLoadedAt,
        let since = expected.silentSince(last: from, now: now)
      else { return nil }
      let came =
        last.map { "the last record came \(Phrases.relative($0, to: now)) (\($0.rfc3339))" } ?? "no record ever came"
      return Condition(
        kind: .sourceSilent, source: source.name,
        sentence: "\(source.name): silent: \(came), and one is expected every \(Phrases.span(expected.every)). "
          + "What a provider does not send, or can't, is lost: see whether calls are made, then look at its dashboard and "
          + "at `cdrelay_http_refused_total`.", since: since)
    }
  }
}

// MARK: - Comparing with the provider

extension Situation {
  /// Of sources that are compared as the rules stand.
  private var uncompared: [Condition] {
    guard let rules else { return [] }
    return reconciliations.filter { rules.source(named: $0.source)?.reconcile != nil }.flatMap { kept in
      [callsMissing(kept), apiFailing(kept)].compactMap { $0 }
    }
  }

  private func callsMissing(_ kept: KeptReconciliation) -> Condition? {
    guard let status = ReconciliationStatus(kept), status.open > 0, let from = status.report["from"]?.string,
      let to = status.report["to"]?.string
    else { return nil }
    let name = kept.source
    return Condition(
      kind: .callsMissing, source: name,
      sentence:
        "\(name): \(Phrases.count(status.open, "call is", "calls are")) missing that the provider has, from \(from) to "
        + "\(to). `cdrelay reconcile \(name) --since \(from)` lists them, `cdrelay backfill \(name) --from \(from)` fetches them.",
      since: status.comparedAt, level: status.open)
  }

  private func apiFailing(_ kept: KeptReconciliation) -> Condition? {
    guard let failure = kept.failure, let failedAt = kept.failedAt else { return nil }
    return Condition(
      kind: .apiFailing, source: kept.source,
      sentence: "\(kept.source): its calls can't be compared with the provider's: \(failure).", since: failedAt)
  }
}

extension Pressure {
  /// As `status` tells it.
  var sentence: String {
    "Records are refused with 503: \(reason). To do: \(mending)."
  }
}
