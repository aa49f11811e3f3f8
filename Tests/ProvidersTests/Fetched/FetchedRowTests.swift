import RelayCore
import Testing

@testable import Providers

/// Every documented field and spelling of providers.md §2.2 and §4, as a webhook's body and as a call.
@Suite struct FetchedRowTests {
  private func row(_ text: String) throws -> JSONObject {
    try #require(try JSONParser.parse(text).object)
  }

  private func read(_ row: FetchedRow, _ provider: Provider = .telecmi) throws -> Record {
    try Decoder.decode(row.raw, settings: settings(provider))
  }

  /// v2 answered, as documented.
  private static let answered = """
    {"cmiuid": "16132200-57fa-47b5-888d-4ab5b7e631ee", "duration": 25, "agent": "204_2222223",
     "notes": [{"msg": "call back", "date": 1634720950000, "agent": "204_2222223"}], "billedsec": 11,
     "filename": "1634720915260737218351_2222223.mp3", "rate": "0.49", "record": "true", "name": "Ann",
     "from": 440000000002, "to": 440000000001, "time": 1634720920615}
    """

  @Test func aRowOfTheAnsweredListReadsAsItsWebhook() throws {
    let text = try row(Self.answered)
    let fetched = try FetchedRow.telecmi(text, of: .answered, app: 2_222_223, from: "/v2/answered")
    let record = try read(fetched)
    let call = record.call
    #expect(record.kind == .cdr)
    #expect(call.id == "16132200-57fa-47b5-888d-4ab5b7e631ee")
    #expect(call.role == .call && call.direction == .inbound && call.status == .answered)
    #expect(call.from == "440000000002" && call.to == "440000000001" && call.customerNumber == "440000000002")
    #expect(call.agent == "204" && call.account == "2222223")
    #expect(call.startedAt == ms(1_634_720_920_615))
    #expect(call.totalSeconds == 25 && call.answeredSeconds == 11 && call.billedSeconds == 11)
    #expect(call.recording == "1634720915260737218351_2222223.mp3")
    #expect(record.body["backfilled"]?["from"]?.json == .string("/v2/answered"))
    #expect(record.body["backfilled"]?["row"]?.json == .object(text))
    for key in ["notes", "rate", "record", "name"] { #expect(record.body[key]?.json == text[key], "\(key)") }
  }

  @Test func itsKeyIsThatOfTheWebhook() throws {
    let fetched = try read(try .telecmi(try row(Self.answered), of: .answered, app: 2_222_223, from: "/v2/answered"))
    let webhook = try decode(
      """
      {"appid": 2222223, "type": "cdr", "direction": "inbound", "cmiuuid": "16132200-57fa-47b5-888d-4ab5b7e631ee",
       "user": "204_2222223", "status": "answered", "to": 440000000001, "from": 440000000002, "time": 1634720920615,
       "answeredsec": 11}
      """)
    #expect(fetched.identity.key == webhook.identity.key)
    #expect(fetched.identity.time == webhook.identity.time)
  }

  @Test(arguments: [
    (TeleCMIList.answered, Call.Direction.inbound, Call.Status.answered), (.missed, .inbound, .missed),
    (.outAnswered, .outbound, .answered), (.outMissed, .outbound, .missed),
  ])
  func theListSaysDirectionAndStatus(list: TeleCMIList, direction: Call.Direction, status: Call.Status) throws {
    let text = #"{"cmiuid": "a", "duration": 9, "from": "44111", "to": 440000000001, "time": 1634720920615}"#
    let call = try read(try .telecmi(try row(text), of: list, app: nil, from: "/v2/x")).call
    #expect(call.direction == direction && call.status == status && call.role == .call)
    #expect(call.account == nil)
    #expect(call.answeredSeconds == (status == .answered ? 9 : nil))
    #expect(call.waitedSeconds == (status == .missed ? 9 : nil))
    #expect(call.totalSeconds == nil)
    #expect(call.customerNumber == (direction == .inbound ? "44111" : "440000000001"))
  }

  @Test(arguments: [
    (#"{"cmiuid": "one"}"#, "one"), (#"{"cmiuuid": "two"}"#, "two"), (#"{"_id": "64b7"}"#, "64b7"),
    (#"{"cmiuuid": "two", "cmiuid": "one", "_id": "64b7"}"#, "two"),
  ])
  func anIDIsTakenInEverySpelling(text: String, id: String) throws {
    var text = try row(text)
    text["time"] = .integer(1_634_720_920_615)
    #expect(try read(try .telecmi(text, of: .missed, app: 1, from: "x")).call.id == id)
  }

  @Test func anOutgoingRowOfIndiaHasItsAgentInFrom() throws {
    let text = """
      {"_id": "64b7f0c2a1", "to": 919999999999, "time": 1634720920615, "from": "209_1111113", "billedsec": 12,
       "rate": "0.49", "record": "true", "filename": "x.wav", "name": ""}
      """
    let record = try read(try .telecmi(try row(text), of: .outAnswered, app: 1_111_113, from: "/v1/outanswered"))
    #expect(record.call.agent == "209" && record.call.from == nil && record.call.customerNumber == "919999999999")
    #expect(record.call.answeredSeconds == 12 && record.call.recording == "x.wav")
    #expect(record.body["backfilled"]?["row"]?["from"]?.json == .string("209_1111113"))
  }

  @Test func aRowWithoutAnIDGetsOneThatStays() throws {
    let text = #"{"from": 440000000002, "to": 440000000001, "time": 1634720920615, "duration": 5}"#
    let first = try read(try .telecmi(try row(text), of: .missed, app: 1, from: "a line 2"))
    let again = try read(try .telecmi(try row(text), of: .missed, app: 1, from: "b line 7"))
    #expect(first.call.id?.hasPrefix("fetched-") == true)
    #expect(first.identity == again.identity)
    for (key, value) in [
      ("duration", JSON.integer(6)), ("from", .integer(440_000_000_009)), ("time", .integer(1_634_720_920_616)),
    ] {
      var other = try row(text)
      other[key] = value
      #expect(try read(try .telecmi(other, of: .missed, app: 1, from: "x")).call.id != first.call.id, "\(key)")
    }
    let spelled = #"{"from": "+44 0000-000002", "to": "440000000001", "time": "1634720920", "duration": "5"}"#
    let other = try read(try .telecmi(try row(spelled), of: .missed, app: 1, from: "x"))
    #expect(other.call.startedAt == ms(1_634_720_920_000))
  }

  @Test func aRowWithoutATimeIsRefused() throws {
    #expect(throws: Unacceptable.self) {
      try FetchedRow.telecmi(try row(#"{"cmiuid": "a"}"#), of: .missed, app: 1, from: "x")
    }
    #expect(throws: Unacceptable.self) {
      try FetchedRow.callr(try row(#"{"callid": 5}"#), direction: .inbound, from: "x")
    }
  }

  @Test func whereItWasFetchedIsNoContent() throws {
    let webhook = """
      {"appid": 2222223, "type": "cdr", "direction": "inbound", "cmiuuid": "a", "status": "missed", "from": 44, "time": 1634720920615}
      """
    let fetched = FetchedRow.webhook(try row(webhook), from: "calls.jsonl line 3")
    #expect(try read(fetched).identity == decode(webhook).identity)
    let cdr = #"{"cdr": {"callid": 1, "direction": "inbound", "started": "2025-10-01T09:00:00Z"}, "dtmf": "1"}"#
    #expect(try read(.webhook(try row(cdr), from: "x"), .callr).identity == decode(cdr, .callr).identity)
    let other = #"{"number": 5}"#
    #expect(try read(.generic(try row(other), from: "x"), .generic).identity == decode(other, .generic).identity)
  }

  // MARK: - Callr

  private static let names = [
    "callid", "direction", "status", "callerNumber", "callerName", "callerRestricted", "callee", "started", "answered",
    "ended", "durationTotal", "durationAnswered", "durationBilled", "hangupCause", "hangupSource", "hangupTech",
    "scenarioName", "scenarioSid", "scenarioTypeName", "scenarioTypeVersion", "billingCredit", "billingDebit",
    "billingDestinationLabel", "billingPaymentType",
  ]
  private static let cells = [
    "1234567890123456789", "inbound", "answered", "+33639980042", "", "false", "+33199001234",
    "2025-10-01T09:00:00.000Z",
    "2025-10-01T09:00:07.000Z", "2025-10-01T09:02:10.000Z", "130", "123", "123", "16", "caller", "", "Support",
    "abcdef12",
    "Actions", "1.0", "0.00", "1.20", "France", "prepaid",
  ]

  @Test func aRowOfTheExportReadsAsItsWebhook() throws {
    let fetched = try FetchedRow.callr(columns: Self.names, cells: Self.cells, direction: .inbound, from: "export")
    let record = try read(fetched, .callr)
    let webhook = try decode(
      """
      {"callid":1234567890123456789,"direction":"inbound","status":"answered","callerNumber":"+33639980042",
       "callerRestricted":false,"callee":"+33199001234","started":"2025-10-01T09:00:00.000Z",
       "answered":"2025-10-01T09:00:07.000Z","ended":"2025-10-01T09:02:10.000Z","durationTotal":130,
       "durationAnswered":123,"durationBilled":123,"hangupCause":16,"hangupSource":"caller","scenarioName":"Support",
       "scenarioSid":"abcdef12","scenarioTypeName":"Actions","scenarioTypeVersion":"1.0","billingCredit":"0.00",
       "billingDebit":"1.20","billingDestinationLabel":"France","billingPaymentType":"prepaid"}
      """, .callr)
    #expect(record.call == webhook.call)
    #expect(record.identity == webhook.identity)
    #expect(record.body["backfilled"]?["row"]?["durationTotal"]?.json == .string("130"))
  }

  @Test func columnsMayStandInAnyOrderAndSpelling() throws {
    let spellings: [(String) -> String] = [
      { $0 }, { $0.uppercased() },
      { $0.map { $0.isUppercase ? "_\($0.lowercased())" : String($0) }.joined() },
      { $0.map { $0.isUppercase ? " \($0)" : String($0) }.joined() },
    ]
    let plain = try read(
      try .callr(columns: Self.names, cells: Self.cells, direction: nil, from: "export"), .callr)
    for spelling in spellings {
      let fetched = try FetchedRow.callr(
        columns: Self.names.reversed().map(spelling), cells: Self.cells.reversed(), direction: .outbound, from: "export"
      )
      #expect(try read(fetched, .callr).call == plain.call)
    }
  }

  @Test func whatTheExportWasAskedForSaysTheDirection() throws {
    let fetched = try FetchedRow.callr(
      columns: ["callid", "status", "started", "callee"], cells: ["7", "busy", "2025-10-01 09:00:00", "+33199001234"],
      direction: .outbound, from: "export")
    let call = try read(fetched, .callr).call
    #expect(call.direction == .outbound && call.status == .busy && call.startedAt == ms(1_759_309_200_000))
  }

  // MARK: - Files

  @Test func aTableSaysDirectionAndStatusInManyWords() throws {
    let table: [(String, String, Call.Direction, Call.Status)] = [
      ("Incoming", "Answered", .inbound, .answered), ("OUT", "No answer", .outbound, .missed),
      ("outgoing", "connected", .outbound, .answered), ("inbound", "missed", .inbound, .missed),
    ]
    for (direction, status, meantDirection, meantStatus) in table {
      let cells: JSONObject = [
        "direction": .string(direction), "status": .string(status), "time": .string("1634720920615"),
        "from": .string("440000000002"), "to": .string("440000000001"), "duration": .string("0:01:05"),
        "billedsec": .string("00:55"),
      ]
      let call = try read(try .cells(cells, provider: .telecmi, kind: nil, app: 1, from: "x")).call
      #expect(call.direction == meantDirection && call.status == meantStatus, "\(direction) \(status)")
      if meantStatus == .answered { #expect(call.totalSeconds == 65 && call.answeredSeconds == 55) }
    }
    #expect(throws: Unacceptable.self) {
      try FetchedRow.cells(["time": .string("1634720920615")], provider: .telecmi, kind: nil, app: 1, from: "x")
    }
    #expect(throws: Unacceptable.self) {
      let odd: JSONObject = ["time": .string("1634720920615"), "direction": .string("in"), "status": .string("maybe")]
      _ = try FetchedRow.cells(odd, provider: .telecmi, kind: nil, app: 1, from: "x")
    }
  }

  @Test func aLineOfJSONIsAWebhookOrARow() throws {
    let webhook = try row(
      #"{"cmiuuid": "a", "type": "cdr", "status": "missed", "leg": "b", "direction": "outbound", "time": 1634720920615}"#
    )
    let kept = try FetchedRow.document(webhook, provider: .telecmi, kind: nil, app: 1, from: "x")
    #expect(try read(kept).call.leg == .b)
    let fetched = try FetchedRow.document(
      try row(Self.answered), provider: .telecmi, kind: .outMissed, app: 1, from: "x")
    #expect(try read(fetched).call.status == .missed)
  }
}
