import HTTPTypes
import RelayCore
import Simulator
import TestSupport
import Testing

/// providers.md §2.2 and §2.3.
@Suite struct ListTests {
  private static let day = SimulatedDay(seed: 7, calls: 1200, from: Trying.midnight)
  private static let window: JSONObject = [
    "start_date": .integer(Trying.midnight.milliseconds),
    "end_date": .integer(Trying.midnight.milliseconds + 2 * SimulatedDay.milliseconds),
  ]

  private static func body(_ path: String, page: Int64? = nil) -> JSONObject {
    var body = window
    body["appid"] = .integer(2_222_223)
    body[path.hasPrefix("/v1") ? "token" : "secret"] = .string("simulated-secret")
    // It asks for more than it gets.
    body["limit"] = .integer(20)
    body["page"] = page.map(JSON.integer)
    return body
  }

  /// Every row of a list, page by page.
  private func rows(_ api: AskedAPI, _ path: String) throws -> [JSONObject] {
    var rows: [JSONObject] = []
    for page in Int64(1)... {
      let told = try #require(api.post(path, Self.body(path, page: page))?.json)
      let part = try #require((told["cdr"] ?? told["voicemail"])?.array).compactMap(\.object)
      let count = try #require((told["count"] ?? told["total"])?.integer)
      rows += part
      #expect(part.count == 10 || rows.count == Int(count), "a page has ten, but for the last")
      if part.count < 10 { return rows }
    }
    return rows
  }

  @Test func theListsAreTheDay() throws {
    let api = AskedAPI(calls: 1200)
    var ids: [String] = []
    for (path, direction, isAnswered) in [
      ("/v2/answered", SimulatedCall.Direction.inbound, true), ("/v2/missed", .inbound, false),
      ("/v2/out_answered", .outbound, true), ("/v2/out_missed", .outbound, false),
    ] {
      let rows = try rows(api, path)
      let calls = Self.day.calls.filter { $0.direction == direction && $0.isAnswered == isAnswered }
      let listed = rows.compactMap { $0["cmiuid"]?.string }
      #expect(Set(listed) == Set(calls.map(\.mainID)) && listed.count == calls.count, "\(path)")
      #expect(rows.compactMap { $0["time"]?.integer } == calls.map { $0.telecmiTime.milliseconds }.sorted(by: >))
      ids += listed
    }
    #expect(Set(ids).count == 1200)
  }

  @Test func rowsHaveTheDocumentedFieldsAndNoOthers() throws {
    let api = AskedAPI(calls: 1200)
    let all: Set = [
      "cmiuid", "duration", "agent", "notes", "billedsec", "filename", "rate", "record", "name", "from", "to", "time",
    ]
    let answered = try rows(api, "/v2/answered")
    #expect(answered.contains { $0.keys == all } && answered.allSatisfy { $0.keys.isSubset(of: all) })
    let first = try #require(answered.first { $0.keys == all })
    #expect(first["record"] == .string("true") && first["from"]?.integer != nil && first["to"]?.integer != nil)
    #expect(
      answered.contains { $0["notes"]?.array?.first?.object?.keys == ["msg", "date", "agent"] }, "notes of agents")
    let missed = try rows(api, "/v2/missed")
    #expect(missed.allSatisfy { $0.keys.isDisjoint(with: ["agent", "filename", "record"]) })
    let outMissed = try rows(api, "/v2/out_missed")
    #expect(outMissed.allSatisfy { $0["from"]?.string != nil && $0["to"]?.integer != nil })
    let voicemails = try rows(api, "/v2/voicemail")
    #expect(!voicemails.isEmpty && voicemails.allSatisfy { $0.keys == ["time", "from", "voicename"] })
    // Poorer than webhooks.
    for row in answered + missed + outMissed {
      #expect(
        row.keys.isDisjoint(with: [
          "status", "direction", "leg", "team", "hangup_reason", "conversation_uuid", "cmiuuid", "user", "type",
        ]))
    }
  }

  @Test func indiasRowsHaveTheirOwn() throws {
    let api = AskedAPI(calls: 300)
    for path in ["/v1/answered", "/v1/missed", "/v1/outanswered", "/v1/outmissed"] {
      let rows = try rows(api, path)
      #expect(!rows.isEmpty && rows.allSatisfy { $0["_id"]?.string?.count == 24 && $0["cmiuid"] == nil })
      #expect(rows.allSatisfy { $0["rate"]?.string != nil })
      guard path.contains("out") else { continue }
      #expect(rows.allSatisfy { $0["from"]?.string?.hasSuffix("_2222223") == true }, "the agent's id")
    }
  }

  @Test func idsMayBeOthersOrMissing() throws {
    let ids = Set(Self.day.calls.map(\.mainID))
    let other = try rows(AskedAPI(calls: 1200) { $0.rowIDs = .other }, "/v2/missed")
    #expect(!other.isEmpty && other.allSatisfy { row in row["cmiuid"]?.string.map { ids.contains($0) } == false })
    let none = try rows(AskedAPI(calls: 1200) { $0.rowIDs = .none }, "/v2/missed")
    #expect(!none.isEmpty && none.allSatisfy { $0["cmiuid"] == nil })
  }

  @Test func aWindowIsInMillisecondsAndTheLastDayByDefault() throws {
    let api = AskedAPI(calls: 1200)
    var body = Self.body("/v2/answered")
    let (from, to) = (Trying.midnight + 10 * 3_600_000, Trying.midnight + 11 * 3_600_000)
    body["start_date"] = .integer(from.milliseconds)
    body["end_date"] = .string(String(to.milliseconds))
    let expected = Self.day.calls.count {
      $0.direction == .inbound && $0.isAnswered && ($0.telecmiTime >= from && $0.telecmiTime <= to)
    }
    #expect(expected > 10)
    #expect(api.post("/v2/answered", body)?.json?["count"]?.integer == Int64(expected))
    body["start_date"] = nil
    body["end_date"] = nil
    let last = try #require(api.post("/v2/answered", body)?.json?["count"]?.integer)
    let end = Trying.midnight + SimulatedDay.milliseconds
    #expect(last == Int64(Self.day.calls.count { $0.direction == .inbound && $0.isAnswered && $0.telecmiTime <= end }))
    body["page"] = .integer(.max)
    #expect(api.post("/v2/answered", body)?.json?["cdr"] == .array([]))
  }

  @Test func badCredentialsAreAnErrorInsideA200() throws {
    let api = AskedAPI(calls: 10)
    for path in ["/v2/answered", "/v1/outmissed"] {
      var body = Self.body(path)
      body[path.hasPrefix("/v1") ? "token" : "secret"] = .string("wrong")
      let response = try #require(api.post(path, body))
      #expect(response.status == 200 && response.json?["code"] == .integer(404))
      #expect(response.json?["error"]?.string != nil && response.json?["msg"]?.string != nil)
    }
  }

  @Test func nowAndThenAnAnswerIsNoJSON() throws {
    func answers() -> [Bool] {
      let api = AskedAPI(calls: 10) { $0.flakyOneIn = 5 }
      return (0..<100).map { _ in api.post("/v2/answered", Self.body("/v2/answered"))?.json != nil }
    }
    let once = answers()
    #expect(once == answers(), "the same ones for the same seed")
    #expect((60...95).contains(once.count { $0 }))
  }

  // MARK: Recordings

  @Test func aRecordingIsThereAfterABadGateway() throws {
    let api = AskedAPI(calls: 100)
    let call = try #require(Self.dayOf100.calls.first { $0.recording(Trying.account) != nil && $0.talkSeconds > 3 })
    let file = try #require(call.recording(Trying.account))
    let path = "/v2/play?appid=2222223&secret=simulated-secret&file=\(file)"
    let early = try #require(api.get(path))
    let badGateway = JSON.object(["code": .integer(502), "msg": .string("Internal Server Error")])
    #expect(early.status == 200 && early.json == badGateway)
    let whole = try #require(api.get(path))
    #expect(whole.status == 200 && whole.headers["content-type"] == "audio/mpeg")
    #expect(whole.body.starts(with: [0xFF, 0xFB]))
    let frames = Int(min(call.talkSeconds, 300) * 44_100 / 1152)
    #expect(whole.body.count == frames * 104)
    let v1 = api.get("/v1/play?appid=2222223&token=simulated-secret&file=\(file)")
    #expect(v1?.body == whole.body)
    #expect(api.get("/v2/play?appid=2222223&secret=wrong&file=\(file)")?.json?["code"] == .integer(404))
    let missing = "/v2/play?appid=2222223&secret=simulated-secret&file=1634720915260737218351_2222223.mp3"
    for _ in 0..<3 { #expect(api.get(missing)?.json?["code"] == .integer(502)) }
  }

  private static let dayOf100 = SimulatedDay(seed: 7, calls: 100, from: Trying.midnight)

  @Test func aPartOfARecordingMayBeAskedFor() throws {
    let api = AskedAPI(calls: 100) { $0.unpublishedAnswers = 0 }
    let file = try #require(Self.dayOf100.calls.compactMap { $0.recording(Trying.account) }.first)
    let path = "/v2/play?appid=2222223&secret=simulated-secret&file=\(file)"
    let whole = try #require(api.get(path)).body
    func part(_ range: String) -> HTTPResponse? { api.get(path, headers: [("Range", range)]) }
    #expect(part("bytes=0-99")?.body == Array(whole[0..<100]) && part("bytes=0-99")?.status == 206)
    #expect(part("bytes=100-")?.body == Array(whole[100...]))
    #expect(part("bytes=-10")?.body == Array(whole.suffix(10)))
    #expect(part("bytes=10-19")?.headers["content-range"] == "bytes 10-19/\(whole.count)")
    #expect(part("bytes=\(whole.count)-")?.status == 416)
    #expect(part("bytes=5-999999999999")?.body.count == whole.count - 5)
    for odd in ["bytes=9-5", "bytes=a-b", "items=0-1", "bytes=0-1,3-4"] { #expect(part(odd)?.status == 200, "\(odd)") }
  }

  @Test func thePlanOfLossesIsShown() throws {
    let lost = (Trying.midnight + 10 * 3_600_000)..<(Trying.midnight + 12 * 3_600_000)
    let api = AskedAPI(calls: 1200) { $0.lost = lost }
    let page = try #require(api.get("/simulator/missing")?.json)
    #expect(page["telecmi"]?.array?.compactMap(\.string) == Self.day.missing(.telecmi, lost: lost).map(\.mainID))
    #expect(page["callr"]?.array?.isEmpty == false)
    let about = try #require(api.get("/")?.json)
    #expect(about["simulator"]?.string?.contains("built from their documents") == true)
    #expect(about["day"]?["calls"] == .integer(1200))
    #expect(api.get("/nowhere")?.status == 404)
  }
}
