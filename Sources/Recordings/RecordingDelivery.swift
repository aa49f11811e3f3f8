import HTTPTypes
import Outgoing
import RelayCore
import Rules
import Synchronization
import Telemetry

/// One recording on its way from the provider to a client: the provider's answer is looked at, then its content passed on as it
/// comes.
final class RecordingDelivery: FetchSink {
  private enum Phase: Sendable {
    /// The provider's answer has not come.
    case asking(redirects: Int)
    /// Its content says why there is no recording.
    case reading([UInt8])
    case passing(BodyStream)
    /// To be asked at another address of the same host.
    case following(String, redirects: Int)
    /// The client has its answer, and needs no content.
    case answered
  }

  private struct State: Sendable {
    var phase = Phase.asking(redirects: 0)
    var fetch: Fetch?
    var isOver = false
  }

  /// What all deliveries have in common.
  struct Surroundings: Sendable {
    let fetcher: Fetcher
    let userAgent: String
    /// Milliseconds for the provider's answer to begin; nil for the source's own.
    let headWithin: Int64?
    let counts: RecordingCounts
    let log: RecordingLog
  }

  private static let mostRedirects = 3
  /// Bytes read of an answer that is no recording.
  private static let mostJSON = 16_384

  private let request: RecordingRequest
  private let surroundings: Surroundings
  private let answer: @Sendable (HTTPResponse) -> Void
  private let whenOver: @Sendable () -> Void
  private let state = Mutex(State())

  /// - Parameter ended: called once, when nothing more happens.
  init(
    _ request: RecordingRequest, _ surroundings: Surroundings, answer: @escaping @Sendable (HTTPResponse) -> Void,
    ended: @escaping @Sendable () -> Void
  ) {
    self.request = request
    self.surroundings = surroundings
    self.answer = answer
    whenOver = ended
  }

  func begin() {
    do throws(Problem) {
      fetch(try request.url())
    } catch {
      refuse(error)
      over()
    }
  }

  private func fetch(_ url: String) {
    let headWithin = surroundings.headWithin ?? request.timeout
    let fetch = Fetch(
      request.outgoing(url, userAgent: surroundings.userAgent),
      request.transferSettings(connectTimeout: headWithin), headWithin: headWithin, sink: self
    )
    state.withLock { $0.fetch = fetch }
    surroundings.fetcher.begin(fetch)
  }

  // MARK: What comes

  var isWanted: Bool {
    state.withLock { state in
      switch state.phase {
      case .asking, .reading: true
      case .passing(let stream): !stream.isUnwanted
      case .following, .answered: false
      }
    }
  }

  func answered(status: Int, _ headers: HTTPHeaders) {
    guard case .asking(let redirects) = state.withLock({ $0.phase }) else { return }
    let url = state.withLock { $0.fetch?.request.url } ?? ""
    switch RecordingAnswer(status: status, headers, url: url) {
    case .pass(let status, let passed, let length): pass(status, passed, length)
    case .read: state.withLock { $0.phase = .reading([]) }
    case .follow(let target) where redirects < Self.mostRedirects:
      state.withLock { $0.phase = .following(target, redirects: redirects + 1) }
    case .follow: refuse(Problem(502, "the provider sent us from one address to the next"))
    case .refuse(let problem): refuse(problem)
    }
  }

  private func pass(_ status: Int, _ headers: HTTPHeaders, _ length: Int?) {
    let safe = headers.filter { name in !request.holdsSecret(headers[name] ?? "") }
    let fetch = state.withLock { $0.fetch }
    let stream = BodyStream(length: length) { fetch?.changed() }
    state.withLock { $0.phase = request.isHead ? .answered : .passing(stream) }
    if request.isHead { surroundings.counts.count(.sent) }
    answer(HTTPResponse(status: status, headers: safe, stream: stream))
  }

  func take(_ piece: UnsafeRawBufferPointer) -> BodyStream.Offer {
    switch state.withLock({ $0.phase }) {
    case .passing(let stream):
      let offer = stream.offer(piece)
      if offer == .taken { surroundings.counts.bytes.add(Int64(piece.count)) }
      return offer
    case .reading(let bytes):
      guard bytes.count + piece.count <= Self.mostJSON else { return .unwanted }
      state.withLock { $0.phase = .reading(bytes + Array(piece)) }
      return .taken
    case .asking, .following, .answered: return .unwanted
    }
  }

  func ended(_ end: FetchEnd) {
    switch state.withLock({ $0.phase }) {
    case .following(let url, let redirects):
      state.withLock { $0.phase = .asking(redirects: redirects) }
      return fetch(url)
    case .asking: refuse(Self.problem(end))
    case .reading(let bytes): refuse(RecordingAnswer.refusal(json: bytes))
    case .passing(let stream): finish(stream, end)
    case .answered: break
    }
    over()
  }

  private func finish(_ stream: BodyStream, _ end: FetchEnd) {
    switch end {
    case .complete:
      stream.finish()
      surroundings.counts.count(.sent)
    case .unwanted: surroundings.counts.count(.abandoned)
    case .failed, .refused, .interrupted:
      // Told of before anybody sees it.
      log("recording.broken_off", Self.problem(end).detail)
      surroundings.counts.count(.brokenOff)
      stream.breakOff()
    }
  }

  private func refuse(_ problem: Problem) {
    state.withLock { $0.phase = .answered }
    surroundings.counts.count(.refused)
    // What is missing or asked wrongly is the client's to see; the rest is an admin's to mend.
    if problem.status >= 500 { log("recording.refused", problem.detail) }
    let response = problem.response
    // To HEAD the server sends the head alone.
    answer(response)
  }

  private func over() {
    let isFirst = state.withLock { state in
      defer {
        state.isOver = true
        // The fetch holds this, and this the fetch, also by way of the stream.
        state.fetch = nil
        state.phase = .answered
      }
      return !state.isOver
    }
    if isFirst { whenOver() }
  }

  private func log(_ event: StaticString, _ reason: String) {
    surroundings.log.warn(event, source: request.recordings.source, reason)
  }

  private static func problem(_ end: FetchEnd) -> Problem {
    switch end {
    case .failed(let words): Problem(words.hasPrefix("no answer within") ? 504 : 502, "the provider: \(words)")
    case .refused(let address):
      Problem(
        502, "the provider's address \(address) is a private one; \"allow_private\": true beside its base_url allows it"
      )
    case .interrupted: Problem(503, "the relay is stopping", headers: [.init("retry-after", "10")])
    case .complete, .unwanted: Problem(502, "the provider answered with nothing")
    }
  }
}
