import Dispatch
import HTTPTypes
import RelayCore
import Synchronization

/// The REST side of TeleCMI, PIOPIY and Callr as their documents tell it. It is made from those documents and from public code
/// that talks to the real ones (`providers.md` §2 and §4), not from the providers' systems: where both say nothing, the file
/// that guesses says so. Every answer carries `x-simulator`.
///
/// | path | what |
/// |---|---|
/// | `/v1/make_call`, `/v1/pcmo_make_call`, `/v2/global_pcmo_make_call`, `/v2/ind_pcmo_make_call` | PIOPIY |
/// | `/v2/webrtc/click2call` (POST, GET), `/v2/ind/click2call`, `/v2/click2call`, `/v1/adminConnect`, `/v2/user/login` | CHUB |
/// | `/v2/answered`, `missed`, `out_answered`, `out_missed`, `voicemail` | CHUB's lists |
/// | `/v1/answered`, `missed`, `outanswered`, `outmissed`, `voicemail` | CHUB-India's |
/// | `/v2/play`, `/v1/play` | recordings |
/// | `/v2.0/calls/export`, `/v2.0/tasks/{id}`, `/v2.0/files/{id}.csv` | Callr |
/// | `/simulator/dials`, `/simulator/missing`, `/` | what no provider has |
package final class SimulatedAPI: HTTPHandler {
  package struct Settings: Sendable {
    package var account = SimulatedAccount()
    package var rowIDs = RowIDs.same
    /// One answer of the lists in so many is no JSON; nil: none. Which ones hangs on `seed` and on the order of requests.
    package var flakyOneIn: UInt64?
    package var seed: UInt64 = 1
    /// The error code of the body is the HTTP status too. Not documented; in the answers that were seen it is 200.
    package var codeIsStatus = false
    /// How long a placed call is talked, in milliseconds; also rings so long. Its webhooks come when they would. Default 1,000.
    package var callMilliseconds: Int64 = 1000
    /// Posts all of a placed call's webhooks as soon as it is answered, in their order, without waiting for the call to go by.
    package var postsAtOnce = false
    /// How late the answer to a number that ends in 600 is. Default 5,000 ms.
    package var slowMilliseconds: Int64 = 5000
    /// So many times a recording is answered with `{"code":502}` before it is there. Default 1.
    package var unpublishedAnswers = 1
    /// So many times a task of Callr's is `pending`. Default 2.
    package var pendingAnswers = 2
    /// What was posted in this time was lost: for `/simulator/missing`.
    package var lost: Range<Instant>?
    package init() {}
  }

  enum Reply {
    case now(HTTPResponse)
    case later(HTTPResponse, milliseconds: Int64)
    case never
  }

  struct State {
    var book: CallBook
    var dials = DialBook()
    var requests: UInt64 = 0
    var plays: [String: Int] = [:]
    var exports: [Export] = []
  }

  package typealias After = @Sendable (_ milliseconds: Int64, _ work: @escaping @Sendable () -> Void) -> Void

  let settings: Settings
  let time: any TimeSource
  let state: Mutex<State>
  private let after: After
  private let post: @Sendable (SimulatedWebhook) -> Void

  /// - Parameters:
  ///   - post: sends a webhook of a placed call; called when it is due.
  ///   - after: does something later; by default on a thread of Dispatch's.
  package init(
    day: SimulatedDay? = nil, settings: Settings = Settings(), time: any TimeSource = SystemTime(),
    after: @escaping After = SimulatedAPI.onDispatch,
    post: @escaping @Sendable (SimulatedWebhook) -> Void = { _ in }
  ) {
    self.settings = settings
    self.time = time
    self.after = after
    self.post = post
    state = Mutex(State(book: CallBook(day: day)))
  }

  package static let onDispatch: After = { milliseconds, work in
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Int(milliseconds)), execute: work)
  }

  /// What was dialled until now.
  package var dials: DialBook { state.withLock { $0.dials } }

  package func handle(_ request: HTTPRequest, answer: @escaping @Sendable (HTTPResponse) -> Void) {
    switch reply(to: request) {
    case .now(let response): answer(Self.marked(response))
    case .later(let response, let milliseconds): after(milliseconds) { answer(Self.marked(response)) }
    // The server or the client gives up.
    case .never: break
    }
  }

  private static func marked(_ response: HTTPResponse) -> HTTPResponse {
    var response = response
    response.headers.append(lowercasedName: "x-simulator", "built from documents, not from the provider's system")
    return response
  }

  private func reply(to request: HTTPRequest) -> Reply {
    if let endpoint = DiallingEndpoint(method: request.method, path: request.path) {
      return dial(endpoint, Parameters(request))
    }
    if let response = lists(request) ?? recording(request) ?? callr(request) ?? ownPage(request) {
      return .now(response)
    }
    return .now(problem(404, "the simulator has no \(request.method) \(request.path); GET / lists what it has"))
  }

  // MARK: Answers

  /// TeleCMI's: the code stands in the body, HTTP says 200.
  func telecmi(_ object: JSONObject) -> HTTPResponse {
    let code = object["code"]?.integer.map(Int.init(truncatingIfNeeded:)) ?? 200
    return json(object, status: settings.codeIsStatus && code != 200 ? code : 200)
  }

  /// How an error's text is named is not documented; `error` and `msg` were seen.
  func telecmiError(_ code: Int, _ words: String) -> HTTPResponse {
    telecmi(["code": .integer(Int64(code)), "error": .string("Error"), "msg": .string(words)])
  }

  func json(_ object: JSONObject, status: Int = 200) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: HTTPHeaders([("content-type", "application/json; charset=utf-8")]),
      body: JSON.object(object).bytes)
  }

  /// Callr's errors: `{"code":"machine-error-code","message":"…"}`.
  func problem(_ status: Int, _ words: String, code: String = "not-found") -> HTTPResponse {
    json(["code": .string(code), "message": .string(words)], status: status)
  }

  static let html = HTTPResponse(
    status: 200, contentType: "text/html",
    body: "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>")

  // MARK: Placed calls

  /// Posts what happens in the call, as it happens, and puts it into the lists when it is over.
  func begin(_ call: SimulatedCall) {
    let now = time.now()
    let webhooks = call.webhooks(.telecmi, settings.account)
    if settings.postsAtOnce {
      state.withLock { $0.book.add(placed: call) }
      return after(0) { [post] in webhooks.forEach(post) }
    }
    for webhook in webhooks { after(max(0, webhook.at - now)) { [post] in post(webhook) } }
    after(max(0, call.endedAt - now)) { [self] in state.withLock { $0.book.add(placed: call) } }
  }
}
