import Outgoing
import RelayCore
import Testing

@testable import Calling
@testable import DurableQueue

/// Every code and spelling of providers.md §2.1, and what is documented nowhere.
@Suite struct VerdictTests {
  struct Case: Sendable, CustomStringConvertible {
    let status: Int
    let body: String
    let state: CallState
    var fault: CallFault?
    var requestID: String?
    var reason: String?

    var description: String { "\(status) \(body)" }
  }

  static let cases: [Case] = [
    // Documented: the short edition, PCMO's with the members outside too, CHUB's, CHUB-India's (sic).
    Case(
      status: 200, body: #"{"data":{"status":"progress","request_id":"r1"},"code":200}"#, state: .placed,
      requestID: "r1"),
    Case(
      status: 200,
      body: #"{"data":{"status":"progress","request_id":"r1"},"status":"progress","request_id":"r1","code":200}"#,
      state: .placed, requestID: "r1"),
    Case(status: 200, body: #"{"code":200,"msg":"Call initiated","request_id":"r2"}"#, state: .placed, requestID: "r2"),
    Case(status: 200, body: #"{"code":200,"msg":"Call terminated","request_id":77}"#, state: .placed, requestID: "77"),
    // The long edition, with its code as text, beside data and inside it.
    Case(
      status: 200,
      body:
        #"{"data":{"inetno":2222226,"time":1571062483000,"rate":"0.40","channel":16,"user":"40ccbc10"},"code":"200"}"#,
      state: .placed, requestID: "40ccbc10"),
    Case(
      status: 200, body: #"{"data":{"inetno":2222226,"user":"40ccbc10","code":"200"}}"#, state: .placed,
      requestID: "40ccbc10"),
    // Not documented: other spellings of success.
    Case(status: 201, body: #"{"code":200}"#, state: .placed),
    Case(status: 200, body: #"{"request_id":"r3"}"#, state: .placed, requestID: "r3"),
    Case(status: 200, body: "\u{FEFF}" + #"{"code":200,"request_id":"r4"}"#, state: .placed, requestID: "r4"),
    // Documented refusals, as an HTTP status and inside a 200, as number and text.
    Case(status: 420, body: #"{"code":420,"msg":"Invalid app id"}"#, state: .refused, fault: .credentials),
    Case(status: 200, body: #"{"code":420}"#, state: .refused, fault: .credentials),
    Case(status: 200, body: #"{"code":"420"}"#, state: .refused, fault: .credentials),
    Case(status: 420, body: "Enhance your calm", state: .refused, fault: .credentials),
    Case(status: 401, body: #"{"code":401,"msg":"unauthorized"}"#, state: .refused, fault: .credentials),
    Case(
      status: 200, body: #"{"code":501,"msg":"missing to"}"#, state: .refused, fault: .request,
      reason: "code 501: missing to"),
    Case(
      status: 501, body: #"{"code":"501","error":"missing"}"#, state: .refused, fault: .request,
      reason: "code 501: missing"),
    Case(status: 200, body: #"{"code":502,"msg":"Internal Server Error"}"#, state: .refused, fault: .request),
    Case(status: 200, body: #"{"code":422}"#, state: .refused, fault: .request, reason: "code 422"),
    Case(status: 400, body: #"{"code":400}"#, state: .refused, fault: .request),
    Case(status: 404, body: #"{"code":404,"msg":"user not found"}"#, state: .refused, fault: .request),
    Case(
      status: 200, body: #"{"code":404,"data":"no such user"}"#, state: .refused, fault: .request,
      reason: "code 404: no such user"),
    Case(status: 200, body: #"{"code":407}"#, state: .refused, fault: .request),
    // Not documented: what HTTP means by them.
    Case(status: 429, body: #"{"code":429}"#, state: .refused, fault: .provider),
    Case(status: 403, body: "<html>", state: .refused, fault: .provider),
    Case(status: 404, body: "not found", state: .refused, fault: .provider),
    Case(status: 409, body: #"{"msg":"busy"}"#, state: .refused, fault: .provider, reason: "code 409: busy"),
    // Nobody knows.
    Case(status: 200, body: "", state: .unknown, fault: .noAnswer),
    Case(status: 200, body: "OK", state: .unknown, fault: .noAnswer),
    Case(status: 200, body: "{}", state: .unknown, fault: .noAnswer),
    Case(status: 200, body: "[]", state: .unknown, fault: .noAnswer),
    Case(status: 200, body: #"{"code":null}"#, state: .unknown, fault: .noAnswer),
    Case(status: 200, body: #"{"code":500,"msg":"oops"}"#, state: .unknown, fault: .noAnswer),
    Case(status: 200, body: #"{"code":0,"request_id":"r"}"#, state: .unknown, fault: .noAnswer),
    Case(status: 200, body: #"{"code":99999999999999999999}"#, state: .unknown, fault: .noAnswer),
    Case(status: 500, body: #"{"code":200,"request_id":"r"}"#, state: .unknown, fault: .noAnswer),
    Case(status: 500, body: #"{"code":500}"#, state: .unknown, fault: .noAnswer),
    // A gateway says this in JSON too, with the call placed behind it.
    Case(status: 502, body: #"{"message":"Bad Gateway"}"#, state: .unknown, fault: .noAnswer),
    Case(status: 502, body: "<html>502</html>", state: .unknown, fault: .noAnswer),
    Case(status: 503, body: "", state: .unknown, fault: .noAnswer),
    Case(status: 504, body: #"{"msg":"timeout"}"#, state: .unknown, fault: .noAnswer),
    Case(status: 408, body: "", state: .unknown, fault: .noAnswer),
    Case(status: 302, body: "", state: .unknown, fault: .noAnswer),
    Case(status: 302, body: #"{"msg":"moved"}"#, state: .unknown, fault: .noAnswer),
  ]

  @Test(arguments: cases) func anAnswerMeans(_ one: Case) {
    let answer = Answer(status: one.status, body: Array(one.body.utf8))
    let verdict = CallVerdict.on(.answered(answer), wasSent: true)
    #expect(verdict.state == one.state)
    #expect(verdict.fault == one.fault)
    #expect(verdict.requestID == one.requestID)
    #expect(verdict.status == one.status)
    if let reason = one.reason { #expect(verdict.reason == reason) }
    #expect(verdict.state == .placed || verdict.reason != nil)
  }

  @Test(arguments: [
    (SendResult.failed("connection refused"), false, CallState.refused, CallFault.connection),
    (.failed("no answer within 30 s"), true, .unknown, .noAnswer),
    (.failed("the connection broke off"), true, .unknown, .noAnswer),
    (.refused(address: "127.0.0.1"), false, .refused, .connection),
    (.proxyRefused(status: 403), false, .refused, .connection),
    (.interrupted, true, .unknown, .noAnswer), (.interrupted, false, .refused, .stopped),
  ])
  func withoutAnAnswer(result: SendResult, wasSent: Bool, state: CallState, fault: CallFault) {
    let verdict = CallVerdict.on(result, wasSent: wasSent)
    #expect(verdict.state == state && verdict.fault == fault && verdict.reason != nil)
  }

  @Test func longWordsAreCutAndPlain() {
    let body = #"{"code":501,"msg":"a\u0000b\n"# + String(repeating: "x", count: 5000) + #""}"#
    let verdict = CallVerdict.on(.answered(Answer(status: 200, body: Array(body.utf8))), wasSent: true)
    #expect(verdict.reason?.hasPrefix("code 501: a b x") == true)
    #expect(verdict.reason?.count == 310)
  }
}
