import HTTPTypes
import RelayCore

/// TeleCMI's lists of calls.
extension SimulatedAPI {
  private enum Query {
    case calls(TeleCMIList)
    case voicemails
  }

  /// v2's have `secret`, `cmiuid` and `count`; v1's (CHUB-India) have `token`, `_id` and `total`. `out_answered` of v2 is not
  /// documented, its twin of v1 is.
  private static let queries: [String: (query: Query, isIndian: Bool)] = [
    "/v2/answered": (.calls(.answered), false), "/v2/missed": (.calls(.missed), false),
    "/v2/out_answered": (.calls(.outAnswered), false), "/v2/out_missed": (.calls(.outMissed), false),
    "/v2/voicemail": (.voicemails, false),
    "/v1/answered": (.calls(.answered), true), "/v1/missed": (.calls(.missed), true),
    "/v1/outanswered": (.calls(.outAnswered), true), "/v1/outmissed": (.calls(.outMissed), true),
    "/v1/voicemail": (.voicemails, true),
  ]

  /// nil for another path.
  func lists(_ request: HTTPRequest) -> HTTPResponse? {
    if request.path == "/v2/user/login", request.method == "POST" { return logIn(Parameters(request)) }
    guard let (query, isIndian) = Self.queries[request.path], request.method == "POST" else { return nil }
    if isFlaky() { return Self.html }
    let parameters = Parameters(request)
    let secret = parameters.text(isIndian ? "token" : "secret")
    guard parameters.integer("appid") == settings.account.appID, secret == settings.account.secret else {
      // Which code bad credentials have here is not documented: 404 was seen for expired tokens.
      return telecmiError(404, "Invalid app id or secret")
    }
    let now = time.now()
    // Documented: milliseconds UTC, the last 24 hours by default. That pages count from 1 is not; 0 is taken as 1.
    let from = parameters.integer("start_date") ?? (now + -SimulatedDay.milliseconds).milliseconds
    let to = parameters.integer("end_date") ?? now.milliseconds
    let page = Int(clamping: max(1, parameters.integer("page") ?? 1))
    return answer(query, isIndian: isIndian, from: from, to: to, page: page)
  }

  private func answer(_ query: Query, isIndian: Bool, from: Int64, to: Int64, page: Int) -> HTTPResponse {
    let account = settings.account
    let (calls, count) = state.withLock { state in
      switch query {
      case .calls(let list): state.book.page(list, from: from, to: to, number: page)
      case .voicemails: state.book.voicemailPage(from: from, to: to, number: page)
      }
    }
    let total = isIndian ? "total" : "count"
    switch query {
    case .calls:
      let rows = calls.map { JSON.object(isIndian ? $0.indianRow(account) : $0.row(settings.rowIDs, account)) }
      return telecmi([total: .integer(Int64(count)), "cdr": .array(rows)])
    case .voicemails:
      let rows = calls.map { JSON.object($0.voicemailRow(account)) }
      return telecmi([total: .integer(Int64(count)), "voicemail": .array(rows), "code": .integer(200)])
    }
  }

  /// Now and then an answer is no JSON: seen, and worth another try.
  private func isFlaky() -> Bool {
    guard let oneIn = settings.flakyOneIn else { return false }
    let request = state.withLock { state in
      state.requests += 1
      return state.requests
    }
    var dice = Dice(seed: settings.seed, part: request)
    return dice.oneIn(oneIn)
  }

  /// An agent's token, for the user's click-to-call. The simulator's agents have the account's secret as password.
  private func logIn(_ parameters: Parameters) -> HTTPResponse {
    let account = settings.account
    guard let user = parameters.text("id"), let agent = account.agent(user: user),
      parameters.text("password") == account.secret
    else { return telecmiError(404, "Invalid id or password") }
    return telecmi([
      "code": .integer(200), "msg": .string("user loggedin"), "token": .string(account.token(agent)),
      "agent": .object(["id": .string(user), "extension": .integer(Int64(agent.number))]),
    ])
  }
}
