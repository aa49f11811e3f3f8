import DurableQueue
import Foundation
import HTTPTypes
import Intake
import RelayCore
import Rules
import SQLite
import Synchronization
import Telemetry
import TestSupport

/// An intake on a real database file, without sockets.
final class IntakeFixture: Sendable {
  let folder: TemporaryFolder
  let time = ManualTime()
  let lines = LoggedLines()
  let queue: DurableQueue
  let intake: Intake

  /// `sources` and `relay` are what stands behind these keys in the rule file.
  init(
    sources: String, relay: String = "{}", environment: [String: String] = [:],
    settings: DurableQueue.Settings = DurableQueue.Settings()
  ) throws {
    folder = try TemporaryFolder()
    let text = """
      {"relay": \(relay), "sources": \(sources),
       "destinations": {"crm": {"url": "https://crm.example.com/calls"}},
       "rules": [{"name": "all", "send_to": ["crm"]}]}
      """
    let rules = try RuleFile.parse(
      Array(text.utf8), path: "rules.json", secrets: SecretsResolver(environment: environment))
    queue = try DurableQueue.open(path: folder.file("cdrelay.db"), settings: settings, time: time, log: .silent)
    let version = try queue.registerRules(text: rules.text)
    let log = Log(level: .debug, timestamp: { "" }) { [lines] line in lines.append(line) }
    intake = Intake(rules: rules, rulesVersion: version, queue: queue, time: time, log: log)
  }

  deinit {
    queue.close()
  }

  func send(_ request: HTTPRequest) -> HTTPResponse {
    reply { intake.handle(request, answer: $0) }
  }

  func post(
    _ path: String, _ body: String, headers: [(String, String)] = [], query: String? = nil, peer: String = "203.0.113.9"
  ) -> HTTPResponse {
    send(
      HTTPRequest(
        method: "POST", path: path, query: query,
        headers: HTTPHeaders([("content-type", "application/json")] + headers), body: .bytes(Array(body.utf8)),
        peer: peer))
  }

  /// One column of the first row, read through a connection of its own.
  func text(_ sql: String) throws -> String? {
    let statement = try Connection(path: folder.file("cdrelay.db"), mode: .readOnly).prepare(sql)
    return try statement.step() ? statement.optionalText(0) : nil
  }

  func integer(_ sql: String) throws -> Int64? {
    let statement = try Connection(path: folder.file("cdrelay.db"), mode: .readOnly).prepare(sql)
    return try statement.step() ? statement.optionalInteger(0) : nil
  }
}

/// What was logged.
final class LoggedLines: Sendable {
  private let lines = Mutex<[String]>([])

  var all: [String] { lines.withLock { $0 } }

  func append(_ line: String) {
    lines.withLock { $0.append(line) }
  }
}

extension HTTPResponse {
  var text: String { String(decoding: body, as: UTF8.self) }

  /// A member of the JSON answer.
  func member(_ key: String) -> String? {
    (try? JSONParser.parse(body))?[key]?.string
  }
}

/// chub/docs/outgoing-missed with an id of its own.
func missedCall(id: String = "15b58236-734f-4000-a5e8-78284068f5c7", leg: String = "a", extra: String = "") -> String {
  #"{"virtual_number":"440000000000","call_id":"c4504776-d91e-123b-29a7-56000429abc3","#
    + #""custom":"{\"crm\":\"true\"}","leg":"\#(leg)","type":"cdr","appid":2222223,"to":442000000000,"#
    + #""cmiuuid":"\#(id)","status":"missed","user":"202_2222223","time":1650628175336,"direction":"outbound","#
    + #""hangup_reason":"recv_cancel"\#(extra)}"#
}
