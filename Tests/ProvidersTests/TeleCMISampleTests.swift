import RelayCore
import Testing

/// The samples of CHUB and PIOPIY, each with its whole call.
@Suite struct TeleCMISampleTests {
  @Test func incomingAnswered() throws {
    let record = try decode(Documented.incomingAnswered)
    #expect(record.kind == .cdr)
    #expect(
      record.call
        == call {
          $0.id = "16132200-57fa-47b5-888d-4ab5b7e631ee"
          $0.conversationID = "16132200-57fa-47b5-888d-4ab5b7e631ee"
          $0.role = .call
          $0.direction = .inbound
          $0.status = .answered
          $0.from = "440000000002"
          $0.to = "440000000001"
          $0.customerNumber = "440000000002"
          $0.ourNumber = "440000000000"
          $0.agent = "204"
          $0.team = "Sales"
          $0.startedAt = ms(1_634_720_920_615)
          $0.answeredAt = ms(1_634_720_920_615)
          $0.answeredSeconds = 11
          $0.hangupReason = "recv_bye"
          $0.hangupBy = .customer
          $0.recording = "1634720915260737218351_2222223.mp3"
          $0.custom = JSONView(.object(["key": .string("value")]))
          $0.account = "2222223"
        })
    #expect(record.body["custom"]?.json == .object(["key": .string("value")]))
    #expect(record.body["user"]?.json == .string("204_2222223"))
    #expect(record.identity.key == "2222223:16132200-57fa-47b5-888d-4ab5b7e631ee:-:cdr:answered:204_2222223")
    #expect(record.identity.time == ms(1_634_720_920_615))
    #expect(record.identity.content.count == 16)
  }

  @Test func incomingMissedWithVoicemail() throws {
    let record = try decode(Documented.incomingMissedVoicemail)
    #expect(
      record.call
        == call {
          $0.id = "4d1f9521-50e5-447d-bf5f-c3292995a727"
          $0.conversationID = "4d1f9521-50e5-447d-bf5f-c3292995a727"
          $0.role = .call
          $0.direction = .inbound
          $0.status = .missed
          $0.from = "440000000001"
          $0.customerNumber = "440000000001"
          $0.ourNumber = "440000000000"
          $0.team = "Sales"
          $0.startedAt = ms(1_634_721_099_442)
          $0.waitedSeconds = 127
          $0.hangupReason = "recv_bye"
          $0.hangupBy = .customer
          $0.voicemail = "1634721220656289350027_2222223.mp3"
          $0.custom = JSONView(.object(["crm": .string("true")]))
          $0.account = "2222223"
        })
    #expect(record.identity.key == "2222223:4d1f9521-50e5-447d-bf5f-c3292995a727:-:cdr:missed")
  }

  @Test func incomingUserMissedIsAnAgentWhoDidNotPickUp() throws {
    let record = try decode(Documented.incomingUserMissedLegB)
    #expect(
      record.call
        == call {
          $0.id = "e3e26d27-7b42-4679-a8a0-96b7d5e21dc7"
          $0.leg = .b
          $0.role = .agentMissed
          $0.direction = .inbound
          $0.status = .missed
          $0.from = "440000000000"
          $0.to = "919999999999"
          $0.ourNumber = "919999999999"
          $0.agent = "302"
          $0.team = "support"
          $0.startedAt = ms(1_650_625_417_426)
          $0.hangupReason = "recv_cancel"
          $0.custom = JSONView(.object(["crm": .string("true")]))
          $0.account = "2222223"
        })
  }

  @Test func outgoingAnsweredLegAIsTheAgentsLeg() throws {
    let record = try decode(Documented.outgoingAnsweredLegA)
    #expect(
      record.call
        == call {
          $0.id = "10ee0eb6-c417-4f5a-b122-bffe28f96eae"
          $0.conversationID = "c4504776-d91e-123b-29a7-56000429abc3"
          $0.requestID = "c0Sq3mbykoHgVgLfyWTr6cV6HB5Z0Fk4AXpZFkOClSr"
          $0.leg = .a
          $0.role = .leg
          $0.direction = .outbound
          $0.status = .answered
          $0.to = "442000000000"
          $0.ourNumber = "440000000000"
          $0.agent = "202"
          $0.startedAt = ms(1_650_630_551_178)
          $0.answeredAt = ms(1_650_630_551_178)
          $0.answeredSeconds = 15
          $0.hangupReason = "recv_bye"
          $0.hangupBy = .agent
          $0.custom = JSONView(.object(["crm": .string("true")]))
          $0.extra = JSONView(.object(["click2call": .string("true")]))
          $0.account = "2222223"
        })
    #expect(record.identity.key == "2222223:10ee0eb6-c417-4f5a-b122-bffe28f96eae:a:cdr:answered")
  }

  @Test func outgoingAnsweredLegBStandsForTheCall() throws {
    let record = try decode(Documented.outgoingAnsweredLegB)
    #expect(
      record.call
        == call {
          $0.id = "0da4f02e-6ece-42e4-989b-1e6766b5a81e"
          $0.conversationID = "c4504776-d91e-123b-29a7-56000429abc3"
          $0.requestID = "c0Sq3mbykoHgVgLfyWTr6cV6HB5Z0Fk4AXpZFkOClSr"
          $0.leg = .b
          $0.role = .call
          $0.direction = .outbound
          $0.status = .answered
          $0.to = "442000000001"
          $0.customerNumber = "442000000001"
          $0.ourNumber = "440000000000"
          $0.agent = "202"
          $0.startedAt = ms(1_650_630_551_178)
          $0.answeredAt = ms(1_650_630_551_178)
          $0.answeredSeconds = 6
          $0.hangupReason = "sent_bye"
          $0.hangupBy = .agent
          $0.recording = "16506305548176941220057791_2222223.mp3"
          $0.custom = JSONView(.object(["crm": .string("true")]))
          $0.extra = JSONView(.object(["click2call": .string("true")]))
          $0.account = "2222223"
        })
  }

  @Test func outgoingMissedLegAStandsForTheCall() throws {
    let record = try decode(Documented.outgoingMissedLegA)
    #expect(
      record.call
        == call {
          $0.id = "15b58236-734f-4000-a5e8-78284068f5c7"
          $0.conversationID = "c4504776-d91e-123b-29a7-56000429abc3"
          $0.requestID = "D8qpRb27mpXEYgEdAMY6arnQ2ONAB04Y86QrfKbOWZQ"
          $0.leg = .a
          $0.role = .call
          $0.direction = .outbound
          $0.status = .missed
          $0.to = "442000000000"
          $0.ourNumber = "440000000000"
          $0.agent = "202"
          $0.startedAt = ms(1_650_628_175_336)
          $0.hangupReason = "recv_cancel"
          $0.custom = JSONView(.object(["crm": .string("true")]))
          $0.extra = JSONView(.object(["click2call": .string("true")]))
          $0.account = "2222223"
        })
  }

  @Test func piopiyInboundAnsweredHasSecondsBesideMilliseconds() throws {
    let record = try decode(Documented.piopiyInboundAnswered)
    #expect(
      record.call
        == call {
          $0.id = "55348d77-c515-425d-b22c-f0c6ecd8d780"
          $0.conversationID = "c62abd10-1bab-11ec-8e24-ddb7c33510ad"
          $0.leg = .a
          $0.role = .call
          $0.direction = .inbound
          $0.status = .answered
          $0.from = "440000000001"
          $0.to = "440000000000"
          $0.customerNumber = "440000000001"
          $0.ourNumber = "440000000000"
          $0.startedAt = ms(1_632_318_510_000)
          $0.answeredAt = ms(1_632_318_515_000)
          $0.endedAt = ms(1_632_318_528_000)
          $0.answeredSeconds = 13
          $0.extra = JSONView(.string("{ 'Name': 'Akil', 'ID':8915726 }"))
          $0.account = "2222222"
        })
    #expect(record.body["extra_params"]?.json == .string("{ 'Name': 'Akil', 'ID':8915726 }"))
  }

  @Test func piopiyLiveOutBridged() throws {
    let record = try decode(Documented.piopiyLiveOutBridged)
    #expect(record.kind == .live)
    #expect(
      record.call
        == call {
          $0.id = "ade4153c-d8bd-4a62-bd6d-30774e0aa30a"
          $0.conversationID = "GQqYoKtV3Tn25SVqbWwdzPkNwMBo9hhLwWadm9N71N5"
          $0.requestID = "GQqYoKtV3Tn25SVqbWwdzPkNwMBo9hhLwWadm9N71N5"
          $0.leg = .b
          $0.role = .live
          $0.direction = .outbound
          $0.status = .bridged
          $0.from = "440000000000"
          $0.to = "19170000001"
          $0.ourNumber = "440000000000"
          $0.extra = JSONView(.object(["key": .string("value")]))
          $0.account = "2222224"
        })
    #expect(record.identity.key == "2222224:ade4153c-d8bd-4a62-bd6d-30774e0aa30a:b:live:out_bridged")
  }
}
