import RelayCore

/// What of a call is compared to find whether two records are of the same one.
package struct CallFacts: Sendable {
  package let id: String?
  package let conversationID: String?
  package let requestID: String?
  package let kind: RecordKind
  package let role: Call.Role?
  package let leg: Call.Leg?
  package let direction: Call.Direction?
  package let status: Call.Status?
  package let customerNumber: String?
  package let agent: String?
  /// The record's own time, with which its key begins.
  package let time: Instant
  package let startedAt: Instant?
  package let answeredAt: Instant?
  package let endedAt: Instant?
  package let totalSeconds: Int64?
  package let answeredSeconds: Int64?
  package let waitedSeconds: Int64?
  let customer: DialledNumber?
  let our: DialledNumber?
  /// From and to.
  let numbers: [DialledNumber]
  /// False where its body is gone: then nothing is known but ids, numbers and time.
  let isWhole: Bool

  package init(_ record: Record) {
    let call = record.call
    id = call.id
    conversationID = call.conversationID
    requestID = call.requestID
    kind = record.kind
    role = call.role
    leg = call.leg
    direction = call.direction
    status = call.status
    customerNumber = call.customerNumber
    agent = call.agent
    time = record.identity.time
    startedAt = call.startedAt
    answeredAt = call.answeredAt
    endedAt = call.endedAt
    totalSeconds = call.totalSeconds
    answeredSeconds = call.answeredSeconds
    waitedSeconds = call.waitedSeconds
    customer = call.customerNumber.flatMap(DialledNumber.init)
    our = call.ourNumber.flatMap(DialledNumber.init)
    numbers = [call.from, call.to].compactMap { $0.flatMap(DialledNumber.init) }
    isWhole = true
  }

  init(_ row: RecordRow, time: Instant) {
    id = row.callID
    conversationID = row.conversationID
    requestID = row.requestID
    kind = row.kind
    role = nil
    leg = nil
    direction = nil
    status = nil
    customerNumber = nil
    agent = nil
    self.time = time
    startedAt = nil
    answeredAt = nil
    endedAt = nil
    totalSeconds = nil
    answeredSeconds = nil
    waitedSeconds = nil
    customer = nil
    our = nil
    numbers = [row.from, row.to].compactMap { $0.flatMap(DialledNumber.init) }
    isWhole = false
  }

  /// Whether the provider gave the id, and not we.
  var hasOwnID: Bool { id.map { !$0.hasPrefix(FetchedMark.idPrefix) } ?? false }

  /// All ids that say of which call this is; none that we made.
  package var ids: [String] {
    [id, conversationID, requestID].compactMap { $0 }.filter { !$0.isEmpty && !$0.hasPrefix(FetchedMark.idPrefix) }
  }

  /// When it may have been noted: at its time, or, where that was its beginning, at its answer. Which of the two a
  /// provider's rows mean is not documented; webhooks of TeleCMI mean the answer.
  var moments: [Instant] {
    guard status == .answered, let total = totalSeconds, let talked = answeredSeconds, total > talked else {
      return [time]
    }
    return [time, time + (total - talked) * 1000]
  }
}
