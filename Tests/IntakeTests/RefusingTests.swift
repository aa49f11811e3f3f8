import HTTPTypes
import TestSupport
import Testing

@Suite struct RefusingTests {
  private let open = """
    {"telecmi": {"provider": "telecmi", "auth": "none", "app_ids": [2222223]},
     "off": {"provider": "telecmi", "auth": "none", "enabled": false},
     "pbx": {"provider": "generic", "auth": "none", "key": "call.uuid"}}
    """

  @Test(arguments: [
    ("POST", "/", 404), ("POST", "/hooks", 404), ("POST", "/hooks/", 404), ("POST", "/hooks/nobody", 404),
    ("POST", "/hooks/off", 404), ("PUT", "/hooks/telecmi", 405), ("HEAD", "/hooks/telecmi", 405),
    ("BREW", "/hooks/telecmi", 501),
  ])
  func whatIsNoWebhookGetsItsProblem(method: String, path: String, status: Int) throws {
    let fixture = try IntakeFixture(sources: open)
    let answer = fixture.send(HTTPRequest(method: method, path: path, body: .bytes(Array(missedCall().utf8))))
    #expect(answer.status == status)
    #expect(answer.headers["content-type"] == "application/problem+json")
    if status == 405 { #expect(answer.headers["allow"] == "GET, POST") }
    #expect(try fixture.integer("SELECT count(*) FROM quarantine") == 0)
  }

  @Test func textThatIsNotJSONIsKeptOnceAndCounted() throws {
    let fixture = try IntakeFixture(sources: open)
    let first = fixture.post("/hooks/telecmi", "{'type': 'cdr'}")
    #expect(first.status == 400)
    #expect(first.text.contains("kept in quarantine as"))
    _ = fixture.post("/hooks/telecmi", "{'type': 'cdr'}")
    #expect(try fixture.integer("SELECT count(*) FROM quarantine") == 1)
    #expect(try fixture.integer("SELECT times FROM quarantine") == 2)
    #expect(try fixture.text("SELECT CAST(body AS TEXT) FROM quarantine") == "{'type': 'cdr'}")
    #expect(try fixture.integer("SELECT status FROM quarantine") == 400)
  }

  @Test(
    "RFC 8259: a 400 says why and where",
    arguments: [
      ("{'type': 'cdr'}", 1), (#"{"type": "cdr","#, 15), (#"{"type": cdr}"#, 9), ("\u{FEFF}{}", 0), ("[1] 2", 4),
    ])
  func textThatIsNotJSONIsRefusedWithItsPlace(body: String, offset: Int) throws {
    let fixture = try IntakeFixture(sources: open)
    let answer = fixture.post("/hooks/telecmi", body)
    #expect(answer.status == 400)
    let sentence = try Regex(#""detail":"not JSON: [a-z][^"]+ at byte (\d+);"#)
    #expect(try sentence.firstMatch(in: answer.text)?.output[1].substring == "\(offset)", "\(answer.text)")
  }

  @Test("RFC 8259 section 8.1: a byte order mark is named") func aByteOrderMarkIsNamed() throws {
    let fixture = try IntakeFixture(sources: open)
    let answer = fixture.post("/hooks/pbx", "\u{FEFF}{}")
    #expect(answer.status == 400)
    #expect(
      answer.text.contains(
        "not JSON: a byte order mark (BOM) stands before the text, where RFC 8259 section 8.1 allows none; write it as UTF-8 "
          + "without BOM, that is without the bytes EF BB BF at byte 0; "))
  }

  @Test func jsonThatIsNoRecordOfTheProviderIsKept() throws {
    let fixture = try IntakeFixture(sources: open)
    #expect(fixture.post("/hooks/telecmi", #"{"hello": "world"}"#).status == 422)
    #expect(fixture.post("/hooks/pbx", #"{"call": {}}"#).status == 422)
    #expect(try fixture.integer("SELECT count(*) FROM quarantine WHERE status = 422 AND state = 'kept'") == 2)
  }

  @Test func aRecordOfAnotherAppIsKeptWithTheSentenceWhatToAdd() throws {
    let fixture = try IntakeFixture(sources: open)
    let answer = fixture.post(
      "/hooks/telecmi", missedCall().replacing("\"appid\":2222223", with: "\"appid\":3333333"))
    #expect(answer.status == 422)
    #expect(answer.text.contains("sources.telecmi.app_ids"))
    #expect(try fixture.integer("SELECT count(*) FROM quarantine") == 1)
  }

  @Test func aBodyTooLargeLeavesARowWithItsSize() throws {
    let fixture = try IntakeFixture(sources: open)
    let request = HTTPRequest(
      method: "POST", path: "/hooks/telecmi", headers: HTTPHeaders([("content-type", "application/json")]),
      body: .tooLarge(declared: 2_000_000))
    let answer = fixture.send(request)
    #expect(answer.status == 413)
    #expect(answer.text.contains("2000000 bytes, the limit is 1048576"))
    #expect(try fixture.integer("SELECT size FROM quarantine") == 2_000_000)
    #expect(try fixture.text("SELECT headers FROM quarantine")?.contains("application/json") == true)
  }

  @Test("Chunked, or a Content-Length beyond 64 bits") func aBodyOfUnknownSizeLeavesARowWithoutOne() throws {
    let fixture = try IntakeFixture(sources: open)
    let answer = fixture.send(
      HTTPRequest(method: "POST", path: "/hooks/telecmi", body: .tooLarge(declared: nil)))
    #expect(answer.status == 413)
    #expect(answer.text.contains("the body is larger than 1048576 bytes (relay.body_limit_bytes)"))
    #expect(try fixture.integer("SELECT count(*) FROM quarantine WHERE size IS NULL") == 1)
  }

  @Test func aContentEncodingThatWeCantReadIsKept() throws {
    let fixture = try IntakeFixture(sources: open)
    let answer = fixture.post("/hooks/telecmi", "\u{1F}bytes", headers: [("Content-Encoding", "gzip")])
    #expect(answer.status == 415)
    #expect(try fixture.integer("SELECT status FROM quarantine") == 415)
  }

  @Test func anEmptyPOSTAndAnEmptyQueryAreNoRecords() throws {
    let fixture = try IntakeFixture(sources: open)
    #expect(fixture.post("/hooks/telecmi", "").status == 400)
    #expect(fixture.send(HTTPRequest(method: "GET", path: "/hooks/telecmi")).status == 400)
    #expect(fixture.send(HTTPRequest(method: "GET", path: "/hooks/telecmi", query: "a=%zz")).status == 400)
  }

  @Test func aRecordWhoseQueryCantBeDecodedIsKept() throws {
    let fixture = try IntakeFixture(sources: #"{"telecmi": {"provider": "telecmi", "auth": {"token": "t"}}}"#)
    func get(_ query: String) -> HTTPResponse {
      fixture.send(HTTPRequest(method: "GET", path: "/hooks/telecmi", query: query))
    }
    #expect(get("token=x&a=%zz").status == 401)
    #expect(get("token=t&a%20b=%zz&c=%41").status == 400)
    #expect(try fixture.text("SELECT query FROM quarantine") == #"[["a b","%zz"],["c","A"]]"#)
    #expect(try fixture.text("SELECT reason FROM quarantine")?.hasPrefix("the query is not percent-encoded") == true)
    // A body is not refused for what stands in the query.
    #expect(fixture.post("/hooks/telecmi", missedCall(), query: "token=t&a=%ff").status == 200)
    #expect(try fixture.text("SELECT query FROM record") == #"[["a","%ff"]]"#)
  }

  @Test func problemsHoldNothingOfTheBody() throws {
    let fixture = try IntakeFixture(sources: open)
    let answer = fixture.post("/hooks/telecmi", #"{"from": "+33612345678" "secret""#)
    #expect(answer.status == 400)
    for part in ["33612345678", "secret"] {
      #expect(!answer.text.contains(part))
      #expect(!fixture.lines.all.joined().contains(part))
    }
  }
}
