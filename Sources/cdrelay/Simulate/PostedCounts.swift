import RelayCore
import Simulator

/// What became of simulated webhooks.
struct PostedCounts: Sendable {
  /// Of one call.
  struct OfCall: Sendable {
    var requests = 0
    var accepted = 0
    var lost = 0
    /// The record that stands for the call was taken.
    var isMainAccepted = false
  }

  /// By the call's number; calls that did not begin have none.
  private(set) var calls: [OfCall] = []
  private(set) var requests = 0
  private(set) var accepted = 0
  /// Of the accepted: the receiver says that it knew them.
  private(set) var duplicates = 0
  /// Not posted, as `--lose` asks.
  private(set) var lost = 0
  /// Answers that were no 2xx, by status.
  private(set) var refused: [Int: Int] = [:]
  /// Requests without an answer, by the reason.
  private(set) var unanswered: [String: Int] = [:]
  /// In a row, until now.
  private(set) var unansweredInARow = 0

  var refusedCount: Int { refused.values.reduce(0, +) + unanswered.values.reduce(0, +) }
  var begun: Int { calls.count }

  mutating func began(_ webhook: SimulatedWebhook) {
    while calls.count <= webhook.call { calls.append(OfCall()) }
  }

  mutating func add(lost webhook: SimulatedWebhook) {
    lost += 1
    calls[webhook.call].lost += 1
  }

  enum Outcome: Sendable {
    case answered(status: Int, isDuplicate: Bool)
    case failed(String)
  }

  mutating func add(_ webhook: SimulatedWebhook, _ outcome: Outcome) {
    requests += 1
    calls[webhook.call].requests += 1
    switch outcome {
    case .answered(let status, let isDuplicate):
      unansweredInARow = 0
      guard (200...299).contains(status) else {
        refused[status, default: 0] += 1
        return
      }
      accepted += 1
      if isDuplicate { duplicates += 1 }
      calls[webhook.call].accepted += 1
      if webhook.isMain { calls[webhook.call].isMainAccepted = true }
    case .failed(let words):
      unansweredInARow += 1
      unanswered[words, default: 0] += 1
    }
  }
}

// MARK: - In words

extension PostedCounts {
  /// `100 calls, 412 requests: 412 accepted (2xx), 3 of them known already, 0 refused`.
  var sentence: String {
    var text =
      "\(Phrases.count(begun, "call", "calls")), \(Phrases.count(requests, "request", "requests")): "
      + "\(Phrases.grouped(accepted)) accepted (2xx)"
    if duplicates > 0 { text += ", \(Phrases.grouped(duplicates)) of them known already" }
    text += ", \(Phrases.grouped(refusedCount)) refused"
    if lost > 0 { text += ", \(Phrases.grouped(lost)) not posted" }
    return text
  }

  /// A line for each way of being refused.
  var refusals: [String] {
    refused.sorted { $0.key < $1.key }.map { "  \(Phrases.grouped($0.value)) answered \($0.key)" }
      + unanswered.sorted { $0.key < $1.key }.map { "  \(Phrases.grouped($0.value)) without an answer: \($0.key)" }
  }

  var json: JSONObject {
    [
      "calls": .count(begun), "requests": .count(requests), "accepted": .count(accepted),
      "duplicates": .count(duplicates), "refused": .count(refusedCount), "not_posted": .count(lost),
      "refusals": .object(refusalsByReason),
    ]
  }

  private var refusalsByReason: JSONObject {
    var object = JSONObject()
    for (status, count) in refused.sorted(by: { $0.key < $1.key }) { object[String(status)] = .count(count) }
    for (words, count) in unanswered.sorted(by: { $0.key < $1.key }) { object[words] = .count(count) }
    return object
  }
}
