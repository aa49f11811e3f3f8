import HTTPTypes
import RelayCore

/// The requests that place a call.
enum DiallingEndpoint: Equatable {
  case makeCall
  case pcmoMakeCall
  case adminClick
  case userClick
  case adminConnect

  init?(method: String, path: String) {
    switch (method, path) {
    case ("POST", "/v1/make_call"): self = .makeCall
    case ("POST", "/v1/pcmo_make_call"), ("POST", "/v2/global_pcmo_make_call"), ("POST", "/v2/ind_pcmo_make_call"):
      self = .pcmoMakeCall
    case ("POST", "/v2/webrtc/click2call"), ("GET", "/v2/webrtc/click2call"): self = .adminClick
    case ("POST", "/v2/ind/click2call"), ("POST", "/v2/click2call"): self = .userClick
    case ("POST", "/v1/adminConnect"): self = .adminConnect
    default: return nil
    }
  }

  var required: [String] {
    switch self {
    case .makeCall: ["appid", "secret", "from", "to", "answer_url"]
    case .pcmoMakeCall: ["appid", "secret", "from", "to", "pcmo"]
    case .adminClick: ["user_id", "secret", "to"]
    case .userClick: ["token", "to"]
    case .adminConnect: ["agent_id", "token", "to"]
    }
  }

  /// What a property that is not there is called, and one that is there and says nothing. 501 ("Missing required property") and
  /// 502 ("The property required is missing") are documented for `make_call` without a difference: this one is a guess. So are
  /// 400 of the admin's click-to-call, whose table is cut, and 404 of `adminConnect`.
  var missing: (absent: Int, empty: Int) {
    switch self {
    case .makeCall: (501, 502)
    case .pcmoMakeCall: (502, 502)
    case .adminClick, .userClick: (400, 400)
    case .adminConnect: (404, 404)
    }
  }

  /// Bad credentials, as each page has them.
  var refused: (code: Int, words: String) {
    switch self {
    case .makeCall, .pcmoMakeCall: (420, "Invalid app id or secret, failed to authenticate token")
    case .adminClick: (404, "Invalid secret or user id")
    case .userClick: (404, "Invalid token")
    case .adminConnect: (401, "Invalid token")
    }
  }

  var isPIOPIY: Bool { self == .makeCall || self == .pcmoMakeCall }
}

extension SimulatedAPI {
  func dial(_ endpoint: DiallingEndpoint, _ parameters: Parameters) -> Reply {
    if let code = fault(endpoint, parameters) { return .now(telecmiError(code, Self.words(code, endpoint))) }
    guard let agent = caller(endpoint, parameters) else {
      return .now(telecmiError(endpoint.refused.code, endpoint.refused.words))
    }
    guard let to = parameters.phone("to") else {
      return .now(telecmiError(endpoint.missing.empty, Self.words(endpoint.missing.empty, endpoint)))
    }
    let forced = ForcedOutcome(to: to)
    switch forced {
    case .code(let code)?: return .now(telecmiError(code, Self.words(code, endpoint)))
    case .unavailable?: return .now(HTTPResponse(status: 503, contentType: "text/plain", body: "Service Unavailable"))
    case .silence?: return .never
    default: break
    }
    return answer(place(endpoint, parameters, agent, to, forced), endpoint, parameters, to, forced)
  }

  private func fault(_ endpoint: DiallingEndpoint, _ parameters: Parameters) -> Int? {
    for name in endpoint.required {
      guard parameters.has(name) else { return endpoint.missing.absent }
      let isThere = name == "pcmo" ? parameters.values[name] != .null : parameters.text(name) != nil
      guard isThere else { return endpoint.missing.empty }
    }
    // What 422 stands for is not documented: here a list of actions that is none.
    if endpoint == .pcmoMakeCall, parameters.values["pcmo"]?.array?.isEmpty != false { return 422 }
    return nil
  }

  /// Who calls; nil where the credentials are wrong. PIOPIY has no agents: the first stands for the other end.
  private func caller(_ endpoint: DiallingEndpoint, _ parameters: Parameters) -> SimulatedAccount.Agent? {
    let account = settings.account
    switch endpoint {
    case .makeCall, .pcmoMakeCall:
      let isRight = parameters.integer("appid") == account.appID && parameters.text("secret") == account.secret
      return isRight ? SimulatedAccount.agents[0] : nil
    case .adminClick:
      guard parameters.text("secret") == account.secret else { return nil }
      return parameters.text("user_id").flatMap(account.agent)
    case .userClick:
      return SimulatedAccount.agents.first { account.token($0) == parameters.text("token") }
    case .adminConnect:
      guard parameters.text("token") == account.secret else { return nil }
      return parameters.text("agent_id").flatMap(account.agent)
    }
  }

  static func words(_ code: Int, _ endpoint: DiallingEndpoint) -> String {
    switch code {
    case endpoint.refused.code: endpoint.refused.words
    case 420: "Invalid app id or secret, failed to authenticate token"
    case 501: "Missing required property"
    case 502: "The property required is missing"
    case 422: "Unprocessable request"
    case 407: "Invalid sender ID"
    case 401: "Unauthorized"
    case 404: "Not found"
    default: "Bad request"
    }
  }

  // MARK: Placing

  private func place(
    _ endpoint: DiallingEndpoint, _ parameters: Parameters, _ agent: SimulatedAccount.Agent, _ to: Int64,
    _ forced: ForcedOutcome?
  ) -> SimulatedCall {
    let now = time.now()
    let call = state.withLock { state in
      let number = state.dials.count
      var dice = Dice(seed: settings.seed &+ 0xCA11, part: UInt64(number) &+ 1)
      let line = parameters.phone("callerid") ?? parameters.phone("from") ?? SimulatedAccount.lines[0]
      var call = SimulatedCall(
        number: number, idSeed: dice.next(), startedAt: now, customer: to, line: line, agent: agent)
      call.request = SimulatedCall.Request(
        id: forced == .long ? dice.uuid() : dice.word(43),
        extraParams: parameters.extraParams() ?? parameters.extraParams("custom") ?? "{}")
      state.dials.add(
        Dial(
          at: now, path: endpoint.path, request: parameters.withoutSecrets, requestID: call.request?.id ?? ""))
      return call
    }
    let placed = played(call, endpoint, forced)
    if forced != .noRecords { begin(placed) }
    return placed
  }

  /// How the call goes. Whole seconds, since the records have no less; a short call has at least one.
  private func played(
    _ call: SimulatedCall, _ endpoint: DiallingEndpoint, _ forced: ForcedOutcome?
  ) -> SimulatedCall {
    var call = call
    let seconds = max(1, (settings.callMilliseconds + 500) / 1000)
    call.dialect = endpoint.isPIOPIY ? .piopiy : endpoint == .adminConnect ? .chubIndia : .chub
    call.direction = .outbound
    call.ending = forced == .customerMisses || forced == .agentMisses ? .missed : .answered
    call.agentRingSeconds = forced == .agentMisses ? nil : 0
    call.ringSeconds = seconds
    call.talkSeconds = call.isAnswered ? seconds : 0
    return call
  }

  private func answer(
    _ call: SimulatedCall, _ endpoint: DiallingEndpoint, _ parameters: Parameters, _ to: Int64,
    _ forced: ForcedOutcome?
  ) -> Reply {
    let id = JSON.string(call.request?.id ?? "")
    var body: JSONObject
    switch endpoint {
    case .makeCall:
      body = ["data": .object(["status": .string("progress"), "request_id": id]), "code": .integer(200)]
    case .pcmoMakeCall:
      body = [
        "data": .object(["status": .string("progress"), "request_id": id]), "status": .string("progress"),
        "request_id": id, "code": .integer(200),
      ]
    case .adminClick, .userClick:
      body = ["code": .integer(200), "msg": .string("Call initiated"), "request_id": id]
    case .adminConnect:
      // Documented so.
      body = ["code": .integer(200), "msg": .string("Call terminated"), "request_id": id]
    }
    switch forced {
    case .slow?: return .later(telecmi(body), milliseconds: settings.slowMilliseconds)
    case .dialledInSilence?: return .never
    case .html?: return .now(Self.html)
    case .flat?: body = ["status": .string("progress"), "request_id": id, "code": .integer(200)]
    case .long?: body = longAnswer(call, parameters)
    case .nameless?: body = ["code": .integer(200), "msg": .string("Call initiated")]
    default: break
    }
    return .now(telecmi(body))
  }

  /// The answer of the first document, an older edition: `user` is "the unique id of this call", and the code is text.
  private func longAnswer(_ call: SimulatedCall, _ parameters: Parameters) -> JSONObject {
    let answerURL = parameters.text("answer_url") ?? ""
    return [
      "data": .object([
        "inetno": .integer(settings.account.appID), "time": .milliseconds(call.startedAt), "rate": .string("0.40"),
        "answer_url": .string(answerURL), "event_url": .string("http://events.example.com"),
        "from": .integer(call.line), "duration": .integer(3600), "channel": .integer(16),
        "to": .integer(call.customer), "user": .string(call.request?.id ?? ""),
      ]),
      "code": .string("200"),
    ]
  }
}

extension DiallingEndpoint {
  /// Of the first of its paths: the same request counts as one wherever it is sent.
  fileprivate var path: String {
    switch self {
    case .makeCall: "/v1/make_call"
    case .pcmoMakeCall: "/v1/pcmo_make_call"
    case .adminClick: "/v2/webrtc/click2call"
    case .userClick: "/v2/ind/click2call"
    case .adminConnect: "/v1/adminConnect"
    }
  }
}
