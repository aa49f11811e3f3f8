import DurableQueue
import HTTPTypes
import RelayCore

/// What a client is told of a call: made of where it stands, so that the same key gets the same answer again.
struct CallAnswer {
  let id: Identifier
  let source: String
  let state: CallState
  let fault: CallFault?
  let reason: String?
  let requestID: String?

  init(_ row: CallRequestRow) {
    id = row.id
    source = row.source
    state = row.state
    fault = row.fault
    reason = row.reason
    requestID = row.requestID
  }

  init(_ settlement: CallSettlement, source: String) {
    id = settlement.call
    self.source = source
    state = settlement.state
    fault = settlement.fault
    reason = settlement.reason
    requestID = settlement.requestID
  }

  /// - Parameter isReplay: the key was seen before, and this is what was said then.
  func response(isReplay: Bool = false) -> HTTPResponse {
    var headers = HTTPHeaders()
    if isReplay { headers.append("idempotent-replayed", "true") }
    headers.append("location", "/calls/\(source)/\(id)")
    guard state != .placed else {
      headers.append("content-type", "application/json")
      return HTTPResponse(status: 201, headers: headers, body: JSON.object(members).bytes)
    }
    if fault?.isRetried == true { headers.append("retry-after", "5") }
    headers.append("content-type", "application/problem+json")
    var body: JSONObject = [
      "type": .string("about:blank"), "title": .string(StatusPhrase.of(status)), "status": .integer(Int64(status)),
      "detail": .string(detail),
    ]
    body["id"] = .string(id.description)
    body["state"] = .string(state.rawValue)
    return HTTPResponse(status: status, headers: headers, body: JSON.object(body).bytes)
  }

  /// Where it stands, whatever that is.
  var view: HTTPResponse {
    var body = members
    if state != .placed { body["detail"] = .string(detail) }
    return HTTPResponse(status: 200, contentType: "application/json", body: JSON.object(body).text)
  }

  private var members: JSONObject {
    var body: JSONObject = ["id": .string(id.description), "source": .string(source), "state": .string(state.rawValue)]
    body["request_id"] = requestID.map(JSON.string)
    return body
  }

  /// RFC 9110 §15: 422 for the client to mend, 502 for what the provider has against us, 503 for trying again, 504 for what
  /// nobody knows.
  private var status: Int {
    switch fault {
    case .request: 422
    case .credentials, .provider: 502
    case .connection, .stopped: 503
    case .noAnswer, nil: 504
    }
  }

  private var detail: String {
    let words = reason.map { " (\($0))" } ?? ""
    switch (state, fault) {
    case (.placed, _): return "the call was placed"
    case (.accepted, _): return "the call is waiting to be sent"
    case (.sending, _): return "the call is being sent"
    case (_, .request): return "the provider refused the request\(words); nothing was dialled"
    // Whose secret, and what the provider says of it, is the admin's business.
    case (_, .credentials):
      return "the provider refused our credentials; nothing was dialled. The relay's admin must mend the source's api"
    case (_, .provider): return "the provider refused the call\(words); nothing was dialled"
    case (_, .connection):
      return "nothing was sent to the provider\(words), so nothing was dialled; try again with the same Idempotency-Key"
    case (_, .stopped):
      return "nothing was dialled\(words); try again with the same Idempotency-Key"
    case (_, .noAnswer), (_, nil):
      return "it is not known whether the call was dialled\(words), and it is never dialled again by itself. "
        + "See whether the telephone rings before you ask for it anew with another Idempotency-Key"
    }
  }
}

extension Problem {
  /// 503 where nothing could be stored, so nothing was sent.
  init(unstored failure: CommitFailure) {
    let (words, seconds) =
      switch failure {
      case .diskFull: ("the relay's disk is full", 30)
      case .failed, .quarantineFull: ("the relay could not store the call", 10)
      case .busy: ("too many requests wait for the relay's disk", 5)
      case .pressure(let pressure): (pressure.reason, pressure.retryAfterSeconds)
      case .locked: ("another process keeps the relay's database locked", 5)
      case .closed: ("the relay is shutting down", 5)
      }
    self.init(503, "nothing was dialled: \(words)", headers: [.init("retry-after", String(seconds))])
  }
}
