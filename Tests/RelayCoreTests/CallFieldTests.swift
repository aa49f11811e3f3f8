import RelayCore
import Testing

@Suite struct CallFieldTests {
  @Test func fieldsHaveTheNamesOfTheDesign() {
    #expect(
      CallField.allCases.map(\.rawValue) == [
        "id", "conversation_id", "request_id", "request", "leg", "role", "direction", "status", "from", "to",
        "customer_number", "our_number", "agent", "team", "started_at", "answered_at", "ended_at", "total_seconds",
        "answered_seconds",
        "billed_seconds", "waited_seconds", "hangup_reason", "hangup_by", "recording", "voicemail", "custom", "extra",
        "account",
      ])
  }

  @Test func onlyWhatIsPresentIsWritten() {
    #expect(Call().json == .object([:]))
    var call = Call()
    call.id = "7"
    call.role = .agentMissed
    call.startedAt = Instant(milliseconds: 0)
    call.answeredSeconds = 0
    call.custom = JSONView(.object(["a": .integer(1)]))
    #expect(
      call.json.text
        == #"{"id":"7","role":"agent_missed","started_at":"1970-01-01T00:00:00.000Z","answered_seconds":0,"custom":{"a":1}}"#
    )
  }

  @Test func everyFieldReadsItsOwnMember() {
    var call = Call()
    call.id = "id"
    call.conversationID = "conversation_id"
    call.requestID = "request_id"
    call.request = CallMark(id: Identifier(7), client: "crm")
    call.leg = .a
    call.role = .leg
    call.direction = .inbound
    call.status = .missed
    call.from = "from"
    call.to = "to"
    call.customerNumber = "customer_number"
    call.ourNumber = "our_number"
    call.agent = "agent"
    call.team = "team"
    call.startedAt = Instant(milliseconds: 1)
    call.answeredAt = Instant(milliseconds: 2)
    call.endedAt = Instant(milliseconds: 3)
    call.totalSeconds = 1
    call.answeredSeconds = 2
    call.billedSeconds = 3
    call.waitedSeconds = 4
    call.hangupReason = "hangup_reason"
    call.hangupBy = .system
    call.recording = "recording"
    call.voicemail = "voicemail"
    call.custom = JSONView(.string("custom"))
    call.extra = JSONView(.string("extra"))
    call.account = "account"
    let values = CallField.allCases.compactMap { call[$0] }
    #expect(values.count == CallField.allCases.count)
    #expect(Set(values.map(\.text)).count == values.count)
    for field: CallField in [.id, .conversationID, .requestID, .from, .to, .customerNumber, .ourNumber, .agent, .team] {
      #expect(call[field] == .string(field.rawValue))
    }
  }
}
