import RelayCore
import Synchronization
import TestSupport
import Testing

/// Each error code of providers.md §2.1 in each spelling that is documented or was seen, and what a client gets of it. Which
/// HTTP status goes with a code is documented nowhere, so both come.
@Suite struct DocumentedAnswersTests {
  private static let credentials =
    "the provider refused our credentials; nothing was dialled. The relay's admin must mend the source's api"

  /// By code: what a client gets, where the provider says "WORDS".
  private static let codes: [(code: Int, status: Int, detail: String)] = [
    (400, 422, "the provider refused the request (code 400: WORDS); nothing was dialled"),
    (401, 502, credentials),
    (404, 422, "the provider refused the request (code 404: WORDS); nothing was dialled"),
    (407, 422, "the provider refused the request (code 407: WORDS); nothing was dialled"),
    (420, 502, credentials),
    (422, 422, "the provider refused the request (code 422: WORDS); nothing was dialled"),
    (501, 422, "the provider refused the request (code 501: WORDS); nothing was dialled"),
    (502, 422, "the provider refused the request (code 502: WORDS); nothing was dialled"),
  ]

  /// The short edition, with its words under each name that was seen; the long one, whose code may stand inside `data` as its
  /// document has it.
  private static func bodies(_ code: Int) -> [String] {
    [String(code), "\"\(code)\""].flatMap { code in
      [
        #"{"code":\#(code),"msg":"WORDS"}"#, #"{"code":\#(code),"error":"WORDS"}"#,
        #"{"status":"WORDS","code":\#(code)}"#, #"{"data":"WORDS","code":\#(code)}"#,
        #"{"data":{"status":"WORDS"},"code":\#(code)}"#,
        #"{"data":{"inetno":2222223,"time":1571062483000,"rate":"0.40","status":"WORDS","code":\#(code)}}"#,
      ]
    }
  }

  /// The answers that place a call, in both editions.
  private static let placed = [
    #"{"data":{"status":"progress","request_id":"the-id"},"code":200}"#,
    #"{"data":{"status":"progress","request_id":"the-id"},"status":"progress","request_id":"the-id","code":"200"}"#,
    #"{"code":200,"msg":"Call initiated","request_id":"the-id"}"#,
    #"{"code":"200","msg":"Call terminated","request_id":"the-id"}"#,
    #"{"data":{"inetno":2222226,"time":1571062483000,"rate":"0.40","answer_url":"http://a.example/v1","event_url":"http://a.example","from":4471000000,"duration":3600,"channel":16,"to":9100000000,"user":"the-id"},"code":"200"}"#,
    // Without the brace that its document lacks.
    #"{"data":{"inetno":2222226,"channel":16,"to":9100000000,"user":"the-id","code":"200"}}"#,
  ]

  private final class Script: Sendable {
    let next = Mutex((status: 200, body: ""))
  }

  private static let asked = [
    ("piopiy", piopiyCall), ("chub", click), ("chub_india", click),
  ]

  @Test(arguments: asked) func whatAClientGets(product: String, request: String) throws {
    let script = Script()
    let fixture = try CallingFixture(product: product, client: #", "rate_per_minute": 1000, "rate_per_day": 1000"#) {
      _ in
      let (status, body) = script.next.withLock { $0 }
      return .status(status, body: body)
    }
    var count = 0
    for (code, status, detail) in Self.codes {
      for body in Self.bodies(code) {
        for http in [200, code] {
          script.next.withLock { $0 = (http, body) }
          let response = fixture.call(request)
          count += 1
          #expect(response.status == status && response.member("detail") == detail, "\(http) \(body): \(response.text)")
          #expect(response.headers["content-type"] == "application/problem+json")
          #expect(response.member("state") == "refused" && response.json?["request_id"] == nil)
        }
      }
    }
    for body in Self.placed {
      script.next.withLock { $0 = (200, body) }
      let response = fixture.call(request)
      count += 1
      #expect(response.status == 201 && response.member("request_id") == "the-id", "\(body): \(response.text)")
    }
    #expect(fixture.provider.requests.count == count, "each once")
    let alerts = Self.codes.count { $0.detail == Self.credentials } * Self.bodies(0).count * 2
    #expect(fixture.logged.split(separator: "\n").count { $0.contains("call.credentials_refused") } == alerts)
    #expect(!fixture.logged.contains("WORDS") && !fixture.logged.contains(CallingFixture.secret))
  }
}
