import HTTPTypes
import Providers
import RelayCore
import Simulator
import Synchronization
import TestSupport

/// What the tests ask the simulator with.
enum Trying {
  /// 2025-10-01T00:00:00Z.
  static let midnight = Instant(milliseconds: 1_759_276_800_000)
  static let account = SimulatedAccount()

  static let telecmi = SourceSettings(name: "telecmi", provider: .telecmi, appIDs: [2_222_223])
  static let callr = SourceSettings(name: "callr", provider: .callr)

  static func decode(_ webhook: SimulatedWebhook, _ settings: SourceSettings) throws -> Record {
    let raw = RawRecord(
      body: webhook.body, contentType: webhook.headers["content-type"], headers: webhook.headers, query: FormFields())
    return try Decoder.decode(raw, settings: settings)
  }

  /// What is done later is done by the test.
  final class Later: Sendable {
    struct Work: Sendable {
      let milliseconds: Int64
      let run: @Sendable () -> Void
    }

    private let waiting = Mutex<[Work]>([])

    var after: SimulatedAPI.After {
      { [self] milliseconds, run in waiting.withLock { $0.append(Work(milliseconds: milliseconds, run: run)) } }
    }

    /// All that is due until then, in its order.
    func run() {
      let work = waiting.withLock { waiting in
        defer { waiting = [] }
        return waiting
      }
      for one in work.sorted(by: { $0.milliseconds < $1.milliseconds }) { one.run() }
    }
  }
}

/// An API of a day, asked without a socket.
struct AskedAPI {
  let api: SimulatedAPI
  let later = Trying.Later()
  let posted: Posted

  final class Posted: Sendable {
    private let webhooks = Mutex<[SimulatedWebhook]>([])
    var all: [SimulatedWebhook] { webhooks.withLock { $0 } }
    func add(_ webhook: SimulatedWebhook) { webhooks.withLock { $0.append(webhook) } }
  }

  /// At noon of the day.
  init(
    calls: Int = 0, seed: UInt64 = 7, at: Instant = Trying.midnight + SimulatedDay.milliseconds,
    _ change: (inout SimulatedAPI.Settings) -> Void = { _ in }
  ) {
    var settings = SimulatedAPI.Settings()
    change(&settings)
    let posted = Posted()
    self.posted = posted
    api = SimulatedAPI(
      day: calls == 0 ? nil : SimulatedDay(seed: seed, calls: calls, from: Trying.midnight), settings: settings,
      time: ManualTime(at), after: later.after, post: posted.add)
  }

  /// nil where no answer came.
  func send(_ request: HTTPRequest) -> HTTPResponse? {
    let given = Given()
    api.handle(request) { response in given.answer.withLock { $0 = response } }
    return given.answer.withLock { $0 }
  }

  private final class Given: Sendable {
    let answer = Mutex<HTTPResponse?>(nil)
  }

  func post(_ path: String, _ body: JSONObject = [:], headers: [(String, String)] = []) -> HTTPResponse? {
    let halves = path.split(separator: "?", maxSplits: 1).map(String.init)
    return send(
      HTTPRequest(
        method: "POST", path: halves[0], query: halves.count == 2 ? halves[1] : nil, headers: HTTPHeaders(headers),
        body: .bytes(body.isEmpty ? [] : JSON.object(body).bytes)))
  }

  func get(_ path: String, headers: [(String, String)] = []) -> HTTPResponse? {
    let halves = path.split(separator: "?", maxSplits: 1).map(String.init)
    return send(
      HTTPRequest(
        method: "GET", path: halves[0], query: halves.count == 2 ? halves[1] : nil, headers: HTTPHeaders(headers)))
  }
}

extension HTTPResponse {
  var json: JSON? { try? JSONParser.parse(body) }
  var text: String { String(decoding: body, as: UTF8.self) }
}

extension JSONObject {
  var keys: Set<String> { Set(members.map(\.key)) }
}
