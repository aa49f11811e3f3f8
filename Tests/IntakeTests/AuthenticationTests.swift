import Digests
import Glibc
import HTTPTypes
import TestSupport
import Testing

@Suite struct AuthenticationTests {
  private let token = #"{"telecmi": {"provider": "telecmi", "auth": {"token": ["${NEW}", "${OLD}"]}}}"#
  private let environment = ["NEW": "new-secret-1", "OLD": "old-secret-2"]

  @Test(
    arguments: [
      ("/hooks/telecmi/new-secret-1", nil, nil), ("/hooks/telecmi", "token=new-secret-1", nil),
      ("/hooks/telecmi", nil, ("Authorization", "Bearer new-secret-1")),
      ("/hooks/telecmi", nil, ("authorization", "bearer  new-secret-1")),
      ("/hooks/telecmi", nil, ("X-Webhook-Token", "new-secret-1")),
    ] as [(String, String?, (String, String)?)])
  func aTokenMayStandInFourPlaces(path: String, query: String?, header: (String, String)?) throws {
    let fixture = try IntakeFixture(sources: token, environment: environment)
    let answer = fixture.post(path, missedCall(), headers: header.map { [$0] } ?? [], query: query)
    #expect(answer.status == 200)
    #expect(try fixture.text("SELECT credential FROM record") == "token")
    // It is nowhere in the row, nor in the log.
    let row = try fixture.text("SELECT headers || query || CAST(body AS TEXT) FROM record") ?? ""
    #expect(!row.contains("new-secret-1"))
    #expect(!fixture.lines.all.joined().contains("new-secret-1"))
  }

  @Test func theSecondSecretOfARotationIsNamed() throws {
    let fixture = try IntakeFixture(sources: token, environment: environment)
    #expect(fixture.post("/hooks/telecmi/old-secret-2", missedCall()).status == 200)
    #expect(try fixture.text("SELECT credential FROM record") == "token 2")
  }

  @Test(arguments: ["/hooks/telecmi", "/hooks/telecmi/", "/hooks/telecmi/wrong", "/hooks/telecmi/new-secret-"])
  func withoutAValidTokenNothingIsStored(path: String) throws {
    let fixture = try IntakeFixture(sources: token, environment: environment)
    let answer = fixture.post(path, missedCall())
    #expect(answer.status == 401)
    #expect(answer.headers["www-authenticate"] == "Bearer")
    #expect(answer.headers["content-type"] == "application/problem+json")
    #expect(try fixture.integer("SELECT count(*) FROM record") == 0)
    #expect(try fixture.integer("SELECT count(*) FROM quarantine") == 0)
  }

  /// Anybody may send them, and comparing such texts as characters takes quadratic time: it was 75 ms a request.
  @Test(arguments: ["%", "Bearer %", "% new-secret-1"])
  func thousandsOfCombiningCharactersCostNothing(value: String) throws {
    let fixture = try IntakeFixture(sources: token, environment: environment)
    let marks = "a" + String(repeating: "\u{301}\u{323}", count: 3500)
    let halves = value.split(separator: "%", omittingEmptySubsequences: false)
    let header = ("Authorization", halves.joined(separator: marks))
    let before = processorSeconds()
    for _ in 0..<20 { #expect(fixture.post("/hooks/telecmi", "{}", headers: [header]).status == 401) }
    #expect(processorSeconds() - before < 1)
  }

  /// Of this thread, so that what others do meanwhile does not count.
  private func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  @Test func manyRefusalsAreFewLines() throws {
    let fixture = try IntakeFixture(sources: token, environment: environment)
    for _ in 0..<50 { _ = fixture.post("/hooks/telecmi/wrong", missedCall()) }
    fixture.time.advance(seconds: 11)
    _ = fixture.post("/hooks/telecmi/wrong", missedCall())
    let lines = fixture.lines.all.filter { $0.contains("request.refused") }
    #expect(lines.count == 2)
    #expect(lines.last?.contains("more_not_logged=49") == true)
  }

  @Test func aPathThatNamesNoSourceLeavesALineWithoutThePath() throws {
    let fixture = try IntakeFixture(sources: token, environment: environment)
    for _ in 0..<3 { #expect(fixture.post("/hooks/telcmi/new-secret-1", missedCall()).status == 404) }
    _ = fixture.post("/favicon.ico", "{}")
    let lines = fixture.lines.all.filter { $0.contains("request.refused") }
    #expect(lines.count == 1)
    #expect(lines[0].contains("status=404 reason=\"the path names no enabled source\" sources=telecmi"))
    #expect(!lines[0].contains("telcmi") && !lines[0].contains("secret"))
  }

  @Test func basicTakesUserAndPassword() throws {
    let fixture = try IntakeFixture(
      sources: #"{"pbx": {"provider": "generic", "auth": {"basic": {"user": "pbx", "password": ["a:b", "c"]}}}}"#)
    func send(_ credentials: String) -> HTTPResponse {
      let encoded = Base64.encode(Array(credentials.utf8))
      return fixture.post("/hooks/pbx", "{}", headers: [("Authorization", "Basic \(encoded)")])
    }
    #expect(send("pbx:a:b").status == 200)
    #expect(try fixture.text("SELECT credential FROM record") == "basic pbx")
    #expect(send("pbx:c").member("status") == "duplicate")
    #expect(send("pbx:d").status == 401)
    #expect(send("px:c").status == 401)
    #expect(fixture.post("/hooks/pbx", "{}").headers["www-authenticate"] == #"Basic realm="cdrelay""#)
  }

  @Test func callrSignsTheRawBody() throws {
    let fixture = try IntakeFixture(
      sources: #"{"callr": {"provider": "callr", "auth": {"hmac": {"secret": "k"}}}}"#)
    let body = #"{ "callid": 1234567890123456789, "status": "answered", "direction": "inbound" }"#
    let signature = Base64.encode(HMAC<SHA256>.authenticate(Array(body.utf8), key: Array("k".utf8)))
    let good = fixture.post("/hooks/callr", body, headers: [("X-CALLR-HmacSignature", signature)])
    #expect(good.status == 200)
    #expect(try fixture.text("SELECT credential FROM record") == "hmac")
    // One byte more, and it is not what was signed.
    let changed = fixture.post("/hooks/callr", body + " ", headers: [("X-CALLR-HmacSignature", signature)])
    #expect(changed.status == 401)
    #expect(fixture.post("/hooks/callr", body).status == 401)
  }

  @Test func whatNoSignatureCanCoverIsNotAccepted() throws {
    let fixture = try IntakeFixture(
      sources: #"{"callr": {"provider": "callr", "auth": {"hmac": {"secret": "k"}}}}"#)
    let ofNothing = Base64.encode(HMAC<SHA256>.authenticate([], key: Array("k".utf8)))
    let headers = HTTPHeaders([("X-CALLR-HmacSignature", ofNothing)])
    let get = HTTPRequest(method: "GET", path: "/hooks/callr", query: "callid=1&status=answered", headers: headers)
    #expect(fixture.send(get).status == 401)
    let large = HTTPRequest(
      method: "POST", path: "/hooks/callr", headers: headers, body: .tooLarge(declared: 2_000_000))
    #expect(fixture.send(large).status == 413)
    #expect(try fixture.integer("SELECT count(*) FROM quarantine") == 0)
    #expect(try fixture.integer("SELECT count(*) FROM record") == 0)
  }

  @Test func hmacInHexWithSHA512UnderAHeaderOfItsOwn() throws {
    let fixture = try IntakeFixture(
      sources: """
        {"pbx": {"provider": "generic",
         "auth": {"hmac": {"secret": "k", "header": "X-Sig", "algorithm": "sha512", "encoding": "hex"}}}}
        """)
    let signature = Hex.encode(HMAC<SHA512>.authenticate(Array("{}".utf8), key: Array("k".utf8)))
    #expect(fixture.post("/hooks/pbx", "{}", headers: [("X-Sig", signature)]).status == 200)
    #expect(fixture.post("/hooks/pbx", "{}", headers: [("X-Sig", String(signature.dropLast(2)))]).status == 401)
  }

  @Test func oneOfAnyIsEnoughAndAllOfOneAreNeeded() throws {
    let fixture = try IntakeFixture(
      sources: """
        {"pbx": {"provider": "generic", "auth": {"any_of": [
          {"token": "t", "allow_from": ["10.1.0.0/16"]}, {"basic": {"user": "u", "password": "p"}}]}}}
        """)
    #expect(fixture.post("/hooks/pbx/t", "{}", peer: "10.1.2.3").status == 200)
    #expect(try fixture.text("SELECT credential FROM record") == "token")
    #expect(fixture.post("/hooks/pbx/t", "{}", peer: "10.2.2.3").status == 403)
    #expect(fixture.post("/hooks/pbx/x", "{}", peer: "10.1.2.3").status == 401)
    let basic = ("Authorization", "Basic \(Base64.encode(Array("u:p".utf8)))")
    #expect(fixture.post("/hooks/pbx", "{}", headers: [basic], peer: "10.2.2.3").status == 200)
  }

  @Test func behindATrustedProxyTheSenderIsTheLastUntrustedHop() throws {
    let fixture = try IntakeFixture(
      sources: #"{"pbx": {"provider": "generic", "auth": {"allow_from": ["198.51.100.0/24"]}}}"#,
      relay: #"{"trusted_proxies": ["127.0.0.1/32", "10.0.0.0/8"]}"#)
    func send(_ forwarded: String, peer: String) -> Int {
      fixture.post("/hooks/pbx", "{}", headers: [("X-Forwarded-For", forwarded)], peer: peer).status
    }
    #expect(send("198.51.100.7", peer: "127.0.0.1") == 200)
    #expect(try fixture.text("SELECT sender FROM record") == "198.51.100.7")
    #expect(send("198.51.100.7, 10.0.0.2", peer: "127.0.0.1") == 200)
    // What stands left of the first untrusted hop was written by that hop.
    #expect(send("198.51.100.7, 203.0.113.5", peer: "127.0.0.1") == 403)
    // A peer that is no proxy of ours may say what it likes.
    #expect(send("198.51.100.7", peer: "203.0.113.5") == 403)
  }
}
