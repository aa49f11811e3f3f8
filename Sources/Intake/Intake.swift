import Digests
import DurableQueue
import HTTPTypes
import Providers
import RelayCore
import Rules
import Telemetry

/// The way of a webhook from the HTTP request to its answer: source, authenticate, decode, route, commit, acknowledge.
package struct Intake: HTTPHandler {
  private let inForce: RulesInForce
  private let queue: DurableQueue
  private let time: any TimeSource
  private let log: Log
  private let refusals = RefusalLog()
  private let fingerprints = CredentialFingerprints()

  package init(rules: RuleFile, rulesVersion: Int64, queue: DurableQueue, time: any TimeSource, log: Log) {
    self.queue = queue
    self.time = time
    self.log = log
    inForce = RulesInForce(
      Ruling(
        rules: rules, version: rulesVersion, counts: IntakeCounts(sources: rules.sources.map(\.name)),
        refusedRequests: RefusedRequests(rules: rules, fingerprints: fingerprints, queue: queue, time: time)))
  }

  /// From the next request on. One that is under way is received by the rules that it came under, from its first look to its
  /// commit.
  package func use(_ rules: RuleFile, version: Int64) {
    let refused = RefusedRequests(rules: rules, fingerprints: fingerprints, queue: queue, time: time)
    inForce.use { before in
      Ruling(
        rules: rules, version: version,
        counts: IntakeCounts(sources: rules.sources.map(\.name), continuing: before.counts), refusedRequests: refused)
    }
  }

  /// Those in force now.
  package var rules: RuleFile { inForce.now.rules }

  /// What a request would be answered whatever it holds: asked before its body is read. Cheap.
  package var refusal: Problem? {
    queue.pressure.map(Problem.init)
  }

  package func handle(_ request: HTTPRequest, answer: @escaping @Sendable (HTTPResponse) -> Void) {
    let ruling = inForce.now
    do throws(Problem) {
      let unverified = try UnverifiedRequest(request, rules: ruling.rules)
      if let refusal {
        ruling.counts.count(.unavailable, unverified.source.name)
        throw refusal
      }
      admit(try verify(unverified, ruling), ruling, answer)
    } catch {
      if error.status == 404, HookPath(request.path) != nil { noteUnknownSource(request, ruling) }
      answer(error.response)
    }
  }

  /// The likeliest slip in a provider's dashboard. The path is not logged: a token may stand where the name should.
  private func noteUnknownSource(_ request: HTTPRequest, _ ruling: Ruling) {
    let rules = ruling.rules
    ruling.counts.unknownSources.add()
    guard let suppressed = refusals.shouldLog(source: "", at: time.now()) else { return }
    let known = rules.sources.filter(\.isEnabled).map(\.name).joined(separator: ",")
    log.warning(
      "request.refused",
      [
        LogField("status", 404), LogField("reason", "the path names no enabled source"), LogField("sources", known),
        LogField("sender", SenderAddress.of(request, trustedProxies: rules.relay.trustedProxies)),
        LogField("more_not_logged", suppressed),
      ])
  }

  private func verify(_ unverified: UnverifiedRequest, _ ruling: Ruling) throws(Problem) -> VerifiedRequest {
    do throws(Problem) {
      return try Authenticator.verify(unverified)
    } catch {
      let source = unverified.source.name
      if error.status == 503 {
        ruling.counts.count(.unavailable, source)
        throw error
      }
      queue.countRefused(source: source)
      ruling.counts.count(.refused, source)
      ruling.refusedRequests.keep(unverified, error)
      if let suppressed = refusals.shouldLog(source: source, at: time.now()) {
        log.warning(
          "request.refused",
          [
            LogField("source", source), LogField("status", error.status), LogField("sender", unverified.sender),
            LogField("more_not_logged", suppressed),
          ])
      }
      throw error
    }
  }

  private func admit(
    _ request: VerifiedRequest, _ ruling: Ruling, _ answer: @escaping @Sendable (HTTPResponse) -> Void
  ) {
    switch request.content {
    case .record(let raw):
      do throws(Unacceptable) {
        let record = try Decoder.decode(raw, settings: request.source.settings)
        store(record, raw, of: request, ruling, answer)
      } catch {
        quarantine(raw, of: request, status: error.status, reason: error.reason, ruling, answer)
      }
    case .encoded(let encoding, let raw):
      let reason = "can't read the content encoding \(String(reflecting: encoding)); send the body as it is"
      quarantine(raw, of: request, status: 415, reason: reason, ruling, answer)
    case .unreadableQuery(let raw):
      let reason = "the query is not percent-encoded UTF-8 (RFC 3986 section 2.1)"
      quarantine(raw, of: request, status: 400, reason: reason, ruling, answer)
    case .tooLarge(let declared, let raw):
      let limit = "\(ruling.rules.relay.bodyLimitBytes) bytes (relay.body_limit_bytes)"
      let reason =
        declared.map { "the body has \($0) bytes, the limit is \(limit)" } ?? "the body is larger than \(limit)"
      quarantine(raw, of: request, status: 413, reason: reason, size: .some(declared), ruling, answer)
    }
  }

  private func store(
    _ record: Record, _ raw: RawRecord, of request: VerifiedRequest, _ ruling: Ruling,
    _ answer: @escaping @Sendable (HTTPResponse) -> Void
  ) {
    let mark = queue.callMark(of: record, mayLackID: request.source.callsLackID)
    // Not a copy of every record for the sake of the few that are marked.
    let routes = if let mark { ruling.rules.route(record.marked(mark)) } else { ruling.rules.route(record) }
    let new = NewRecord(
      record: record, raw: raw, routes: routes, receivedAt: time.now(), sender: request.sender,
      credential: request.credential, bodyHash: SHA256.hash(raw.body), rulesVersion: ruling.version,
      dedupScope: request.source.dedupScope, callMark: mark)
    let counts = ruling.counts
    queue.admit(new) { [log] result in
      counts.count(IntakeCounts.Outcome(result), new.source)
      if case .success(let receipt) = result {
        log.debug(
          "record.stored",
          [
            LogField("record", receipt.record.description), LogField("source", new.source),
            LogField("outcome", receipt.outcome == .duplicate ? "duplicate" : "accepted"),
            LogField("deliveries", new.routes.count),
          ])
      }
      answer(HookAnswer(result).response)
    }
  }

  /// `size` where it is not that of the body: nil inside for unknown.
  private func quarantine(
    _ raw: RawRecord, of request: VerifiedRequest, status: Int, reason: String, size: Int?? = nil,
    _ ruling: Ruling, _ answer: @escaping @Sendable (HTTPResponse) -> Void
  ) {
    let source = request.source.name
    // What was not read is told apart by what is known of it.
    let content = raw.body.isEmpty ? Array("\(status) \(String(describing: size)) \(raw.query)".utf8) : raw.body
    let new = NewQuarantine(
      source: source, receivedAt: time.now(), sender: request.sender, credential: request.credential, status: status,
      reason: reason, raw: raw, size: size ?? raw.body.count, contentHash: SHA256.hash(content))
    let counts = ruling.counts
    queue.quarantine(new) { [log] result in
      switch result {
      case .success(let receipt):
        counts.count(.quarantined, source)
        log.warning(
          "request.quarantined",
          [
            LogField("quarantine", receipt.id.description), LogField("source", source), LogField("status", status),
            LogField("reason", reason), LogField("times", receipt.times),
          ])
        answer(Problem(status, "\(reason) (kept in quarantine as \(receipt.id))").response)
      case .failure(let failure):
        counts.count(.unavailable, source)
        answer(Problem(failure).response)
      }
    }
  }
}

extension Intake: MetricsSource {
  package func write(to page: inout MetricsPage) {
    inForce.now.counts.write(to: &page)
  }
}
