import DurableQueue
import HTTPTypes
import RelayCore
import Rules
import Synchronization
import Telemetry

/// Places calls for clients: `POST /calls/{source}`, and `GET /calls/{source}/{id}` for what became of one. The way of a call:
/// who asks, read and allow, commit, mark, send, judge, settle, answer.
package final class Calling: HTTPHandler {
  private struct Ruling: Sendable {
    let sources: [String: Source]
    let clients: [CallClient]
    let proxy: ProxySettings?

    init(_ rules: RuleFile) {
      sources = Dictionary(
        uniqueKeysWithValues: rules.sources.filter { $0.isEnabled && $0.api != nil }.map { ($0.name, $0) })
      clients = rules.clients
      proxy = rules.relay.proxy
    }
  }

  private let ruling: Mutex<Ruling>
  private let queue: DurableQueue
  private let line: CallLine
  private let counts = CallCounts()
  private let refusals = RefusalLog()
  private let time: any TimeSource
  private let log: Log

  package init(
    rules: RuleFile, queue: DurableQueue, userAgent: String, time: any TimeSource, log: Log
  ) {
    ruling = Mutex(Ruling(rules))
    self.queue = queue
    self.time = time
    self.log = log
    line = CallLine(
      placing: CallPlacing(queue: queue, userAgent: userAgent, time: time, log: log), counts: counts, time: time)
  }

  package func start() {
    line.start()
  }

  /// From the next request on.
  package func use(_ rules: RuleFile) {
    let next = Ruling(rules)
    ruling.withLock { $0 = next }
  }

  /// What was not sent by now is refused, what is being sent may take so long; then it is given up as unknown.
  package func stop(within duration: Duration) {
    line.stop(within: duration)
  }

  package func handle(_ request: HTTPRequest, answer: @escaping @Sendable (HTTPResponse) -> Void) {
    let ruling = ruling.withLock { $0 }
    guard let path = CallPath(request.path) else { return answer(Problem(404, "no such path").response) }
    guard let client = Caller.find(request.headers, among: ruling.clients) else {
      return answer(unauthenticated(request))
    }
    do throws(CallRefusal) {
      let (source, product) = try source(path, client, ruling)
      switch (request.method, path.id) {
      case ("GET", let id?): look(for: id, source, client, answer)
      case ("POST", nil): try place(request, source, product, client, ruling.proxy, answer)
      default:
        let (allowed, words) =
          path.id == nil ? ("POST", "a call is asked for with POST") : ("GET", "a call is looked at with GET")
        answer(Problem(405, words, headers: [.init("allow", allowed)]).response)
      }
    } catch {
      answer(refused(error, path.source, client, ruling))
    }
  }
}

// MARK: - Before anything is stored

extension Calling {
  private func unauthenticated(_ request: HTTPRequest) -> HTTPResponse {
    counts.unauthenticated.add()
    if let suppressed = refusals.shouldLog(source: "", at: time.now()) {
      log.warning(
        "call.refused",
        [LogField("status", 401), LogField("peer", request.peer), LogField("more_not_logged", suppressed)])
    }
    return Problem(
      401, "expected Authorization: Bearer with the token of a client", headers: [.init("www-authenticate", "Bearer")]
    ).response
  }

  private func source(
    _ path: CallPath, _ client: CallClient, _ ruling: Ruling
  ) throws(CallRefusal) -> (Source, CallAPI) {
    // Whether there is a source that it may not use is not its business.
    guard client.mayUse(source: path.source), let source = ruling.sources[path.source],
      let api = source.api, let product = CallAPI(api)
    else { throw CallRefusal(404, "no source of this name through which this client may call") }
    guard api.missingSecrets.isEmpty else {
      throw CallRefusal(
        503, "nothing was dialled: a secret of this source is missing; the relay's admin must put it there")
    }
    return (source, product)
  }

  private func refused(
    _ refusal: CallRefusal, _ source: String, _ client: CallClient, _ ruling: Ruling
  ) -> HTTPResponse {
    let isKnown = ruling.sources[source] != nil
    let outcome: CallCounts.Outcome =
      refusal.status == 403 || refusal.status == 404
      ? .forbidden : refusal.status == 503 ? .unavailable : refusal.status == 429 ? .overRate : .invalid
    counts.count(outcome, isKnown ? source : "", client.name)
    if let suppressed = refusals.shouldLog(source: "\(client.name) \(refusal.status)", at: time.now()) {
      log.warning(
        "call.refused",
        [
          LogField("client", client.name), LogField("source", isKnown ? source : "unknown"),
          LogField("status", refusal.status), LogField("reason", refusal.detail),
          LogField("more_not_logged", suppressed),
        ])
    }
    return Problem(refusal.status, refusal.detail).response
  }

  /// Characters of an Idempotency-Key.
  private static let longestKey = 255

  private func key(_ headers: HTTPHeaders) throws(CallRefusal) -> String? {
    guard let key = headers["idempotency-key"] else { return nil }
    let isPlain = key.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    guard isPlain, (1...Self.longestKey).contains(key.utf8.count), headers.values("idempotency-key").count == 1 else {
      throw CallRefusal(400, "Idempotency-Key: expected one, of 1 to \(Self.longestKey) visible ASCII characters")
    }
    return key
  }
}

// MARK: - Placing

extension Calling {
  private func place(
    _ request: HTTPRequest, _ source: Source, _ product: CallAPI, _ client: CallClient, _ proxy: ProxySettings?,
    _ answer: @escaping @Sendable (HTTPResponse) -> Void
  ) throws(CallRefusal) {
    guard case .bytes(let body) = request.body else { throw CallRefusal(413, "the body is larger than a call can be") }
    let key = try key(request.headers)
    let asked = try AskedCall(body, product, client, appID: source.api?.appID)
    guard let api = source.api, line.reserve() else {
      counts.count(.unavailable, source.name, client.name)
      return answer(
        Problem(
          503, "nothing was dialled: as many calls are under way as may be (\(CallLine.most))",
          headers: [.init("retry-after", "5")]
        ).response)
    }
    let new = NewCallRequest(
      source: source.name, client: client.name, key: key, from: asked.from?.digits, to: asked.to.digits,
      request: asked.canonical, perMinute: client.perMinute, perDay: client.perDay)
    let receivedAt = time.now()
    queue.accept(new) { [self] result in
      if case .success(.accepted(let call)) = result {
        line.add(
          CallTurn(
            call: call, asked: asked, product: product, api: api, proxy: proxy, source: new.source, client: new.client,
            receivedAt: receivedAt, answer: answer))
      } else {
        line.release()
        answer(notAccepted(result, new))
      }
    }
  }

  private func notAccepted(_ result: Result<CallAdmission, CommitFailure>, _ new: NewCallRequest) -> HTTPResponse {
    func count(_ outcome: CallCounts.Outcome) { counts.count(outcome, new.source, new.client) }
    switch result {
    case .failure(let failure):
      count(.unavailable)
      return Problem(unstored: failure).response
    case .success(.accepted): preconditionFailure("an accepted call is sent")
    case .success(.known(let row)):
      count(.replayed)
      return CallAnswer(row).response(isReplay: true)
    case .success(.underWay(let id)):
      count(.invalid)
      return Problem(
        409, "the call of this Idempotency-Key is under way (\(id)); ask again in a moment",
        headers: [.init("retry-after", "2"), .init("location", "/calls/\(new.source)/\(id)")]
      ).response
    case .success(.otherRequest(let id)):
      count(.invalid)
      return Problem(422, "this Idempotency-Key was used for another request (\(id)); nothing was dialled").response
    case .success(.overRate(let limit, let span, let seconds)):
      count(.overRate)
      if let suppressed = refusals.shouldLog(source: "\(new.client) 429", at: time.now()) {
        log.warning(
          "call.refused",
          [
            LogField("client", new.client), LogField("source", new.source), LogField("status", 429),
            LogField("reason", "\(limit) calls in \(span)"), LogField("more_not_logged", suppressed),
          ])
      }
      return Problem(
        429, "nothing was dialled: this client may place \(limit) \(limit == 1 ? "call" : "calls") in \(span)",
        headers: [.init("retry-after", String(seconds))]
      ).response
    }
  }

  private func look(
    for id: Identifier, _ source: Source, _ client: CallClient, _ answer: @escaping @Sendable (HTTPResponse) -> Void
  ) {
    let name = source.name
    let clientName = client.name
    queue.find(call: id) { result in
      switch result {
      case .success(let row?) where row.client == clientName && row.source == name: answer(CallAnswer(row).view)
      case .success: answer(Problem(404, "this client placed no such call through this source").response)
      case .failure:
        answer(Problem(503, "the database can't be asked now", headers: [.init("retry-after", "5")]).response)
      }
    }
  }
}

extension Calling: MetricsSource {
  package func write(to page: inout MetricsPage) {
    counts.write(to: &page)
    page.add(
      "cdrelay_calls_under_way", .gauge, "Calls that wait to be sent or are being sent.", line.underWay)
  }
}
