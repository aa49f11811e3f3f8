import RelayCore
import Testing

@Suite struct CallrTests {
  private let answered = call {
    $0.id = "1234567890123456789"
    $0.role = .call
    $0.direction = .inbound
    $0.status = .answered
    $0.from = "+33639980042"
    $0.to = "+33199001234"
    $0.customerNumber = "+33639980042"
    $0.ourNumber = "+33199001234"
    $0.startedAt = ms(1_759_309_200_000)
    $0.answeredAt = ms(1_759_309_207_000)
    $0.endedAt = ms(1_759_309_330_000)
    $0.totalSeconds = 130
    $0.answeredSeconds = 123
    $0.billedSeconds = 123
    $0.hangupReason = "16"
    $0.hangupBy = .customer
  }

  /// A whole call of v1 names, as `call.inbound_hangup` sends it.
  private let v1Inbound = #"""
    {"event_at":"2016-05-04T12:29:32.340Z","event_id":"e1","hook_hash":null,"try":0,"type":"call.inbound_hangup",
     "data":{"callid":9422146235596697231,"start":"2016-05-04 12:27:00","answer":"2016-05-04 12:27:05",
     "hangup":"2016-05-04 12:29:32","hangupcause":16,"hangupsource":"callee","duration":152,"duration_answered":147,
     "duration_billed":147,"cli_name":"","cli_number":"+33639980042","did_hash":"XYZ","did_intl_number":"+33199001234",
     "customer_field":"{\"crm\":\"7\"}","billing_customer_debit_eur":"1.20"}}
    """#

  private let v1Outbound = #"""
    {"event_id":"e2","try":0,"type":"call.outbound_hangup","data":{"callid":"9422146235596697232",
     "callid_in":9422146235596697231,"dialstatus":"ANSWER","start":"2016-05-04 12:27:10","answer":"",
     "hangup":"2016-05-04 12:29:32","cli_number":"+33199001234","number":"+33612345678","duration":142}}
    """#

  @Test func bareCDR() throws {
    let record = try decode(Documented.callrCdrBare, .callr)
    #expect(record.kind == .cdr)
    #expect(record.call == answered)
    #expect(record.identity.key == "1234567890123456789:cdr:answered:inbound")
    #expect(record.identity.time == ms(1_759_309_200_000))
    #expect(record.body["callid"]?.json == .integer(1_234_567_890_123_456_789))
  }

  @Test func theWrappingIsNotContent() throws {
    let bare = try decode(Documented.callrCdrBare, .callr)
    let cdr = Documented.callrCdrBare
    let wrapped = [
      Documented.callrActionsPush, Documented.callrWebhookEnvelope,
      #"{"app":{"id":1},"run":{"id":2},"call":{"id":3,"cdr":\#(cdr)}}"#,
      #"{"call":\#(cdr)}"#,
      #"{"cdr":\#(JSON.string(cdr).text)}"#,
      #"{"event_id":"x","type":"v2.call.inbound.ended","data":{"cdr":\#(cdr)}}"#,
      #"{"event_id":"x","type":"v2.call.inbound.ended","try":3,"data":{"call":{"cdr":\#(cdr)}}}"#,
    ]
    for text in wrapped {
      let record = try decode(text, .callr)
      #expect(record.call == answered, "\(text)")
      #expect(record.identity == bare.identity, "\(text)")
      #expect(record.body.json == (try JSONParser.parse(text)), "the body stays as sent")
    }
  }

  @Test func whatIsPushedBesideTheCDRIsContent() throws {
    let bare = try decode(Documented.callrCdrBare, .callr)
    let text = #"{"app":1,"call":{"cdr":\#(Documented.callrCdrBare)},"recording":{"url":"https://example.com/r.mp3"}}"#
    let record = try decode(text, .callr)
    #expect(record.call.recording == "https://example.com/r.mp3")
    #expect(record.identity.key == bare.identity.key)
    #expect(record.identity.content != bare.identity.content)
    let none = try decode(#"{"cdr":\#(Documented.callrCdrBare),"recording":null,"dtmf":""}"#, .callr)
    #expect(none.identity == bare.identity)
  }

  @Test func webhookThatACallStarted() throws {
    let record = try decode(Documented.callrWebhookEnvelopeStarted, .callr)
    #expect(record.kind == .live)
    #expect(
      record.call
        == call {
          $0.id = "1234567890123456789"
          $0.role = .live
          $0.direction = .inbound
          $0.status = .ringing
          $0.from = "+33639980042"
          $0.to = "+33199001234"
          $0.customerNumber = "+33639980042"
          $0.ourNumber = "+33199001234"
          $0.startedAt = ms(1_759_309_200_000)
          $0.totalSeconds = 0
          $0.answeredSeconds = 0
          $0.billedSeconds = 0
          $0.hangupReason = "16"
        })
    #expect(record.identity.key == "1234567890123456789:live:ringing:inbound")
  }

  @Test func snakeCaseOfActionsBeforeSeptember2025() throws {
    let text = #"""
      {"cdr":{"callid":1234567890123456789,"direction":"inbound","status":"answered","caller_number":"+33639980042",
      "callee":"+33199001234","started":"2025-10-01T09:00:00.000Z","answered":"2025-10-01T09:00:07.000Z",
      "ended":"2025-10-01T09:02:10.000Z","duration_total":130,"duration_answered":123,"duration_billed":123,
      "hangup_cause":16,"hangup_source":"caller"}}
      """#
    let record = try decode(text, .callr)
    #expect(record.call == answered)
    #expect(record.identity.key == "1234567890123456789:cdr:answered:inbound")
  }

  @Test func v1InboundHangup() throws {
    let record = try decode(v1Inbound, .callr)
    #expect(record.kind == .cdr)
    #expect(
      record.call
        == call {
          $0.id = "9422146235596697231"
          $0.role = .call
          $0.direction = .inbound
          $0.status = .answered
          $0.from = "+33639980042"
          $0.to = "+33199001234"
          $0.customerNumber = "+33639980042"
          $0.ourNumber = "+33199001234"
          $0.startedAt = Instant(rfc3339: "2016-05-04T12:27:00Z")
          $0.answeredAt = Instant(rfc3339: "2016-05-04T12:27:05Z")
          $0.endedAt = Instant(rfc3339: "2016-05-04T12:29:32Z")
          $0.totalSeconds = 152
          $0.answeredSeconds = 147
          $0.billedSeconds = 147
          $0.hangupReason = "16"
          $0.hangupBy = .agent
          $0.custom = JSONView(.object(["crm": .string("7")]))
        })
    #expect(record.identity.key == "9422146235596697231:cdr:-:inbound")
  }

  @Test func v1OutboundLegOfAnInboundCall() throws {
    let record = try decode(v1Outbound, .callr)
    #expect(
      record.call
        == call {
          $0.id = "9422146235596697232"
          $0.conversationID = "9422146235596697231"
          $0.role = .leg
          $0.direction = .inbound
          $0.status = .answered
          $0.from = "+33199001234"
          $0.to = "+33612345678"
          $0.ourNumber = "+33199001234"
          $0.startedAt = Instant(rfc3339: "2016-05-04T12:27:10Z")
          $0.endedAt = Instant(rfc3339: "2016-05-04T12:29:32Z")
          $0.totalSeconds = 142
        })
    #expect(record.identity.key == "9422146235596697232:cdr:answer:outbound")
  }

  @Test func outboundCallsHaveTheCustomerBehindTo() throws {
    let text = try changed(Documented.callrCdrBare, ["direction": .string("outbound")])
    let call = try decode(text, .callr).call
    #expect(call.customerNumber == "+33199001234")
    #expect(call.ourNumber == "+33639980042")
    #expect(call.hangupBy == .agent)
    #expect(call.role == .call)
  }

  @Test(arguments: [
    ("busy", Call.Status.busy), ("failed", .failed), ("unallocated", .unallocated), ("canceled", .canceled),
    ("teleported", nil),
  ])
  func statusesAfterTheCall(word: String, status: Call.Status?) throws {
    let record = try decode(
      changed(Documented.callrCdrBare, ["status": .string(word), "answered": .string("")]), .callr)
    #expect(record.kind == .cdr)
    #expect(record.call.status == status)
    #expect(record.call.answeredAt == nil)
    #expect(record.identity.key == "1234567890123456789:cdr:\(word):inbound")
  }

  @Test func aCDRPushedDuringTheCallIsLive() throws {
    let record = try decode(
      changed(
        Documented.callrCdrBare,
        ["ended": .string(""), "durationTotal": .integer(0), "durationAnswered": .integer(0), "durationBilled": nil]),
      .callr)
    #expect(record.kind == .live)
    #expect(record.call.role == .live)
    #expect(record.call.status == .answered)
  }

  @Test func idsBeyond53BitsStayExact() throws {
    let text = try changed(Documented.callrCdrBare, ["callid": .integer(.max)])
    #expect(try decode(text, .callr).call.id == "9223372036854775807")
    let beyond = Documented.callrCdrBare.replacing("1234567890123456789", with: "18446744073709551615")
    #expect(try decode(beyond, .callr).call.id == "18446744073709551615")
  }

  @Test func eventsThatAreNoCallsAreKeptWithoutARole() throws {
    let sms =
      #"{"event_at":"2016-05-04T12:29:32.340Z","event_id":"942:A","hook_hash":null,"try":0,"type":"sms.mo","data":{"text":"hi"}}"#
    let record = try decode(sms, .callr)
    #expect(record.kind == .live)
    #expect(record.call == Call())
    #expect(record.identity.key == "event:sms.mo:942%3AA")
    let again = try decode(changed(sms, ["try": .integer(1), "event_at": .string("2016-05-04T12:30:00Z")]), .callr)
    #expect(again.identity == record.identity)
  }

  @Test func aRecordingNamesItsCall() throws {
    let text = #"{"event_id":"e","type":"media.recording.new","data":{"callid":77,"url":"https://x.test/1.mp3"}}"#
    let record = try decode(text, .callr)
    #expect(record.kind == .live)
    #expect(
      record.call
        == call {
          $0.id = "77"
          $0.recording = "https://x.test/1.mp3"
        })
    #expect(record.identity.key == "event:media.recording.new:e")
  }
}
