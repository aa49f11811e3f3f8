import Dispatch
import HTTP1
import HTTPTypes
import RelayCore
import Rules
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import Recordings

/// A relay's recordings on loopback, and a provider whose answers the test decides.
final class RecordingsBench {
  typealias Answer = @Sendable (HTTPRequest) -> HTTPResponse?

  static let secret = "hush-hush-hush"
  let provider: HTTPServer
  let providerPort: Int
  let server: HTTPServer
  let port: Int
  let recordings: Recordings
  let rules: RuleFile
  let time = ManualTime()
  let asked = Mailbox<HTTPRequest>()
  let logged = Logged()

  /// - Parameter answer: nil leaves the request without an answer.
  init(
    _ settings: String = "", limits: HTTPLimits = HTTPLimits(), headWithin: Int64 = 60_000, _ answer: @escaping Answer
  ) throws {
    provider = HTTPServer(handler: Provider(asked: asked, answer: answer), log: .silent)
    providerPort = try provider.listen("127.0.0.1:0")
    rules = try Self.rules(port: providerPort, settings)
    let logged = logged
    recordings = Recordings(
      rules: rules, time: time, userAgent: "cdrelay/test", headWithin: headWithin,
      log: Log(level: .debug, timestamp: { "" }, write: { line in logged.text.withLock { $0 += line } }))
    server = HTTPServer(handler: recordings, limits: limits, log: .silent)
    port = try server.listen("127.0.0.1:0")
  }

  final class Logged: Sendable {
    let text = Mutex("")
  }

  deinit {
    server.stop()
    recordings.stop()
    provider.stop()
  }

  static func rules(port: Int, _ settings: String = "") throws -> RuleFile {
    let text = #"""
      {"sources": {"s": {"provider": "telecmi", "auth": "none",
        "api": {"secret": "\#(secret)", "app_id": 7, "base_url": "http://127.0.0.1:\#(port)", "allow_private": true},
        "recordings": {"link_secret": "0123456789abcdef", "public_url": "http://relay.example"\#(settings)}}}}
      """#
    let resolver = SecretsResolver(mode: .resolved, environment: [:]) { _ in
      .failure(SecretsResolver.FileError(reason: "there is none"))
    }
    return try RuleFile.parse(Array(text.utf8), path: "rules.json", secrets: resolver)
  }

  /// Path and query of a link.
  func link(_ file: String = "a.mp3") throws -> String {
    let recordings = try #require(SourceRecordings(rules.sources[0]))
    return String(try recordings.link(to: file, from: time.now()).dropFirst("http://relay.example".count))
  }

  func get(
    _ target: String, _ headers: [(String, String)] = [], method: String = "GET"
  ) throws -> HTTPConnection.Response {
    try HTTPConnection(port: port, timeoutSeconds: 60).request(method, target, [], headers: headers)
  }

  var metrics: String {
    var page = MetricsPage()
    recordings.write(to: &page)
    return page.text
  }

  /// Waits until the page of metrics has this line.
  func waits(for line: String) -> Bool {
    for _ in 0..<6000 {
      if metrics.contains(line) { return true }
      _ = DispatchSemaphore(value: 0).wait(timeout: .now() + 0.01)
    }
    return false
  }
}

private struct Provider: HTTPHandler {
  let asked: Mailbox<HTTPRequest>
  let answer: RecordingsBench.Answer

  func handle(_ request: HTTPRequest, answer: @escaping @Sendable (HTTPResponse) -> Void) {
    asked.put(request)
    if let response = self.answer(request) { answer(response) }
  }
}

/// Content that a provider's answer has piece by piece.
final class Content: Sendable {
  private let changed: DispatchSemaphore
  let stream: BodyStream

  init(length: Int? = nil) {
    let changed = DispatchSemaphore(value: 0)
    self.changed = changed
    stream = BodyStream(length: length) { changed.signal() }
  }

  var response: HTTPResponse { sound(stream) }

  /// How much was taken until nobody wanted more, or all of it.
  func give(_ total: Int) -> Int {
    var given = 0
    let piece = [UInt8](repeating: UInt8(ascii: "z"), count: 16_384)
    while given < total {
      switch stream.offer(Array(piece.prefix(total - given))) {
      case .taken: given += min(piece.count, total - given)
      case .unwanted: return given
      case .full: if changed.wait(timeout: .now() + 60) != .success { return -1 }
      }
    }
    return given
  }

  func isUnwanted() -> Bool {
    while !stream.isUnwanted { if changed.wait(timeout: .now() + 60) != .success { return false } }
    return true
  }
}

func sound(_ stream: BodyStream) -> HTTPResponse {
  HTTPResponse(status: 200, headers: HTTPHeaders([("content-type", "audio/mpeg")]), stream: stream)
}

func sound(_ body: String, status: Int = 200, _ headers: [(String, String)] = []) -> HTTPResponse {
  HTTPResponse(
    status: status, headers: HTTPHeaders([("content-type", "audio/mpeg")] + headers), body: Array(body.utf8))
}
