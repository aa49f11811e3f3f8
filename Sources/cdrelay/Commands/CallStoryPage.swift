import Digests
import DurableQueue
import RelayCore

/// A call's story as people read it, in the order in which things came.
struct CallStoryPage {
  let story: CallStory
  let now: Instant

  func write(to output: Output) throws {
    for (number, part) in story.records.enumerated() {
      if number > 0 { try output.line() }
      try write(part, to: output)
    }
    let requests =
      story.quarantined.map { (KeptRequestTable.quarantine, $0) } + story.refused.map { (KeptRequestTable.refused, $0) }
    for (table, row) in requests {
      if !story.records.isEmpty { try output.line() }
      try write(row, of: table, to: output)
    }
    guard !story.actions.isEmpty else { return }
    try output.line()
    try output.line("What persons did:")
    for action in story.actions {
      try output.line(
        "  \(action.at.rfc3339) \(action.user): \(action.command) (\(Phrases.count(action.count, "change", "changes")) in all"
          + (action.reason.map { "; \($0)" } ?? "") + ")")
    }
  }

  private func write(_ part: CallStory.Part, to output: Output) throws {
    let row = part.row
    try output.line(
      "Record \(row.id): \(row.kind.rawValue) of \(row.source) (\(row.provider.rawValue)), revision \(row.revision)")
    try output.line(
      "  Received \(row.receivedAt.rfc3339) (\(Phrases.relative(row.receivedAt, to: now))) from \(row.sender), "
        + "authenticated by \(row.credential)")
    let body =
      switch part.isIntact {
      case nil: "the body is no longer kept"
      case true?: "the body kept has it"
      case false?: "THE BODY KEPT HAS ANOTHER: it was changed since"
      }
    try output.line("  Body SHA-256 \(Hex.encode(row.bodyHash)) (\(body)); rules version \(row.rulesVersion)")
    let ids = [("call", row.callID), ("conversation", row.conversationID), ("request", row.requestID)]
    let known = ids.compactMap { name, id in id.map { "\(name) \($0)" } }
    if !known.isEmpty { try output.line("  Ids: " + known.joined(separator: ", ")) }
    if let call = part.call { try output.line("  Call: " + words(of: call)) }
    if part.deliveries.isEmpty {
      try output.line(row.isUnrouted ? "  Unrouted: no rule matched it." : "  It has no deliveries.")
    }
    for (delivery, attempts) in part.deliveries { try write(delivery, attempts, to: output) }
  }

  private func words(of call: Call) -> String {
    let members = call.json.object?.members ?? []
    let shown = ["role", "direction", "status", "from", "to", "started_at", "total_seconds"]
    return shown.compactMap { key in
      members.first { $0.key == key }.map { "\(key) \($0.value.string ?? $0.value.text)" }
    }.joined(separator: ", ")
  }

  private func write(_ delivery: DeliveryRow, _ attempts: [AttemptRow], to output: Output) throws {
    let settled = delivery.settledAt.map { " \($0.rfc3339)" } ?? ""
    let reason = delivery.state == .delivered ? nil : delivery.reason
    try output.line(
      "  Delivery \(delivery.id) to \(delivery.destination) by rule \(delivery.rule): \(delivery.state.rawValue)\(settled)"
        + (reason.map { ", \($0)" } ?? ""))
    for attempt in attempts {
      let status = attempt.status.map { "status \($0)" } ?? "no answer"
      let reason = attempt.reason.flatMap { $0 == status ? nil : ", \($0)" } ?? ""
      try output.line(
        "    Attempt \(attempt.number) \(attempt.startedAt.rfc3339), \(attempt.took) ms: \(status), "
          + "\(attempt.outcome)\(reason); sent SHA-256 \(attempt.requestHash.map { Hex.encode($0) } ?? "nothing")")
    }
  }

  private func write(_ row: KeptRequestRow, of table: KeptRequestTable, to output: Output) throws {
    let (title, credential) =
      switch table {
      case .quarantine: ("Quarantine", "authenticated by \(row.credential)")
      case .refused: ("Refused", "which presented \(row.credential)")
      }
    try output.line("\(title) \(row.id): a request to \(row.source), \(row.state.rawValue)")
    try output.line(
      "  Received \(row.receivedAt.rfc3339) (\(Phrases.count(row.times, "time", "times"))) from \(row.sender), \(credential)"
    )
    try output.line("  Answered \(row.status): \(row.reason)")
    if let record = row.record { try output.line("  A replay made record \(record) of it.") }
  }
}
