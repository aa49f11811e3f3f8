import Foundation
import SQLite
import TestSupport
import Testing

/// A rule file and a database for one test of the shipped binary.
struct Workbench {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  let folder: TemporaryFolder
  let rules: String
  let database: String

  /// `destinations`: what stands inside `"destinations": {…}`.
  init(
    destinations: String, sources: String? = nil, sendTo: String = #"["crm"]"#, relay: String = "{}"
  ) throws {
    folder = try TemporaryFolder()
    rules = folder.file("rules.json")
    database = folder.file("cdrelay.db")
    let sources = sources ?? #""telecmi": {"provider": "telecmi", "auth": "none"}"#
    let text = """
      {"relay": \(relay), "sources": {\(sources)}, "destinations": {\(destinations)},
       "rules": [{"name": "all", "send_to": \(sendTo)}]}
      """
    try text.write(toFile: rules, atomically: true, encoding: .utf8)
  }

  /// A destination on loopback that is tried again soon. `extra`: further members, with a comma behind each.
  static func destination(_ port: Int, _ extra: String = "", retry: String = "") -> String {
    """
    {"url": "http://127.0.0.1:\(port)/in", \(extra) "allow_private": true,
     "retry": {\(retry) "first_delay_seconds": 0.1, "max_delay_seconds": 2}}
    """
  }

  func start(
    environment: [String: String] = [:], arguments: [String] = [], wrapper: [String] = []
  ) throws -> RelayProcess {
    try RelayProcess(
      rules: rules, database: database, environment: environment, arguments: arguments, wrapper: wrapper)
  }

  /// Posts distinct TeleCMI records on one connection; each must be accepted.
  func post(count: Int, to relay: RelayProcess, prefix: String = "id-") throws {
    let connection = try HTTPConnection(port: relay.port)
    for number in 0..<count {
      let answer = try connection.post("/hooks/telecmi", TeleCMISample.outgoingMissed(id: "\(prefix)\(number)"))
      guard answer.status == 200 else { throw Failure(description: "\(answer.status) \(answer.text)") }
    }
  }

  func integer(_ sql: String) throws -> Int64 {
    let statement = try Connection(path: database, mode: .readOnly).prepare(sql)
    return try statement.step() ? statement.integer(0) : 0
  }

  func text(_ sql: String) throws -> String? {
    let statement = try Connection(path: database, mode: .readOnly).prepare(sql)
    return try statement.step() ? statement.optionalText(0) : nil
  }

  /// Looks until the file, which another process writes, says so; false after a minute.
  func wait(_ sql: String, is wanted: Int64) throws -> Bool {
    let end = Date().addingTimeInterval(60)
    let connection = try Connection(path: database, mode: .readOnly)
    let pause = DispatchSemaphore(value: 0)
    while Date() < end {
      let statement = try connection.statement(sql)
      if try statement.step(), statement.integer(0) == wanted { return true }
      statement.reset()
      // Nothing in this process can signal a change of the file: look again a little later.
      _ = pause.wait(timeout: .now() + 0.02)
    }
    return false
  }
}
