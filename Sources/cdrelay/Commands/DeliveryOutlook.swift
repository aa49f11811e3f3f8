import DurableQueue
import RelayCore

/// Why a delivery is where it is and what happens next, in a sentence or two.
struct DeliveryOutlook {
  let row: DeliveryRow
  /// Of the same call, to be settled first.
  var ahead: Identifier?
  /// What `row.replacedBy` names; nil where retention has removed it.
  var successor: DeliveryRow?
  let hold: HoldState
  /// Its destination is not in the rule file.
  var isOrphaned = false
  let now: Instant

  var sentence: String {
    switch row.state {
    case .waiting: return waiting
    case .sending:
      return
        "It is in the relay's hands: being sent now, or waiting its turn there (`rate_per_second`, `max_in_flight`, an "
        + "access token). Where no relay runs, it waits again as soon as one starts."
    case .delivered:
      return "\(row.destination) accepted it\(settled); nothing more happens."
    case .dead:
      return "Given up\(settled)\(cause). `cdrelay replay \(row.id)` sends it again, "
        + "`cdrelay deliveries close \(row.id) --reason TEXT` lays it aside."
    case .cancelled:
      return row.replacedBy.flatMap(replaced) ?? cancelled
    }
  }

  /// nil where a person wrote the words and meant something else.
  private func replaced(by other: Identifier) -> String? {
    let place = "Delivery \(other) took its place\(settled), under an id that \(row.destination) had not seen."
    guard let successor else { return place + " That one was settled so long ago that it is no longer kept." }
    guard successor.record == row.record, successor.destination == row.destination else { return nil }
    return place + " `cdrelay deliveries show \(other)` says what became of it."
  }

  private var cancelled: String {
    "A person laid it aside\(settled): \(row.reason ?? ""). `cdrelay replay \(row.id)` sends it after all."
  }

  private var waiting: String {
    if isOrphaned {
      return "It waits for \(row.destination), which is not in the rule file. "
        + DestinationStatus.orphanRemedy(row.destination)
    }
    if let first = hold.holds.first {
      return "It waits since \(row.destination) is held, since \(Phrases.span(now - first.since)): \(first.reason). "
        + first.mending(row.destination) + (first.kind.stopsTheClock ? " It does not die meanwhile." : "")
    }
    if row.isBehind {
      let other = ahead.map { "delivery \($0) of the same call" } ?? "another delivery of the same call"
      return
        "It waits behind \(other), since \(row.destination) takes those of a call in their order, and goes once that one "
        + "is delivered, dead or cancelled."
        + (ahead.map { " `cdrelay deliveries show \($0)` says how it stands." } ?? "")
    }
    guard let next = row.nextAttemptAt, next > now else {
      return "It is due\(cause) and goes as soon as \(row.destination) takes more; where no relay runs, start it."
    }
    if row.replays > 0, row.attempts == row.attemptsBeforeReplay, row.clockStartedAt <= now {
      return "It was replayed, and goes \(Phrases.relative(next, to: now)) (\(next.rfc3339))\(cause)."
    }
    return "It is tried again \(Phrases.relative(next, to: now)) (\(next.rfc3339))\(cause)."
  }

  private var settled: String {
    row.settledAt.map { " \(Phrases.relative($0, to: now))" } ?? ""
  }

  private var cause: String {
    row.reason.map { ", after: \($0)" } ?? ""
  }
}

extension Hold {
  /// What to do so that the destination takes deliveries again.
  func mending(_ destination: String) -> String {
    switch kind {
    case .rules:
      "Set destinations.\(destination) of the rule file to \"paused\": false and \"enabled\": true, and reload the rules."
    case .person:
      "`cdrelay destinations resume \(destination)` lets it go on."
    case .credentials:
      "Mend its credentials (rule file or secrets) and reload the rules; where the other side was mended, "
        + "`cdrelay destinations resume \(destination)`. One delivery is tried every few minutes meanwhile."
    case .refusals:
      "Mend what destinations.\(destination) of the rule file sends and reload the rules, then replay what died; where "
        + "the other side was mended, `cdrelay destinations resume \(destination)`. One delivery is tried every few "
        + "minutes meanwhile."
    case .breaker:
      "One delivery is tried\(until.map { " at \($0.rfc3339)" } ?? " from time to time"); once it is accepted all go. "
        + "`cdrelay destinations resume \(destination)` tries at once."
    case .limit:
      "It goes on by itself\(until.map { " at \($0.rfc3339)" } ?? ""); `cdrelay destinations resume \(destination)` "
        + "does not wait for that."
    case .copy:
      "Look at what was sent since, cancel here what the destination has (`cdrelay deliveries cancel`), then "
        + "`cdrelay destinations resume \(destination)`."
    case .secrets:
      "Put the secret there and reload the rules (SIGHUP; restart the relay where it is in its environment)."
    }
  }

  /// Who or what holds it.
  var holder: String {
    switch kind {
    case .rules: "the rule file"
    case .person: "a person"
    case .credentials: "refused credentials"
    case .refusals: "refused records"
    case .breaker: "an open circuit breaker"
    case .limit: "a limit of its own"
    case .copy: "a restored backup"
    case .secrets: "a missing secret"
    }
  }
}
