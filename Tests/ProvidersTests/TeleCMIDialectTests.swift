import RelayCore
import Testing

/// The older editions, the live events, and what the dialects disagree about (providers.md §1.3 to §1.6).
@Suite struct TeleCMIDialectTests {
  @Test func chubIndiaIncomingAnswered() throws {
    #expect(
      try decode(Documented.indiaIncomingAnswered).call
        == call {
          $0.id = "dbff2a12-5ea0-4303-908d-72a2e216e74a"
          $0.role = .call
          $0.direction = .inbound
          $0.status = .answered
          $0.from = "9200000000"
          $0.to = "9100000000"
          $0.customerNumber = "9200000000"
          $0.ourNumber = "9100000000"
          $0.agent = "103"
          $0.team = "Support"
          $0.startedAt = ms(1_570_114_729_565)
          $0.answeredAt = ms(1_570_114_729_565)
          $0.answeredSeconds = 117
          $0.recording = "15700950846189478332012_1111113.mp3"
          $0.account = "1111113"
        })
  }

  @Test func chubIndiaIncomingMissed() throws {
    #expect(
      try decode(Documented.indiaIncomingMissed).call
        == call {
          $0.id = "5f0fc753-064f-4c58-82d3-ce62f294fad3"
          $0.role = .call
          $0.direction = .inbound
          $0.status = .missed
          $0.from = "9110000000"
          $0.customerNumber = "9110000000"
          $0.team = "Support"
          $0.startedAt = ms(1_570_114_018_000)
          $0.waitedSeconds = 119
          $0.voicemail = "157009452516312171051293_919677551xxx.mp3"
          $0.account = "1111113"
        })
  }

  @Test func chubIndiaOutgoingHasOneRecordACall() throws {
    let answered = try decode(Documented.indiaOutgoingAnswered).call
    #expect(answered.role == .call)
    #expect(answered.customerNumber == "9100000000")
    #expect(answered.ourNumber == nil)
    #expect(answered.answeredSeconds == 9)
    let missed = try decode(Documented.indiaOutgoingMissed).call
    #expect(missed.role == .call)
    #expect(missed.status == .missed)
    #expect(missed.agent == "103")
  }

  @Test func webhooksOf2019HaveNeitherTypeNorApp() throws {
    let record = try decode(Documented.webhook2019OutgoingMissed)
    #expect(record.kind == .cdr)
    #expect(
      record.call
        == call {
          $0.id = "deb11aa1-4c19-44a6-bb0e-3348007b757a"
          $0.role = .call
          $0.direction = .outbound
          $0.status = .missed
          $0.from = "4471000000"
          $0.to = "9100000000"
          $0.customerNumber = "9100000000"
          $0.ourNumber = "4471000000"
          $0.agent = "103"
          $0.startedAt = ms(1_570_184_113_597)
          $0.waitedSeconds = 12
        })
    #expect(record.identity.key == "-:deb11aa1-4c19-44a6-bb0e-3348007b757a:-:cdr:missed:103_1111113")
  }

  @Test func liveIncomingWaiting() throws {
    let record = try decode(Documented.liveIncomingWaiting)
    #expect(record.kind == .live)
    #expect(
      record.call
        == call {
          $0.id = "5202a928-07c3-4d32-a1a4-d304c9275971"
          $0.conversationID = "5202a928-07c3-4d32-a1a4-d304c9275971"
          $0.role = .live
          $0.direction = .inbound
          $0.status = .waiting
          $0.from = "440000000000"
          $0.to = "440000000001"
          $0.customerNumber = "440000000000"
          $0.ourNumber = "440000000001"
          $0.startedAt = ms(1_634_724_624_830)
          $0.custom = JSONView(.object(["crm": .string("true")]))
          $0.account = "2222223"
        })
    let answered = try decode(Documented.liveIncomingAnswered).call
    #expect(answered.status == .answered)
    #expect(answered.startedAt == nil)
    #expect(answered.answeredAt == ms(1_634_724_624_830))
  }

  /// A leg b that the platform dials for an inbound call says "outbound".
  @Test func liveEventOfAnAgentBelongsToTheInboundCall() throws {
    let call = try decode(Documented.liveAgentAnswered).call
    #expect(call.direction == .inbound)
    #expect(call.role == .live)
    #expect(call.agent == "204")
    #expect(call.team == "Sales")
    #expect(call.from == "440000000000")
    #expect(call.customerNumber == nil)
    let withoutTeam = try decode(changed(Documented.liveAgentAnswered, ["team": nil])).call
    #expect(withoutTeam.direction == .inbound)
  }

  @Test func liveEventOfARealOutboundCall() throws {
    let call = try decode(Documented.liveOutgoingHangup).call
    #expect(call.direction == .outbound)
    #expect(call.status == .ended)
    #expect(call.endedAt == ms(1_650_635_340_436))
    #expect(call.customerNumber == "442000000001")
    #expect(call.ourNumber == "442000000000")
    #expect(call.conversationID == "ccd826f9-67a4-4467-acfb-a53093ff5c9d")
    #expect(call.account == "2223343")
    let notClicked = try decode(
      changed(Documented.liveOutgoingHangup, ["request_id": nil, "extra_params": nil, "call_id": nil])
    ).call
    #expect(notClicked.direction == .outbound)
  }

  @Test func aNumberThatBeginsWithZeroIsReadAsText() throws {
    let record = try decode(Documented.indiaLiveOutgoingStarted)
    #expect(record.body["callerid"]?.json == .string("04471000000"))
    #expect(record.call.ourNumber == "04471000000")
    #expect(record.call.status == .started)
    #expect(record.call.direction == .outbound)
  }

  @Test func piopiyMissedHasAnAnswerTimeThatMeansNothing() throws {
    let record = try decode(Documented.piopiyInboundMissed)
    #expect(record.kind == .cdr)
    #expect(
      record.call
        == call {
          $0.id = "33079756-faed-4a29-8b36-c8ead67e047c"
          $0.conversationID = "33079756-faed-4a29-8b36-c8ead67e047c"
          $0.leg = .a
          $0.role = .call
          $0.direction = .inbound
          $0.status = .missed
          $0.from = "440000000001"
          $0.to = "440000000000"
          $0.customerNumber = "440000000001"
          $0.ourNumber = "440000000000"
          $0.startedAt = ms(1_632_317_068_000)
          $0.endedAt = ms(1_632_317_073_000)
          $0.answeredSeconds = 0
          $0.extra = JSONView(.string("{key: value}"))
          $0.account = "2222222"
        })
  }

  @Test func piopiyLegsThatShareAnIdAreTwoRecordsOfOneInboundCall() throws {
    let legA = try decode(Documented.piopiyInboundMissed)
    let legB = try decode(Documented.piopiyInboundMissedLegB)
    #expect(legB.call.direction == .inbound)
    #expect(legB.call.role == .leg)
    #expect(legA.call.id == legB.call.id)
    #expect(legA.identity.key != legB.identity.key)
  }

  @Test func piopiyOutboundMissedWithoutAType() throws {
    let record = try decode(Documented.piopiyOutboundMissed)
    #expect(record.kind == .cdr)
    #expect(record.call.role == .call)
    #expect(record.call.direction == .outbound)
    #expect(record.call.customerNumber == "440000000000")
    #expect(record.call.ourNumber == "19170000000")
    #expect(record.call.extra?.json == .object(["key": .string("value")]))
    #expect(record.body["extra_params"]?.json == .object(["key": .string("value")]))
  }

  @Test func piopiyIndiaHangupIsAMissedCall() throws {
    let call = try decode(Documented.piopiyIndiaInboundHangup).call
    #expect(call.role == .call)
    #expect(call.status == .missed)
    #expect(call.startedAt == ms(1_637_123_450_000))
  }

  @Test func streamEventsAreLiveWithoutAStatus() throws {
    let record = try decode(Documented.piopiyStreamDisconnected)
    #expect(record.kind == .live)
    #expect(record.call.status == nil)
    #expect(record.call.role == .live)
    #expect(record.body["status"]?.json == .string("STREAM_DISCONNECTED"))
    #expect(record.identity.key == "2222224:ade4153c-d8bd-4a62-bd6d-30774e0aa30a:a:live:stream_disconnected")
  }

  @Test(arguments: [
    ("in_started", RecordKind.live, Call.Status.started), ("in_answered", .live, .answered),
    ("out_bridged", .live, .bridged), ("out_hangup", .live, .ended), ("in_missed", .cdr, .missed),
    ("out_missed", .cdr, .missed),
  ])
  func prefixedStatusesOfPIOPIY(word: String, kind: RecordKind, status: Call.Status) throws {
    let record = try decode(changed(Documented.piopiyLiveOutBridged, ["status": .string(word), "leg": .string("a")]))
    #expect(record.kind == kind)
    #expect(record.call.status == status)
    #expect(record.body["status"]?.json == .string(word))
  }

  @Test func aWordThatWeDoNotKnowIsTakenAsItIs() throws {
    let record = try decode(
      changed(Documented.incomingAnswered, ["status": .string("Parked"), "mood": .string("good")]))
    #expect(record.call.status == nil)
    #expect(record.kind == .cdr)
    #expect(record.body["mood"]?.json == .string("good"))
    #expect(record.identity.key == "2222223:16132200-57fa-47b5-888d-4ab5b7e631ee:-:cdr:parked:204_2222223")
    let note = try decode(changed(Documented.incomingAnswered, ["type": .string("note")]))
    #expect(note.identity.key == "2222223:16132200-57fa-47b5-888d-4ab5b7e631ee:-:note:answered:204_2222223")
  }

  @Test func numbersMayComeAsText() throws {
    let asText = try decode(
      changed(
        Documented.incomingAnswered,
        [
          "appid": .string("2222223"), "from": .string("440000000002"), "to": .string("440000000001"),
          "virtual_number": .string("440000000000"), "time": .string("1634720920615"), "answeredsec": .string("11"),
          "record": .string("true"),
        ]))
    let asNumbers = try decode(Documented.incomingAnswered)
    #expect(asText.call == asNumbers.call)
    #expect(asText.identity.key == asNumbers.identity.key)
    #expect(asText.identity.time == asNumbers.identity.time)
  }

  @Test func agentAndTeamLoseOnlyTheAppId() throws {
    func agent(_ name: String) throws -> String? {
      try decode(changed(Documented.incomingAnswered, ["user": .string(name)])).call.agent
    }
    #expect(try agent("204_2222223") == "204")
    #expect(try agent("204_1111112") == "204")
    #expect(try agent("night_shift_2222223") == "night_shift")
    #expect(try agent("team_2025") == "team_2025")
    #expect(try agent("204") == "204")
    #expect(try agent("_2222223") == "_2222223")
  }

  @Test func customMayBeAnObjectTextOrNothing() throws {
    func custom(_ value: JSON?) throws -> JSON? {
      try decode(changed(Documented.incomingAnswered, ["custom": value])).call.custom?.json
    }
    #expect(try custom(.object(["a": .integer(1)])) == .object(["a": .integer(1)]))
    #expect(try custom(.string("{\"a\":1}")) == .object(["a": .integer(1)]))
    #expect(try custom(.string("[1]")) == .string("[1]"))
    #expect(try custom(.string("order 7")) == .string("order 7"))
    #expect(try custom(.string("")) == nil)
    #expect(try custom(.null) == nil)
    #expect(try custom(nil) == nil)
  }

  @Test func extraParamWithoutItsSIsReadToo() throws {
    let record = try decode(
      changed(Documented.incomingAnswered, ["extra_param": .string("{\"crm_id\":\"7\"}")]))
    #expect(record.call.extra?.json == .object(["crm_id": .string("7")]))
    #expect(record.body["extra_param"]?.json == .object(["crm_id": .string("7")]))
  }

  /// What the relay put into the parameters of a call comes back as text that holds JSON.
  @Test func aCallPlacedThroughTheRelayIsKnown() throws {
    func request(_ extra: String, in key: String = "extra_params") throws -> CallMark? {
      try decode(changed(Documented.incomingAnswered, [key: .string(extra), "request_id": .string("r")])).call.request
    }
    let mark = CallMark(id: Identifier(1_234_567_890_123), client: "crm")
    #expect(try request(#"{"deal":7,"cdrelay_call":"1234567890123.crm"}"#) == mark)
    #expect(try request(#"{"cdrelay_call":"1234567890123.crm"}"#, in: "custom") == mark)
    for other in [
      "{}", "cdrelay_call", #"{"cdrelay_call":7}"#, #"{"cdrelay_call":"crm"}"#, #"{"cdrelay_call":"0.crm"}"#,
      #"{"cdrelay_call":"7."}"#, #"{"cdrelay_call":".crm"}"#,
    ] {
      #expect(try request(other) == nil, "\(other)")
    }
  }

  @Test(arguments: [
    ("sent_bye", Call.HangupParty.agent), ("recv_bye", .customer), ("sent_reject", .agent), ("recv_cancel", nil),
    ("nonsense", nil),
  ])
  func whoHungUpAnInboundCall(reason: String, party: Call.HangupParty?) throws {
    let record = try decode(changed(Documented.incomingAnswered, ["hangup_reason": .string(reason)]))
    #expect(record.call.hangupBy == party)
    #expect(record.call.hangupReason == reason)
  }
}
