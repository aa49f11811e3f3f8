import DurableQueue
import RelayCore

extension Command {
  static let erase = Command(
    "erase", "Removes a person from all that is kept",
    details: """
      Every record that speaks of the number (in any spelling) or of the agent loses its body, headers, query and numbers,
      and the answers kept of its attempts; so do calls that were placed and what was quarantined, and what was refused is removed. What stays is
      what a repetition is known by, and that something was received and sent, when and where to. Dead deliveries of such
      records are cancelled. A keyed hash stays too, so that an import can refuse to bring the person back; new webhooks are
      taken as ever.

      Nobody can take back what a destination has: it is listed, so that you can ask there. Copies of the database are
      listed and not touched. Give numbers with their country code: without it, the same number of another country is taken
      for it.
      """,
    options: [
      Option("--number", "NUMBER", "A phone number of eight digits at least, in any spelling."),
      Option("--agent", "NAME", "An agent's name or number, as the provider has it; TeleCMI's without _appid."),
      Option(
        "--waiting", "WHAT",
        "What to do where deliveries of such records wait: cancel them, or keep these records until they are sent."),
      reason,
    ] + Confirmation.options + Visit.options + [Option("--json", nil, "What was found and done as one JSON object.")]
  ) { try Erasing($0).run() }
}

/// Finds, tells, asks, erases, tells.
private struct Erasing {
  let invocation: Invocation
  let person: Person
  let waiting: WaitingErasure?

  init(_ invocation: Invocation) throws {
    self.invocation = invocation
    person = try Self.person(invocation.arguments)
    waiting = try invocation.arguments.words("--waiting", as: WaitingErasure.self).first
    if let reason = invocation.arguments["--reason"], person.isIn(reason) {
      throw UsageError("--reason is kept, so it must not name whom you erase")
    }
  }

  private static func person(_ arguments: Arguments) throws -> Person {
    switch (arguments["--number"], arguments["--agent"]) {
    case (let text?, nil):
      guard let search = NumberSearch(text) else {
        throw UsageError("--number: expected a phone number of \(NumberSearch.leastDigits) digits at least")
      }
      return .number(search)
    case (nil, let text?):
      guard let search = AgentSearch(text) else {
        throw UsageError("--agent: expected a name with a letter or digit in it")
      }
      return .agent(search)
    default: throw UsageError("say whom to erase: --number NUMBER or --agent NAME")
    }
  }

  func run() throws -> ExitCode {
    let visit = try Visit(invocation)
    let plan = try visit.visitor.find(person) { read in
      if read % 500_000 == 0 { invocation.surroundings.complain("\(Phrases.grouped(read)) rows read") }
    }
    if invocation.arguments.has("--dry-run") {
      try tell(plan, nil)
      return .done
    }
    if plan.waitingCount > 0, waiting == nil {
      invocation.surroundings.complain(sentence(plan))
      throw CommandError(
        "nothing was erased: \(Phrases.count(plan.waitingCount, "delivery waits", "deliveries wait")) (\(waits(plan))). "
          + "--waiting cancel erases them too, so that these destinations never get them; --waiting keep leaves these "
          + "records until they are sent")
    }
    invocation.surroundings.complain(sentence(plan))
    guard try Confirmation(invocation: invocation).mayChange(plan.count, "Erase them?") else {
      invocation.surroundings.complain("nothing was erased")
      return .failed
    }
    let progress = Progress(
      invocation.surroundings, total: plan.records.count, participle: "erased", things: "records")
    let receipt = try visit.visitor.erase(person, plan, waiting: waiting, action: action, progress: progress.show)
    try tell(plan, receipt)
    return complain(receipt, plan, visit.visitor.path) ? .failed : .done
  }

  /// Without whom it was about.
  private var action: Action {
    let option = invocation.arguments["--number"] == nil ? "--agent" : "--number"
    return Action(
      at: invocation.now, user: invocation.surroundings.user, command: "erase \(option) …",
      reason: invocation.arguments["--reason"])
  }

  private func waits(_ plan: ErasurePlan) -> String {
    plan.waiting.sorted { $0.key < $1.key }.map { "\($0.key) \(Phrases.grouped($0.value))" }.joined(separator: ", ")
  }

  private func sentence(_ plan: ErasurePlan) -> String {
    let parts = [
      Phrases.count(plan.records.count, "record", "records"),
      "\(Phrases.count(plan.quarantine.count, "request", "requests")) in quarantine",
      "\(Phrases.count(plan.refused.count, "refused request", "refused requests"))",
      "\(Phrases.count(plan.answers, "answer", "answers")) and \(Phrases.count(plan.notes, "note", "notes"))",
    ]
    let calls = plan.calls.isEmpty ? [] : [Phrases.count(plan.calls.count, "placed call", "placed calls")]
    return "found in " + (parts + calls).joined(separator: ", ")
  }
}

// MARK: - Telling

extension Erasing {
  private func tell(_ plan: ErasurePlan, _ receipt: ErasureReceipt?) throws {
    guard !invocation.wantsJSON else { return try invocation.output.line(json(plan, receipt)) }
    let output = invocation.output
    if let receipt {
      try output.line(
        "erased \(Phrases.count(receipt.records, "record", "records")), \(Phrases.grouped(receipt.quarantine)) in "
          + "quarantine, \(Phrases.grouped(receipt.refused)) refused"
          + (receipt.calls > 0 ? ", \(Phrases.count(receipt.calls, "placed call", "placed calls")); " : "; ")
          + "\(Phrases.count(receipt.cancelled, "delivery was", "deliveries were")) cancelled")
    } else {
      try output.line(sentence(plan))
      if plan.waitingCount > 0 { try output.line("waiting: \(waits(plan))") }
    }
    for receiver in plan.receivers {
      try output.line(
        "\(receiver.destination) was sent \(Phrases.count(receiver.count, "delivery", "deliveries")), the first at "
          + "\(receiver.first.rfc3339), the last at \(receiver.last.rfc3339): ask there")
    }
    if !plan.rulesVersions.isEmpty {
      let versions = plan.rulesVersions.map(String.init).joined(separator: ", ")
      try output.line("not touched: the rule file names it, in version \(versions)")
    }
    for copy in plan.copies { try output.line("not touched: \(copy)") }
  }

  private func json(_ plan: ErasurePlan, _ receipt: ErasureReceipt?) -> JSONObject {
    var object: JSONObject = [
      "records": .count(plan.records.count), "quarantine": .count(plan.quarantine.count),
      "refused": .count(plan.refused.count), "calls": .count(plan.calls.count), "answers": .count(plan.answers),
      "notes": .count(plan.notes),
      "waiting": .count(plan.waitingCount),
      "sent_to": .array(
        plan.receivers.map { receiver in
          .object([
            "destination": .string(receiver.destination), "count": .count(receiver.count),
            "first": .instant(receiver.first), "last": .instant(receiver.last),
          ])
        }),
      "not_touched": .array(plan.copies.map { .string($0) }),
      "rules_versions": .array(plan.rulesVersions.map { .integer($0) }),
    ]
    if let receipt {
      object["erased"] = .object([
        "records": .count(receipt.records), "quarantine": .count(receipt.quarantine),
        "refused": .count(receipt.refused), "calls": .count(receipt.calls), "cancelled": .count(receipt.cancelled),
        "left": .count(receipt.left),
        "log_emptied": .bool(receipt.isLogEmpty), "traces": .count(receipt.traces),
      ])
    }
    return object
  }

  /// True where something of the person is still there.
  private func complain(_ receipt: ErasureReceipt, _ plan: ErasurePlan, _ path: String) -> Bool {
    let surroundings = invocation.surroundings
    if receipt.left > 0 {
      surroundings.complain(
        "left \(Phrases.count(receipt.left, "record", "records")) alone, since deliveries of theirs wait or are being "
          + "sent: run this again later")
    }
    if !receipt.isLogEmpty {
      surroundings.complain(
        "the database's log could not be emptied, since somebody reads the database: the person stands in \(path)-wal "
          + "until then; run this again")
    }
    // Where rows still name it, there is nothing to say of what no row holds.
    let isOver = receipt.left == 0 && receipt.isLogEmpty && plan.rulesVersions.isEmpty
    if isOver, receipt.traces > 0 {
      surroundings.complain(
        "\(Phrases.count(receipt.traces, "page", "pages")) of \(path) still hold it: of a record that came meanwhile, or in "
          + "room that is free. Run this again; if it stays, stop the relay and run `sqlite3 \(path) VACUUM`")
    }
    return receipt.left > 0 || !receipt.isLogEmpty || (isOver && receipt.traces > 0)
  }
}
