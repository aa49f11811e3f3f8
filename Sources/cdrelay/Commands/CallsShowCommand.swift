import DurableQueue
import RelayCore

extension Command {
  static let callsShow = Command(
    "calls show", "Shows a call that a client placed: the request, the answer, its records and their deliveries",
    details: """
      Its records are those that came back with our id, and those with the provider's id of the call that came within three
      days of it. A call of which it is not known whether it was dialled is settled by the first of them.
      """,
    positionals: [
      Positional("WHAT", .one, "The call's id, the provider's request_id, or the client's Idempotency-Key.")
    ],
    options: Visit.options + [Option("--json", nil, "One JSON object a line.")]
  ) { invocation in
    let visit = try Visit(invocation)
    let calls = try visit.visitor.calls(named: invocation.arguments.positionals[0])
    guard !calls.isEmpty else { throw CommandError("no call has this id") }
    for (number, row) in calls.enumerated() {
      if number > 0, !invocation.wantsJSON { try invocation.output.line() }
      try PlacedCall(row, visit).write(invocation)
    }
    return .done
  }
}

/// All that is known of one call that a client placed.
private struct PlacedCall {
  let row: CallRequestRow
  let story: CallStory

  init(_ row: CallRequestRow, _ visit: Visit) throws {
    self.row = row
    var found = FoundCall()
    found.records = try visit.visitor.records(of: row)
    story = try CallStory(what: row.id.description, found, visit)
  }

  func write(_ invocation: Invocation) throws {
    let output = invocation.output
    guard !invocation.wantsJSON else { return try output.line(json) }
    try output.line("Call \(row.id): client \(row.client) through \(row.source), \(row.state.rawValue)")
    try output.line(
      "  Asked \(row.acceptedAt.rfc3339) (\(Phrases.relative(row.acceptedAt, to: invocation.now)))"
        + (row.key.map { ", Idempotency-Key \($0)" } ?? ""))
    try output.line("  Request: \(row.request ?? "(no longer kept)")")
    if let sending = row.sendingAt { try output.line("  Sent \(sending.rfc3339)") }
    if let settled = row.settledAt { try output.line("  Settled \(settled.rfc3339): \(words)") }
    if !row.response.isEmpty {
      try output.line("  The provider's answer: \(String(decoding: row.response, as: UTF8.self))")
    }
    if story.records.isEmpty { return try output.line("  No record of it came.") }
    try output.line()
    try CallStoryPage(story: story, now: invocation.now).write(to: output)
  }

  private var words: String {
    let parts = [
      row.state.rawValue, row.fault?.rawValue, row.reason, row.requestID.map { "request_id \($0)" },
      row.status.map { "status \($0)" }, row.code.map { "code \($0)" },
    ]
    return parts.compactMap { $0 }.joined(separator: ", ")
  }

  private var json: JSONObject {
    var object = row.json
    object["request"] = row.request.flatMap { try? JSONParser.parse($0) } ?? .null
    object["response"] = row.response.isEmpty ? .null : .string(String(decoding: row.response, as: UTF8.self))
    object["records"] = .array(story.records.map { .object($0.json) })
    return object
  }
}
