import RelayCore
import Simulator

/// `--out`: what was simulated, one JSON object a line, for a test to hold against what arrived.
struct SimulatedCallLines {
  private let provider: SimulatedProvider
  private let account: SimulatedAccount

  init(_ provider: SimulatedProvider, _ account: SimulatedAccount) {
    self.provider = provider
    self.account = account
  }

  /// The calls that began.
  func file(_ day: SimulatedDay, _ counts: PostedCounts) -> [UInt8] {
    var bytes: [UInt8] = []
    for (number, posted) in counts.calls.enumerated() {
      bytes += JSON.object(line(day[number], posted)).bytes
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }

  private func line(_ call: SimulatedCall, _ posted: PostedCounts.OfCall) -> JSONObject {
    let isCallr = provider != .telecmi
    return [
      "call": .count(call.number), "provider": .string(isCallr ? "callr" : "telecmi"),
      "product": isCallr ? .null : .string(call.dialect.rawValue),
      "id": .string(isCallr ? String(call.callid) : call.mainID), "request_id": .text(isCallr ? nil : call.request?.id),
      "direction": .string(call.direction.rawValue), "status": .string(call.isAnswered ? "answered" : "missed"),
      "customer": .string(String(call.customer)), "our_number": .string(String(call.line)),
      "started_at": .instant(call.startedAt), "ended_at": .instant(call.endedAt),
      "talk_seconds": .integer(call.talkSeconds), "requests": .count(posted.requests),
      "accepted": .count(posted.accepted), "not_posted": .count(posted.lost),
      "is_missing": .bool(!posted.isMainAccepted),
    ]
  }
}
