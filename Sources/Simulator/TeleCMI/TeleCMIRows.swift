import RelayCore

/// The four lists of calls.
enum TeleCMIList: CaseIterable, Sendable {
  case answered, missed, outAnswered, outMissed

  init(_ call: SimulatedCall) {
    switch call.direction {
    case .inbound: self = call.isAnswered ? .answered : .missed
    case .outbound: self = call.isAnswered ? .outAnswered : .outMissed
    }
  }
}

/// How the rows of the lists name a call. Whether `cmiuid` of a row is `cmiuuid` of the webhook is nowhere said.
package enum RowIDs: String, Sendable, CaseIterable {
  /// That of the record that stands for the call.
  case same
  /// Another one.
  case other
  /// None.
  case none
}

/// A call as a row of the REST lists: poorer than the webhook. No status, direction, leg, team or reason; the agent is `agent`,
/// the id `cmiuid`, seconds are `duration` (all) and `billedsec` (talked).
extension SimulatedCall {
  /// `POST rest.telecmi.com/v2/answered`, `missed`, `out_missed`; `out_answered` by analogy. Names and kinds as documented; who
  /// stands in `from` and `to` is not: the webhook's own numbers are a guess.
  func row(_ ids: RowIDs, _ account: SimulatedAccount) -> JSONObject {
    var row = JSONObject()
    switch ids {
    case .same: row["cmiuid"] = .string(mainID)
    case .other: row["cmiuid"] = .string(uuid(.foreignRow))
    case .none: break
    }
    row["duration"] = .integer((endedAt - startedAt) / 1000)
    if isAnswered {
      row["agent"] = .string(account.user(agent))
      row["notes"] = .array(notes(account))
    }
    row["billedsec"] = .integer(talkSeconds)
    if let recording = recording(account) { row["filename"] = .string(recording) }
    // Text in CHUB-India's lists, a number in those of users, here not said.
    row["rate"] = isAnswered ? .number(.decimal("0.49")) : .integer(0)
    if isAnswered, isRecorded { row["record"] = .string("true") }
    row["name"] = .string(name)
    row["from"] = direction == .outbound ? .digits(line) : .integer(customer)
    row["to"] = .integer(direction == .outbound ? customer : rowTo)
    row["time"] = .milliseconds(telecmiTime)
    return row
  }

  /// CHUB-India: `POST piopiy.telecmi.com/v1/answered` and the like. No `cmiuid` but `_id`, the rate is text, and of an outgoing
  /// call `from` is the agent's id.
  func indianRow(_ account: SimulatedAccount) -> JSONObject {
    var row: JSONObject = [
      "_id": .string(String(uuid(.foreignRow).filter { $0 != "-" }.prefix(24))),
      "to": .integer(direction == .outbound ? customer : rowTo), "time": .milliseconds(telecmiTime),
      "from": direction == .outbound ? .string(account.user(agent)) : .integer(customer),
    ]
    if isAnswered { row["agent"] = .string(account.user(agent)) }
    row["billedsec"] = .integer(talkSeconds)
    row["rate"] = .string(isAnswered ? "0.49" : "0")
    if let recording = recording(account) {
      row["record"] = .string("true")
      row["filename"] = .string(recording)
    }
    row["name"] = .string(name)
    return row
  }

  /// `POST …/v2/voicemail`.
  func voicemailRow(_ account: SimulatedAccount) -> JSONObject {
    ["time": .milliseconds(telecmiTime), "from": .integer(customer), "voicename": .text(voicemail(account))]
  }

  /// PIOPIY has the rented number where CHUB has the agent's phone.
  private var rowTo: Int64 { isAnswered && dialect != .piopiy ? agent.phone : line }

  private var name: String {
    var dice = dice(.rowName)
    return dice.pick(["", "", "Ann Example", "Zoë Müller"])
  }

  private func notes(_ account: SimulatedAccount) -> [JSON] {
    guard idSeed % 5 == 0 else { return [] }
    return [
      .object([
        "msg": .string("called back, all well"), "date": .milliseconds(endedAt + 30_000),
        "agent": .string(account.user(agent)),
      ])
    ]
  }
}

extension JSON {
  static func text(_ text: String?) -> JSON { text.map(JSON.string) ?? .null }
}
