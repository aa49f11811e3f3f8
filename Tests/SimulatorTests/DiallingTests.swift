import HTTPTypes
import RelayCore
import Simulator
import TestSupport
import Testing

/// providers.md §2.1, and what `to` can ask for.
@Suite struct DiallingTests {
  private static let makeCall: JSONObject = [
    "appid": .integer(2_222_223), "secret": .string("simulated-secret"), "from": .integer(914_471_000_000),
    "to": .integer(9_100_000_000), "answer_url": .string("http://127.0.0.1:9000/v1/piopiy_action"),
  ]
  private static let adminClick: JSONObject = [
    "user_id": .string("202_2222223"), "secret": .string("simulated-secret"), "to": .integer(447_700_900_123),
    "extra_params": .object(["crm": .string("true")]), "webrtc": .bool(true), "followme": .bool(false),
  ]
  private static let pcmo: JSONObject = [
    "appid": .integer(2_222_223), "secret": .string("simulated-secret"), "from": .integer(914_471_000_000),
    "to": .integer(9_100_000_000), "pcmo": .array([.object(["action": .string("hangup")])]),
  ]
  private static let userClick: JSONObject = [
    "token": .string("simulated-token-202"), "to": .integer(447_700_900_123),
  ]
  private static let adminConnect: JSONObject = [
    "agent_id": .string("202_2222223"), "token": .string("simulated-secret"), "to": .integer(447_700_900_123),
  ]

  private static func with(_ object: JSONObject, _ key: String, _ value: JSON?) -> JSONObject {
    var object = object
    object[key] = value
    return object
  }

  private func answer(_ api: AskedAPI, _ path: String, _ body: JSONObject) throws -> JSON {
    let response = try #require(api.post(path, body))
    #expect(response.status == 200 && response.headers["content-type"]?.hasPrefix("application/json") == true)
    #expect(response.headers["x-simulator"]?.contains("documents") == true)
    return try #require(response.json)
  }

  @Test func answersAreThoseOfTheDocuments() throws {
    let api = AskedAPI()
    let call = try answer(api, "/v1/make_call", Self.makeCall)
    #expect(call["code"] == .integer(200) && call["data"]?["status"]?.string == "progress")
    #expect(call["data"]?["request_id"]?.string?.count == 43)
    for path in ["/v1/pcmo_make_call", "/v2/global_pcmo_make_call", "/v2/ind_pcmo_make_call"] {
      let pcmo = try answer(api, path, Self.pcmo)
      #expect(pcmo["code"] == .integer(200) && pcmo["status"]?.string == "progress")
      #expect(pcmo["request_id"] == pcmo["data"]?["request_id"] && pcmo["data"]?["status"]?.string == "progress")
    }
    for (path, body) in [
      ("/v2/webrtc/click2call", Self.adminClick), ("/v2/ind/click2call", Self.userClick),
      ("/v2/click2call", Self.userClick),
    ] {
      let click = try answer(api, path, body)
      #expect(click["code"] == .integer(200) && click["msg"]?.string == "Call initiated")
      #expect(click["request_id"]?.string?.count == 43)
    }
    let connect = try answer(api, "/v1/adminConnect", Self.adminConnect)
    #expect(connect["code"] == .integer(200) && connect["msg"]?.string == "Call terminated")
    #expect(api.api.dials.count == 8)
  }

  @Test func theOlderEditionsAnswerHasItsFieldsAndATextualCode() throws {
    let long = try answer(AskedAPI(), "/v1/make_call", Self.with(Self.makeCall, "to", .integer(9_100_000_605)))
    #expect(long["code"] == .string("200"))
    #expect(
      long["data"]?.object?.keys == [
        "inetno", "time", "rate", "answer_url", "event_url", "from", "duration", "channel", "to", "user",
      ])
    #expect(long["data"]?["rate"]?.string == "0.40" && long["data"]?["duration"] == .integer(3600))
  }

  @Test func faultsHaveTheDocumentedCodesInAnAnswerOf200() throws {
    let api = AskedAPI()
    let cases: [(String, JSONObject, Int64)] = [
      ("/v1/make_call", Self.with(Self.makeCall, "secret", .string("wrong")), 420),
      ("/v1/make_call", Self.with(Self.makeCall, "appid", .integer(1)), 420),
      ("/v1/make_call", Self.with(Self.makeCall, "answer_url", nil), 501),
      ("/v1/make_call", Self.with(Self.makeCall, "answer_url", .string("")), 502),
      ("/v1/make_call", Self.with(Self.makeCall, "to", .string("nobody")), 502),
      ("/v1/make_call", [:], 501),
      ("/v1/pcmo_make_call", Self.with(Self.pcmo, "secret", .string("wrong")), 420),
      ("/v1/pcmo_make_call", Self.with(Self.pcmo, "pcmo", nil), 502),
      ("/v1/pcmo_make_call", Self.with(Self.pcmo, "pcmo", .array([])), 422),
      ("/v2/webrtc/click2call", Self.with(Self.adminClick, "secret", .string("wrong")), 404),
      ("/v2/webrtc/click2call", Self.with(Self.adminClick, "user_id", .string("999_2222223")), 404),
      ("/v2/webrtc/click2call", Self.with(Self.adminClick, "to", nil), 400),
      ("/v2/ind/click2call", Self.with(Self.userClick, "token", .string("wrong")), 404),
      ("/v2/ind/click2call", Self.with(Self.userClick, "to", nil), 400),
      ("/v1/adminConnect", Self.with(Self.adminConnect, "token", .string("wrong")), 401),
      ("/v1/adminConnect", Self.with(Self.adminConnect, "agent_id", .string("999_2222223")), 404),
    ]
    for (path, body, code) in cases {
      let told = try answer(api, path, body)
      #expect(told["code"] == .integer(code), "\(path) \(JSON.object(body).text): \(told.text)")
      #expect(told["msg"]?.string?.isEmpty == false)
    }
    #expect(api.api.dials.count == 0 && api.posted.all.isEmpty)
  }

  @Test func theCodeMayBeTheStatusToo() throws {
    let api = AskedAPI { $0.codeIsStatus = true }
    let response = try #require(api.post("/v1/make_call", Self.with(Self.makeCall, "secret", .string("wrong"))))
    #expect(response.status == 420 && response.json?["code"] == .integer(420))
    #expect(api.post("/v1/make_call", Self.makeCall)?.status == 200)
  }

  @Test(arguments: [400, 401, 404, 407, 420, 422, 501, 502])
  func aNumberAsksForACode(_ code: Int64) throws {
    let api = AskedAPI()
    let told = try answer(api, "/v1/make_call", Self.with(Self.makeCall, "to", .integer(9_100_000_000 + code)))
    #expect(told["code"] == .integer(code) && api.api.dials.count == 0)
  }

  @Test func aNumberAsksForWhatNetworksDo() throws {
    let api = AskedAPI()
    func send(_ ending: Int64) -> HTTPResponse? {
      api.post("/v1/make_call", Self.with(Self.makeCall, "to", .integer(9_100_000_000 + ending)))
    }
    #expect(send(503)?.status == 503 && api.api.dials.count == 0)
    #expect(send(602) == nil && api.api.dials.count == 0)
    #expect(send(601) == nil && api.api.dials.count == 1)
    #expect(send(603)?.headers["content-type"] == "text/html" && api.api.dials.count == 2)
    #expect(send(604)?.json?.object?.keys == ["status", "request_id", "code"])
    #expect(send(606)?.json?["request_id"] == nil && api.api.dials.count == 4)
    #expect(send(600) == nil && api.api.dials.count == 5)
  }

  @Test func clickToCallMayComeByGET() throws {
    let api = AskedAPI()
    let query =
      "user_id=202_2222223&secret=simulated-secret&to=447700900123&extra_params%5Bcrm%5D=%7B%22id%22%3A7%7D&webrtc=true"
    let response = try #require(api.get("/v2/webrtc/click2call?" + query))
    #expect(response.json?["msg"]?.string == "Call initiated")
    #expect(api.api.dials.dials.first?.request["extra_params"] == .object(["crm": .string(#"{"id":7}"#)]))
  }

  @Test func anAgentLogsInForAToken() throws {
    let api = AskedAPI()
    let told = try answer(
      api, "/v2/user/login", ["id": .string("205_2222223"), "password": .string("simulated-secret")])
    let token = try #require(told["token"]?.string)
    let click = try answer(api, "/v2/ind/click2call", Self.with(Self.userClick, "token", .string(token)))
    #expect(click["code"] == .integer(200))
    #expect(try answer(api, "/v2/user/login", ["id": .string("205_2222223")])["code"] == .integer(404))
  }

  // MARK: What follows

  private func records(_ webhooks: [SimulatedWebhook]) throws -> [Record] {
    try webhooks.filter { !$0.isLive }.map { try Trying.decode($0, Trying.telecmi) }
  }

  @Test func bothLegsFollowWithTheRequestAndItsExtraParamsAsText() throws {
    let api = AskedAPI()
    let told = try answer(api, "/v2/webrtc/click2call", Self.adminClick)
    #expect(api.posted.all.isEmpty, "the call has to go by first")
    api.later.run()
    let records = try records(api.posted.all)
    #expect(Set(records.compactMap { $0.call.leg }) == [.a, .b] && records.count == 2)
    for record in records {
      #expect(record.call.requestID == told["request_id"]?.string)
      #expect(record.call.agent == "202" && record.call.extra?.json == .object(["crm": .string("true")]))
    }
    let bodies = try api.posted.all.map { try JSONParser.parse($0.body) }
    let texts = bodies.compactMap { $0["extra_params"]?.string }
    #expect(Set(texts) == [#"{"crm":"true"}"#])
    let main = try #require(records.first { $0.call.role == .call })
    #expect(main.call.customerNumber == "447700900123" && main.call.status == .answered)
    #expect(api.posted.all.first?.isLive == true || api.posted.all.contains { $0.isLive })
  }

  @Test func piopiysLegsFollowToo() throws {
    let api = AskedAPI()
    let told = try answer(
      api, "/v1/make_call", Self.with(Self.makeCall, "extra_params", .object(["cdrelay": .string("17")])))
    api.later.run()
    let records = try records(api.posted.all)
    #expect(Set(records.compactMap { $0.call.leg }) == [.a, .b] && records.count == 8, "each leg four times")
    #expect(records.allSatisfy { $0.call.requestID == told["data"]?["request_id"]?.string })
    #expect(records.allSatisfy { $0.call.extra?.json == .object(["cdrelay": .string("17")]) })
  }

  @Test func aNumberAsksForWhatBecomesOfTheCall() throws {
    let cases: [(Int64, Set<Call.Leg>)] = [(610, [.a, .b]), (611, [.a]), (612, [])]
    for (ending, legs) in cases {
      let api = AskedAPI { $0.postsAtOnce = true }
      _ = try answer(
        api, "/v2/webrtc/click2call", Self.with(Self.adminClick, "to", .integer(447_700_900_000 + ending)))
      api.later.run()
      let records = try records(api.posted.all)
      #expect(Set(records.compactMap { $0.call.leg }) == legs, "\(ending)")
      #expect(records.filter { $0.call.role == .call }.allSatisfy { $0.call.status == .missed }, "\(ending)")
    }
  }

  @Test func aPlacedCallThatIsOverIsInTheLists() throws {
    let api = AskedAPI(calls: 50)
    _ = try answer(api, "/v2/webrtc/click2call", Self.adminClick)
    api.later.run()
    let list = try answer(
      api, "/v2/out_answered",
      [
        "appid": .integer(2_222_223), "secret": .string("simulated-secret"),
        "end_date": .integer(Trying.midnight.milliseconds + 2 * SimulatedDay.milliseconds),
      ])
    #expect(list["cdr"]?.array?.first?["to"] == .integer(447_700_900_123))
  }

  @Test func whatIsDialledTwiceIsTold() throws {
    let api = AskedAPI()
    for id in ["1", "2", "1"] {
      _ = api.post(
        "/v1/make_call", Self.with(Self.makeCall, "extra_params", .object(["cdrelay": .string(id)])))
    }
    #expect(api.api.dials.count == 3 && api.api.dials.twice == 1)
    let page = try #require(api.get("/simulator/dials"))
    #expect(page.json?["dials"] == .integer(3) && page.json?["dialled_twice"] == .integer(1))
    #expect(page.json?["requests"]?.array?.map { $0["dials"]?.integer } == [2, 1])
    #expect(!page.text.contains("simulated-secret"), "no secret")
  }
}
