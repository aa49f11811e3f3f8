import DurableQueue
import HTTPTypes
import Outgoing
import RelayCore
import Rules
import Telemetry

/// Sends one call, at most once, and writes what came of it. On the caller's thread.
struct CallPlacing: Sendable {
  let queue: DurableQueue
  let userAgent: String
  let time: any TimeSource
  let log: Log

  /// Milliseconds for a connection, of the whole: where none comes about, nothing was sent and the client may try again.
  private static let connectTimeout: Int64 = 5000
  /// Bytes kept of the provider's answer.
  private static let keptBody = 4096

  func place(_ turn: CallTurn, while isWanted: () -> Bool) -> CallAnswer {
    let permit: SendingPermit
    do throws(CommitFailure) {
      guard let given = try queue.begin(turn.call) else {
        return giveUp(turn, .stopped("it was taken back before it was sent"))
      }
      permit = given
    } catch {
      return giveUp(turn, .stopped("the relay could not write that it is sent"))
    }
    let began = time.now()
    let (result, wasSent) = send(turn, permit, while: isWanted)
    let mask = EchoMask([turn.api.secret])
    var verdict = CallVerdict.on(result, wasSent: wasSent)
    verdict.reason = verdict.reason.map { String(decoding: mask.kept(Array($0.utf8)), as: UTF8.self) }
    verdict.requestID = verdict.requestID.map { String(decoding: mask.kept(Array($0.utf8)), as: UTF8.self) }
    if let requestID = verdict.requestID { queue.know(requestID, of: turn.mark) }
    var response: [UInt8] = []
    if case .answered(let answer) = result { response = mask.kept(answer.body) }
    return settle(turn, verdict, response: response, took: time.now() - began)
  }

  /// Writes that nothing was sent.
  func giveUp(_ turn: CallTurn, _ verdict: CallVerdict) -> CallAnswer {
    settle(turn, verdict, response: [], took: 0)
  }

  /// The permit is used up: nothing is sent a second time. On a connection of its own, since libcurl sends a request again by
  /// itself where a kept connection turns out to be closed, though the provider may have read it
  /// (https://curl.se/libcurl/c/CURLOPT_FORBID_REUSE.html).
  private func send(
    _ turn: CallTurn, _ permit: consuming SendingPermit, while isWanted: () -> Bool
  ) -> (SendResult, wasSent: Bool) {
    let headers = HTTPHeaders([
      ("content-type", "application/json"), ("accept", "application/json"), ("user-agent", userAgent),
    ])
    guard let url = turn.api.url(turn.product.endpoint) else { return (.failed("its API has no such path"), false) }
    let request = OutgoingRequest(
      method: "POST", url: url, headers: headers, body: turn.product.body(turn.asked, turn.mark, turn.api).bytes)
    let settings = Transfer.Settings(
      connectTimeout: min(Self.connectTimeout, turn.api.timeout), timeout: turn.api.timeout,
      allowsPrivate: turn.api.allowsPrivate, proxy: turn.proxy, keepsTunnel: false, keptBody: Self.keptBody)
    guard let client = RequestClient(settings) else { return (.failed("memory is short"), false) }
    let outcome = client.send(request, while: isWanted)
    return (outcome.result, outcome.wasSent)
  }

  private func settle(_ turn: CallTurn, _ verdict: CallVerdict, response: [UInt8], took: Int64) -> CallAnswer {
    var settlement = CallSettlement(call: turn.call.id, verdict.state, verdict.fault, reason: verdict.reason)
    settlement.requestID = verdict.requestID
    settlement.status = verdict.status
    settlement.code = verdict.code
    settlement.response = response
    let answer = queue.settle(settlement).map { CallAnswer($0) } ?? CallAnswer(settlement, source: turn.source)
    tell(turn, verdict, answer.state, took: took)
    return answer
  }

  /// Without numbers, and without the provider's words, which may hold some.
  private func tell(_ turn: CallTurn, _ verdict: CallVerdict, _ state: CallState, took: Int64) {
    var fields = [
      LogField("call", turn.call.id.description), LogField("source", turn.source), LogField("client", turn.client),
    ]
    if let fault = verdict.fault { fields.append(LogField("fault", fault.rawValue)) }
    if let status = verdict.status { fields.append(LogField("status", status)) }
    if let code = verdict.code { fields.append(LogField("code", code)) }
    fields.append(LogField("took_ms", took))
    switch state {
    case .placed: log.info("call.placed", fields)
    case .unknown: log.warning("call.unknown", fields)
    case .accepted, .sending, .refused:
      switch verdict.fault {
      case .connection, .stopped:
        // In our own words: nobody answered.
        log.warning("call.not_sent", fields + [LogField("reason", verdict.reason ?? "")])
      case .credentials:
        log.error(
          "call.credentials_refused",
          fields + [LogField("do", "mend the app id or secret in the source's api and reload the rules")])
      case .request, .provider, .noAnswer, nil: log.warning("call.refused_by_provider", fields)
      }
    }
  }
}
