import DurableQueue
import Foundation
import HTTPTypes
import RelayCore
import SQLite
import Synchronization
import TestSupport
import Testing

@Suite struct PlacingTests {
  private static let placed = #"{"code":200,"msg":"Call initiated","request_id":"req-1"}"#

  @Test func clickToCallIsAskedAsDocumented() throws {
    let fixture = try CallingFixture { _ in .status(200, body: Self.placed) }
    let response = fixture.call(
      """
      {"user_id": "103_2222223", "to": "+33 6 39 98 00 42", "callerid": "0033199001234", "webrtc": true,
       "extra_params": {"deal": 7}}
      """)
    #expect(response.status == 201)
    let id = try #require(response.member("id"))
    #expect(response.text == #"{"id":"\#(id)","source":"telecmi","state":"placed","request_id":"req-1"}"#)
    #expect(response.headers["location"] == "/calls/telecmi/\(id)")
    let request = try #require(fixture.provider.requests.first)
    #expect(request.method == "POST" && request.target == "/v2/webrtc/click2call")
    #expect(request["content-type"] == "application/json")
    #expect(
      request.text
        == #"{"user_id":"103_2222223","secret":"\#(CallingFixture.secret)","to":33639980042,"extra_params":{"deal":7,"cdrelay_call":"\#(id).crm"},"webrtc":true,"callerid":33199001234}"#
    )
    #expect(fixture.look(id).text == response.text)
    #expect(fixture.look(id, token: "token-of-billing-8").status == 404, "of another client")
  }

  @Test func theDocumentsRequestIsAskedAsDocumented() throws {
    let fixture = try CallingFixture(product: "piopiy") { _ in
      .status(
        200,
        body: #"{"data":{"inetno":2222223,"rate":"0.40","from":4471000000,"user":"40ccbc10-46be"},"code":"200"}"#)
    }
    // Its numbers are of no country's length: for a client that may call anything.
    let response = fixture.call(
      #"{"from": 914471000000, "answer_url": "http://9538e04c.ngrok.io/v1/piopiy_action", "to": 9100000000}"#,
      token: "token-of-billing-8")
    #expect(response.status == 201 && response.member("request_id") == "40ccbc10-46be")
    #expect(
      fixture.provider.requests.first?.text
        == #"{"appid":2222223,"secret":"\#(CallingFixture.secret)","from":914471000000,"answer_url":"http://9538e04c.ngrok.io/v1/piopiy_action","to":9100000000}"#
    )
    #expect(fixture.provider.requests.first?.target == "/v1/make_call")
  }

  @Test func chubIndiaHasOtherNames() throws {
    let fixture = try CallingFixture(product: "chub_india") { _ in .status(200, body: Self.placed) }
    let response = fixture.call(click)
    let id = try #require(response.member("id"))
    #expect(
      fixture.provider.requests.first?.text
        == #"{"agent_id":"103_2222223","token":"\#(CallingFixture.secret)","to":33639980042,"custom":{"cdrelay_call":"\#(id).crm"}}"#
    )
    #expect(fixture.provider.requests.first?.target == "/v1/adminConnect")
  }

  /// Each documented code and what a client gets; the first answer again for the same key; nothing secret anywhere.
  @Test(arguments: [
    (200, #"{"code":200,"request_id":"r","echo":"\#(CallingFixture.secret)"}"#, 201, ""),
    (
      200, #"{"code":420,"msg":"bad \#(CallingFixture.secret)"}"#, 502,
      "the provider refused our credentials; nothing was dialled."
    ),
    (
      200, #"{"code":501,"msg":"missing \#(CallingFixture.secret) to"}"#, 422,
      "the provider refused the request (code 501: missing ••• to); nothing was dialled"
    ),
    (502, #"{"code":502,"msg":"to is missing"}"#, 422, "the provider refused the request (code 502: to is missing);"),
    (404, #"{"code":404,"msg":"no user"}"#, 422, "the provider refused the request (code 404: no user);"),
    (429, "", 502, "the provider refused the call (code 429);"),
    (500, "oops", 504, "it is not known whether the call was dialled"),
    (200, "<html>", 504, "it is not known whether the call was dialled"),
  ])
  func whatAClientGets(status: Int, body: String, wanted: Int, detail: String) throws {
    let fixture = try CallingFixture { _ in .status(status, body: body) }
    let response = fixture.call(click, key: "k")
    #expect(response.status == wanted)
    #expect(detail.isEmpty || response.member("detail")?.hasPrefix(detail) == true, "\(response.text)")
    let again = fixture.call(click, key: "k")
    #expect(again.status == wanted && again.body == response.body)
    #expect(again.headers["idempotent-replayed"] == "true" && response.headers["idempotent-replayed"] == nil)
    #expect(fixture.provider.requests.count == 1)
    let other = fixture.call(#"{"user_id": "103_2222223", "to": "+33639980043"}"#, key: "k")
    #expect(other.status == 422 && fixture.provider.requests.count == 1)
    let id = try #require(response.member("id"))
    #expect(fixture.look(id).status == 200)
    fixture.stop()
    for name in try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path) {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: fixture.folder.file(name)))
      for secret in [CallingFixture.secret, CallingFixture.token] {
        #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(name)")
      }
    }
    let seen = [response.text, again.text, fixture.logged, fixture.metrics].joined()
    for secret in [CallingFixture.secret, CallingFixture.token] { #expect(!seen.contains(secret)) }
    #expect(!fixture.logged.contains("639980042"))
  }

  @Test func withoutAConnectionNothingWasSentAndTheKeyMayTryAgain() throws {
    let closed = try ScriptedDestination { _ in .close }
    closed.stop()
    let fixture = try CallingFixture(port: closed.port) { _ in .close }
    let response = fixture.call(click, key: "k")
    #expect(response.status == 503 && response.headers["retry-after"] == "5")
    #expect(response.member("detail")?.contains("nothing was sent to the provider") == true)
    #expect(fixture.logged.contains("call.not_sent") && fixture.logged.contains("fault=connection"))
    #expect(!fixture.logged.contains("call.refused_by_provider"))
    let server = try ScriptedDestination(port: closed.port) { _ in .status(200, body: Self.placed) }
    let again = fixture.call(click, key: "k")
    #expect(again.status == 201 && again.member("id") == response.member("id"))
    #expect(server.requests.count == 1)
  }

  /// The disk fills up behind the commit of the request, and before that of its being sent; and before either.
  @Test(arguments: [true, false]) func whatCannotBeWrittenIsNotDialled(isAccepted: Bool) throws {
    let isFull = Flag()
    var settings = DurableQueue.Settings()
    settings.beforeCommit = { (connection) throws(DatabaseError) in
      let accepted = try connection.integer("SELECT count(*) FROM call_request WHERE state = 'accepted'") ?? 0
      if isFull.value, !isAccepted || accepted > 0 {
        throw DatabaseError(code: 13, message: "database or disk is full")
      }
    }
    let fixture = try CallingFixture(settings: settings) { _ in .status(200, body: Self.placed) }
    isFull.value = true
    let response = fixture.call(click, key: "k")
    #expect(response.status == 503 && response.headers["retry-after"] != nil)
    #expect(response.member("detail")?.contains("nothing was dialled") == true, "\(response.text)")
    #expect(fixture.call(click, key: "other").status == 503)
    #expect(fixture.provider.requests.isEmpty)
    isFull.value = false
    let pause = DispatchSemaphore(value: 0)
    var again = fixture.call(click, key: "k")
    for _ in 0..<3000 where ![201, 504].contains(again.status) {
      _ = pause.wait(timeout: .now() + 0.02)
      again = fixture.call(click, key: "k")
    }
    #expect(again.status == 201, "\(again.text)")
    #expect(fixture.provider.requests.count == 1)
    if isAccepted { #expect(again.member("id") == response.member("id")) }
  }

  @Test func aConnectionThatBreaksOffIsNeverTriedAgain() throws {
    // The second call would go on a kept connection: libcurl would send it again by itself where that one is closed.
    let fixture = try CallingFixture { $0.number == 1 ? .status(200, body: Self.placed) : .close }
    #expect(fixture.call(click, key: "a").status == 201)
    #expect(fixture.call(click, key: "b").status == 504)
    #expect(fixture.call(click, key: "b").status == 504)
    #expect(fixture.provider.requests.count == 2 && fixture.provider.connectionCount == 2)
  }

  @Test func aSilentProviderLeavesItUnknownUntilTheRecordComes() throws {
    let fixture = try CallingFixture(api: #", "timeout_seconds": 1"#) { _ in .silence }
    let response = fixture.call(click, key: "k")
    #expect(response.status == 504)
    let id = try #require(response.member("id").flatMap { Identifier($0) })
    #expect(try fixture.text("SELECT state || ' ' || fault FROM call_request") == "unknown no_answer")
    #expect(fixture.metrics.contains(#"cdrelay_calls_total{source="telecmi",client="crm",outcome="unknown"} 1"#))
    #expect(fixture.look(id.description).member("state") == "unknown")
  }

  @Test func aStopRefusesWhatWaitsAndGivesUpWhatWasSent() throws {
    let fixture = try CallingFixture { _ in .silence }
    let answers = Mailbox<HTTPResponse>()
    for number in 0..<10 {
      let headers = HTTPHeaders([
        ("authorization", "Bearer \(CallingFixture.token)"), ("idempotency-key", "k\(number)"),
      ])
      fixture.calling.handle(
        HTTPRequest(method: "POST", path: "/calls/telecmi", headers: headers, body: .bytes(Array(click.utf8)))
      ) { answers.put($0) }
    }
    #expect(fixture.provider.wait(requests: 4))
    fixture.stop()
    var statuses: [Int] = []
    for _ in 0..<10 { statuses.append(try #require(answers.next()).status) }
    #expect(statuses.count { $0 == 504 } == 4)
    #expect(statuses.count { $0 == 503 } == 6)
    #expect(fixture.provider.requests.count == 4)
    #expect(try fixture.integer("SELECT count(*) FROM call_request WHERE settled_at_ms IS NULL") == 0)
  }

  @Test func whatIsUnderWayIsNotSentASecondTime() throws {
    let fixture = try CallingFixture { _ in .silence }
    let answers = Mailbox<HTTPResponse>()
    let headers = HTTPHeaders([("authorization", "Bearer \(CallingFixture.token)"), ("idempotency-key", "k")])
    let request = HTTPRequest(
      method: "POST", path: "/calls/telecmi", headers: headers, body: .bytes(Array(click.utf8)))
    fixture.calling.handle(request) { answers.put($0) }
    #expect(fixture.provider.wait(requests: 1))
    let second = fixture.send(request)
    #expect(second.status == 409 && second.headers["retry-after"] == "2")
    fixture.stop()
    #expect(answers.next()?.status == 504)
    #expect(fixture.provider.requests.count == 1)
  }
}

private final class Flag: Sendable {
  private let state = Mutex(false)

  var value: Bool {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}
