import HTTPTypes

@testable import HTTP1

/// A connection without a socket: what it is told, and what it then does.
struct ConnectionBench {
  var state: ConnectionState
  var time: Int64 = 1000
  var weighed: [LargeBody] = []
  /// How a large body is refused; nil lets it go on.
  var refusal: (Problem, ConnectionEnd)?
  var handled: [(request: HTTPRequest, ticket: UInt32)] = []
  /// Of the last answer that came in pieces.
  var stream: BodyStream?
  /// What was written since the answer in pieces began.
  var sent: [UInt8] = []

  init(_ limits: HTTPLimits = HTTPLimits()) {
    state = ConnectionState(limits: limits, peer: "192.0.2.1", now: 1000)
  }

  var now: Moment { Moment(milliseconds: time, date: HTTPDate(secondsSince1970: 0)) }
  var paths: [String] { handled.map(\.request.path) }

  /// Does what the state says until it waits, and tells it in words: `handle /a`, `write 200 close`, `half-close`, …
  /// A peer that takes nothing has `writes` false. What is pulled is told as `pull 5`, `pull 0 complete`, `pull nothing`.
  mutating func run(writes: Bool = true) -> [String] {
    var actions: [String] = []
    while true {
      switch state.next(now: now) {
      case .handle(let request, let ticket):
        handled.append((request, ticket))
        actions.append("handle \(request.path)")
      case .weigh(let body):
        weighed.append(body)
        if let refusal { state.refuseBody(refusal.0, refusal.1, now: now) } else { state.largeBodyMayGoOn() }
      case .write:
        if !writes { return actions + ["blocked"] }
        actions.append("write \(written)")
        if stream != nil { sent += state.output.withUnsafeBytes { Array($0) } }
        state.wrote(state.output.count, now: now)
      case .pull:
        guard let piece = stream?.take(orElse: {}) else { return actions + ["pull without a stream"] }
        let isNothing = piece.bytes.isEmpty && piece.end == nil
        actions.append(isNothing ? "pull nothing" : "pull \(piece.bytes.count)\(piece.end.map { " \($0)" } ?? "")")
        state.streamed(piece, now: now)
      case .halfClose: actions.append("half-close")
      case .close: return actions + ["close"]
      case .wait: return actions
      }
    }
  }

  mutating func receive(_ text: String, writes: Bool = true) -> [String] {
    state.received(Array(text.utf8).span)
    return run(writes: writes)
  }

  mutating func answer(_ ticket: UInt32? = nil, status: Int = 200, headers: HTTPHeaders = HTTPHeaders()) -> [String] {
    state.answered(
      HTTPResponse(status: status, headers: headers), ticket: ticket ?? handled.last?.ticket ?? 0, now: now)
    return run()
  }

  /// Answers in pieces.
  mutating func answer(_ stream: BodyStream, status: Int = 200, writes: Bool = true) -> [String] {
    self.stream = stream
    sent = []
    let response = HTTPResponse(status: status, stream: stream)
    state.answered(response, ticket: handled.last?.ticket ?? 0, now: now)
    return run(writes: writes)
  }

  /// More of the answer, as its connection is told of it.
  mutating func give(_ text: String, writes: Bool = true) -> [String] {
    _ = stream?.offer(Array(text.utf8))
    state.streamHasMore()
    return run(writes: writes)
  }

  mutating func end(_ end: (BodyStream) -> Void) -> [String] {
    if let stream { end(stream) }
    state.streamHasMore()
    return run()
  }

  var sentText: String { String(decoding: sent, as: UTF8.self) }

  mutating func pass(_ milliseconds: Int64) -> [String] {
    time += milliseconds
    state.deadlinePassed(now: now)
    return run()
  }

  /// The statuses of the answers that wait, and the word of the last one on its connection.
  private var written: String {
    let text = state.output.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    guard text.contains("HTTP/1.1 ") else { return "\(text.utf8.count) bytes" }
    let statuses = text.split(separator: "HTTP/1.1 ").map { $0.prefix(3) }.joined(separator: " ")
    let word = text.contains("Connection: close") ? " close" : text.contains("Connection: keep-alive") ? " stay" : ""
    return statuses + word
  }
}
