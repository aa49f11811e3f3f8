import Calling
import DurableQueue
import Foundation
import HTTPTypes
import RelayCore
import Rules
import SQLite
import Synchronization
import Telemetry
import TestSupport

/// The call proxy on a real database file, before a scripted provider on loopback.
final class CallingFixture: Sendable {
  static let secret = "app-secret-5f1c9e"
  static let token = "token-of-the-crm-77"

  let folder: TemporaryFolder
  let time = ManualTime()
  let provider: ScriptedDestination
  private let lines = Lines()
  private let opened: Mutex<(queue: DurableQueue, calling: Calling)>
  private let rules: RuleFile
  private let settings: DurableQueue.Settings

  /// `client`: further members of the client `crm`, each with a comma before it.
  init(
    product: String = "chub", port: Int? = nil, client: String = "", api: String = "",
    settings: DurableQueue.Settings = .init(),
    _ answer: @escaping @Sendable (ScriptedDestination.Request) -> ScriptedDestination.Answer
  ) throws {
    self.settings = settings
    folder = try TemporaryFolder()
    provider = try ScriptedDestination(answer)
    let text = """
      {"sources": {
         "telecmi": {"provider": "telecmi", "auth": "none", "app_ids": [2222223], "api": {"product": "\(product)",
           "base_url": "http://127.0.0.1:\(port ?? provider.port)", "secret": "${SECRET}", "allow_private": true\(api)}},
         "other": {"provider": "telecmi", "auth": "none"}},
       "clients": {"crm": {"token": ["${TOKEN}", "an-older-token-of-it"], "caller_ids": ["+33199001234"],
         "to_prefixes": ["+33", "+44"]\(client)},
         "billing": {"token": "token-of-billing-8", "sources": ["telecmi"], "caller_ids": "any", "to_prefixes": "any"},
         "gone": {"enabled": false, "token": "token-of-the-gone", "caller_ids": "any", "to_prefixes": "any"}}}
      """
    rules = try RuleFile.parse(
      Array(text.utf8), path: "rules.json",
      secrets: SecretsResolver(environment: ["SECRET": Self.secret, "TOKEN": Self.token]))
    let queue = try DurableQueue.open(path: folder.file("cdrelay.db"), settings: settings, time: time, log: .silent)
    opened = Mutex((queue, Calling(rules: rules, queue: queue, userAgent: "cdrelay/test", time: time, log: .silent)))
    restart()
  }

  deinit {
    stop()
  }

  var calling: Calling { opened.withLock { $0.calling } }
  var queue: DurableQueue { opened.withLock { $0.queue } }
  var logged: String { lines.text }
  var path: String { folder.file("cdrelay.db") }

  func stop() {
    calling.stop(within: .zero)
    queue.close()
  }

  /// As after a stop of the program.
  func restart() {
    queue.close()
    guard let queue = try? DurableQueue.open(path: path, settings: settings, time: time, log: .silent) else { return }
    let log = Log(level: .debug, timestamp: { "" }) { [lines] line in lines.add(line) }
    let calling = Calling(rules: rules, queue: queue, userAgent: "cdrelay/test", time: time, log: log)
    calling.start()
    opened.withLock { $0 = (queue, calling) }
  }

  func send(_ request: HTTPRequest) -> HTTPResponse {
    reply { calling.handle(request, answer: $0) }
  }

  func call(
    _ body: String, source: String = "telecmi", token: String? = CallingFixture.token, key: String? = nil
  ) -> HTTPResponse {
    var headers: [(String, String)] = []
    if let token { headers.append(("authorization", "Bearer \(token)")) }
    if let key { headers.append(("idempotency-key", key)) }
    return send(
      HTTPRequest(
        method: "POST", path: "/calls/\(source)", headers: HTTPHeaders(headers), body: .bytes(Array(body.utf8))))
  }

  func look(_ id: String, token: String = CallingFixture.token) -> HTTPResponse {
    send(
      HTTPRequest(
        method: "GET", path: "/calls/telecmi/\(id)", headers: HTTPHeaders([("authorization", "Bearer \(token)")])))
  }

  func integer(_ sql: String) throws -> Int64? {
    let statement = try Connection(path: path, mode: .readOnly).prepare(sql)
    return try statement.step() ? statement.optionalInteger(0) : nil
  }

  func text(_ sql: String) throws -> String? {
    let statement = try Connection(path: path, mode: .readOnly).prepare(sql)
    return try statement.step() ? statement.optionalText(0) : nil
  }

  var metrics: String {
    var page = MetricsPage()
    calling.write(to: &page)
    return page.text
  }
}

/// What was logged.
private final class Lines: Sendable {
  private let lines = Mutex<[String]>([])

  var text: String { lines.withLock { $0.joined() } }

  func add(_ line: String) {
    lines.withLock { $0.append(line) }
  }
}

extension HTTPResponse {
  var text: String { String(decoding: body, as: UTF8.self) }
  var json: JSON? { try? JSONParser.parse(body) }

  func member(_ key: String) -> String? { json?[key]?.string }
}

let click = #"{"user_id": "103_2222223", "to": "+33639980042"}"#
let piopiyCall = #"{"from": 33199001234, "to": 33639980042, "answer_url": "https://crm.example.com/actions"}"#
