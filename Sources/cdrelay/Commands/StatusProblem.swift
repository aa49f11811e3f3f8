import DurableQueue
import RelayCore

/// Something that a person should mend.
struct StatusProblem: Equatable {
  enum Kind: String {
    case refusingRecords = "refusing_records"
    case destinationHeld = "destination_held"
    case deadLetters = "dead_letters"
    case waitingLong = "waiting_long"
    case unrouted
    case quarantined
    case refusedKept = "refused_kept"
  }

  let kind: Kind
  /// nil where it is none's.
  var destination: String?
  var source: String?
  let sentence: String

  var json: JSONObject {
    [
      "problem": .string(kind.rawValue), "destination": .text(destination), "source": .text(source),
      "text": .string(sentence),
    ]
  }

  /// A delivery that waits longer than this, to a destination that is not held, is a problem.
  static let longestWait: Int64 = 15 * 60_000

  static func all(in status: QueueStatus, now: Instant) -> [StatusProblem] {
    let refusal = status.pressure.map {
      StatusProblem(kind: .refusingRecords, sentence: $0.sentence)
    }
    return [refusal].compactMap { $0 } + status.destinations.flatMap { problems(of: $0, now: now) }
      + problems(of: status, now: now)
  }

  private static func problems(of destination: DestinationStatus, now: Instant) -> [StatusProblem] {
    let name = destination.name
    let holds = destination.hold.holds.filter { isProblem($0, destination, now) }
    var problems = holds.map { hold in
      StatusProblem(
        kind: .destinationHeld, destination: name,
        sentence: "\(name): held by \(hold.holder) since \(Phrases.span(now - hold.since)) (\(hold.since.rfc3339)): "
          + "\(hold.reason); \(Phrases.count(destination.waiting, "delivery waits", "deliveries wait")). "
          + hold.mending(name))
    }
    if destination.dead > 0 {
      problems.append(
        StatusProblem(
          kind: .deadLetters, destination: name,
          sentence: "\(name): \(Phrases.count(destination.dead, "delivery is", "deliveries are")) dead. "
            + "`cdrelay deliveries summary --state dead --destination \(name)` says why; replay or close them."))
    }
    if let since = destination.oldestWaitingSince, !destination.hold.isHeld, now - since > longestWait {
      problems.append(
        StatusProblem(
          kind: .waitingLong, destination: name,
          sentence: "\(name): \(Phrases.count(destination.waiting, "delivery waits", "deliveries wait")), "
            + "the oldest for \(Phrases.span(now - since)). "
            + "`cdrelay deliveries summary --state waiting --destination \(name)` says why; does the relay run?"))
    }
    return problems
  }

  /// What the rule file holds on purpose is one only where something waits for it, a limit only where it is long.
  private static func isProblem(_ hold: Hold, _ destination: DestinationStatus, _ now: Instant) -> Bool {
    switch hold.kind {
    case .rules: destination.waiting > 0
    case .limit: hold.until.map { $0 - now > longestWait } ?? true
    case .person, .credentials, .refusals, .breaker, .copy: true
    }
  }

  private static func problems(of status: QueueStatus, now: Instant) -> [StatusProblem] {
    var problems: [StatusProblem] = []
    if status.unrouted > 0 {
      problems.append(
        StatusProblem(
          kind: .unrouted,
          sentence: "\(Phrases.count(status.unrouted, "record", "records")) matched no rule. "
            + "`cdrelay records list --unrouted` shows them."))
    }
    if status.quarantined > 0 {
      problems.append(
        StatusProblem(
          kind: .quarantined,
          sentence: "\(Phrases.count(status.quarantined, "request is", "requests are")) in quarantine. "
            + "`cdrelay quarantine list` says why; replay or discard them."))
    }
    return problems + status.refused.map { problem(of: $0, now: now) }
  }

  /// Strangers can cause it too, where a source has `keep_refused`; so can a secret that was changed on one side only.
  private static func problem(of refused: RefusedStatus, now: Instant) -> StatusProblem {
    let name = refused.source
    return StatusProblem(
      kind: .refusedKept, source: name,
      sentence: "\(name): \(Phrases.count(refused.count, "request", "requests")) refused with 401 "
        + "\(refused.count == 1 ? "is" : "are") kept, since \(Phrases.span(now - refused.since)) "
        + "(\(refused.since.rfc3339)). `cdrelay refused list --source \(name)` says who sent them; replay or discard them."
    )
  }
}

extension Pressure {
  /// As `status` tells it.
  var sentence: String {
    "Records are refused with 503: \(reason). To do: \(mending)."
  }
}
