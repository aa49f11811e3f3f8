import Digests
import DurableQueue
import HTTPTypes
import TestSupport
import Testing

/// `keep_refused`: what was refused with 401 is kept apart, without its credentials.
@Suite struct KeepRefusedTests {
  private static let token = "a-token-of-24-characters"
  private static let sources = """
    {"telecmi": {"provider": "telecmi", "auth": {"token": "\(token)"}, "keep_refused": {}},
     "strict": {"provider": "telecmi", "auth": {"token": "another-long-secret"}},
     "callr": {"provider": "callr", "auth": {"hmac": {"secret": "a-long-hmac-secret"}}, "keep_refused": {"count": 2}},
     "pbx": {"provider": "generic", "keep_refused": {"bytes": 65536},
       "auth": {"basic": {"user": "pbx", "password": "a-long-password"}}}}
    """

  private let fixture: IntakeFixture

  init() throws {
    fixture = try IntakeFixture(sources: Self.sources)
  }

  /// All columns of all rows as one text.
  private func everything() throws -> String {
    try fixture.text(
      """
      SELECT group_concat(source || sender || credential || reason || coalesce(content_type, '') || headers || query ||
        coalesce(CAST(body AS TEXT), '')) FROM refused
      """) ?? ""
  }

  @Test func aRefusedRequestIsKeptForAReplayAndIsNoRecord() throws {
    let body = missedCall()
    let answer = fixture.post(
      "/hooks/telecmi/wrong-token", body, headers: [("User-Agent", "TeleCMI")], query: "a=b&token=other-token",
      peer: "203.0.113.7")
    #expect(answer.status == 401)
    fixture.queue.close()
    #expect(try fixture.integer("SELECT count(*) FROM refused") == 1)
    #expect(
      try fixture.text("SELECT source || ' ' || state || ' ' || sender || ' ' || status FROM refused")
        == "telecmi kept 203.0.113.7 401")
    #expect(try fixture.text("SELECT CAST(body AS TEXT) FROM refused") == body)
    #expect(
      try fixture.text("SELECT headers FROM refused")
        == #"[["content-type","application/json"],["user-agent","TeleCMI"]]"#)
    #expect(try fixture.text("SELECT query FROM refused") == #"[["a","b"]]"#)
    let day: Int64 = 86_400_000
    #expect(try fixture.integer("SELECT expires_at_ms - received_at_ms FROM refused") == 7 * day)
    for table in ["record", "delivery", "quarantine"] {
      #expect(try fixture.integer("SELECT count(*) FROM \(table)") == 0)
    }
    #expect(try fixture.integer("SELECT refused FROM source_hour") == 1)
  }

  /// Byte for byte, but for the date that the receiver adds.
  @Test func theAnswerIsThatOfASourceThatKeepsNone() throws {
    let kept = fixture.post("/hooks/telecmi/wrong-token", missedCall())
    let dropped = fixture.post("/hooks/strict/wrong-token", missedCall())
    #expect(kept == dropped)
    fixture.queue.close()
    #expect(try fixture.integer("SELECT count(*) FROM refused WHERE source = 'strict'") == 0)
  }

  @Test(
    arguments: [
      ("/hooks/telecmi/wrong-token-1", nil, nil), ("/hooks/telecmi", "token=wrong-token-1", nil),
      ("/hooks/telecmi", nil, ("Authorization", "Bearer wrong-token-1")),
      ("/hooks/telecmi", nil, ("Authorization", "wrong-token-1")),
      ("/hooks/telecmi", nil, ("Proxy-Authorization", "Bearer wrong-token-1")),
      ("/hooks/telecmi", nil, ("X-Webhook-Token", "wrong-token-1")),
      ("/hooks/telecmi", nil, ("Cookie", "wrong-token-1")),
      ("/hooks/pbx", nil, ("Authorization", "Basic \(Base64.encode(Array("u:wrong-token-1".utf8)))")),
      ("/hooks/callr", nil, ("X-CALLR-HmacSignature", "wrong-token-1")), ("/hooks/callr", "token=wrong-token-1", nil),
    ] as [(String, String?, (String, String)?)])
  func nothingOfWhatWasPresentedIsKept(path: String, query: String?, header: (String, String)?) throws {
    let answer = fixture.post(path, missedCall(), headers: header.map { [$0] } ?? [], query: query)
    #expect(answer.status == 401)
    fixture.queue.close()
    #expect(try fixture.integer("SELECT count(*) FROM refused") == 1)
    let all = try everything()
    #expect(!all.contains("wrong-token-1") && !all.contains(Base64.encode(Array("u:wrong-token-1".utf8))))
    let hash = Hex.encode(SHA256.hash(Array("wrong-token-1".utf8)))
    #expect(!all.contains(hash.prefix(8)), "a plain hash of a short secret can be guessed")
    #expect(!fixture.lines.all.joined().contains("wrong-token-1"))
  }

  /// The right secret in the wrong place, or at the wrong source.
  @Test(
    arguments: [
      ("X-Api-Key", "a-token-of-24-characters", nil), ("X-Api-Key", "Token a-token-of-24-characters", nil),
      ("X-Key", "another-long-secret", nil), ("X-Note", "a-long-password", nil), ("X-Note", "a-long-hmac-secret", nil),
      ("X-Note", "x", "api_key=a-token-of-24-characters&a=b"), ("X-Note", "x", "a-token-of-24-characters"),
    ] as [(String, String, String?)])
  func noSecretOfTheRuleFileIsKeptWhereverItStands(header: String, value: String, query: String?) throws {
    #expect(fixture.post("/hooks/telecmi", missedCall(), headers: [(header, value)], query: query).status == 401)
    fixture.queue.close()
    let all = try everything()
    #expect(all.contains("cmiuuid"))
    for secret in [Self.token, "another-long-secret", "a-long-password", "a-long-hmac-secret"] {
      #expect(!all.contains(secret))
    }
  }

  @Test func theSameWrongTokenHasTheSameFingerprint() throws {
    for (token, id) in [("old-token", "1"), ("old-token", "2"), ("guess", "3")] {
      _ = fixture.post("/hooks/telecmi/\(token)", missedCall(id: id))
    }
    _ = fixture.post("/hooks/telecmi", missedCall(id: "4"), headers: [("Authorization", "Bearer old-token")])
    _ = fixture.post("/hooks/telecmi", missedCall(id: "5"))
    fixture.queue.close()
    #expect(try fixture.integer("SELECT count(DISTINCT credential) FROM refused") == 3)
    #expect(try fixture.integer("SELECT max(n) FROM (SELECT count(*) AS n FROM refused GROUP BY credential)") == 3)
    #expect(try fixture.text("SELECT credential FROM refused ORDER BY id DESC") == "nothing")
    let credential = try #require(try fixture.text("SELECT credential FROM refused ORDER BY id"))
    #expect(credential.wholeMatch(of: /token [0-9a-f]{8}/) != nil)
    // Another run's key: nothing that could be worked out from the file.
    let other = try IntakeFixture(sources: Self.sources)
    _ = other.post("/hooks/telecmi/old-token", missedCall(id: "1"))
    other.queue.close()
    #expect(try other.text("SELECT credential FROM refused") != credential)
  }

  @Test func theSameContentIsKeptOnceAndCounted() throws {
    for _ in 0..<3 { _ = fixture.post("/hooks/telecmi/wrong", missedCall()) }
    fixture.queue.close()
    #expect(try fixture.integer("SELECT count(*) FROM refused") == 1)
    #expect(try fixture.integer("SELECT times FROM refused") == 3)
  }

  @Test func aRefusedGETKeepsItsQueryAsTheRecord() throws {
    let get = HTTPRequest(
      method: "GET", path: "/hooks/telecmi", query: "cmiuuid=c1&appid=2222223&token=wrong-token-1", peer: "203.0.113.7")
    #expect(fixture.send(get).status == 401)
    let broken = HTTPRequest(method: "GET", path: "/hooks/telecmi", query: "a=%zz&token=wrong-token-1")
    #expect(fixture.send(broken).status == 401)
    fixture.queue.close()
    #expect(
      try fixture.text("SELECT CAST(body AS TEXT) FROM refused ORDER BY id") == #"{"cmiuuid":"c1","appid":2222223}"#)
    #expect(try !everything().contains("wrong-token-1"))
  }

  @Test func aBodyTooLargeToBeReadLeavesItsSize() throws {
    let large = HTTPRequest(method: "POST", path: "/hooks/telecmi/wrong", body: .tooLarge(declared: 2_000_000))
    #expect(fixture.send(large).status == 401)
    fixture.queue.close()
    #expect(try fixture.integer("SELECT size FROM refused") == 2_000_000)
    #expect(try fixture.integer("SELECT body IS NULL FROM refused") == 1)
  }

  @Test func onlyWhatIsRefusedForItsCredentialIsKept() throws {
    #expect(fixture.post("/hooks/nobody/wrong", "{}").status == 404)
    #expect(fixture.send(HTTPRequest(method: "PUT", path: "/hooks/telecmi/wrong")).status == 405)
    #expect(fixture.post("/hooks/telecmi/\(Self.token)", "not json").status == 400)
    #expect(fixture.post("/hooks/telecmi/\(Self.token)", missedCall()).status == 200)
    fixture.queue.close()
    #expect(try fixture.integer("SELECT count(*) FROM refused") == 0)
  }

  @Test func theOldestGoFirst() throws {
    for id in 1...5 { _ = fixture.post("/hooks/callr", #"{"callid": \#(id)}"#) }
    fixture.queue.close()
    #expect(
      try fixture.text("SELECT group_concat(CAST(body AS TEXT)) FROM (SELECT body FROM refused ORDER BY id)")
        == #"{"callid": 4},{"callid": 5}"#)
  }

  @Test func aBodyAboveTheBytesOfTheSourceIsDropped() throws {
    let body = #"{"a":"\#(String(repeating: "x", count: 70_000))"}"#
    #expect(fixture.post("/hooks/pbx", body).status == 401)
    fixture.queue.close()
    #expect(try fixture.integer("SELECT count(*) FROM refused") == 0)
  }
}
