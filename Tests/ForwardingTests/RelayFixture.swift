import Digests
import DurableQueue
import Foundation
import HTTPTypes
import RelayCore
import Rules
import SQLite
import Synchronization
import Telemetry
import TestSupport

@testable import Forwarding

/// Destinations as a rule file gives them.
func destinations(
  _ json: String, _ mode: SecretsResolver.Mode = .resolved, environment: [String: String] = [:]
) throws -> [Destination] {
  let folder = try TemporaryFolder()
  let path = folder.file("rules.json")
  try #"{"sources": {}, "destinations": \#(json), "rules": []}"#.write(toFile: path, atomically: true, encoding: .utf8)
  return try RuleFile.load(path: path, secrets: SecretsResolver(mode: mode, environment: environment)).destinations
}

func destination(_ url: String, _ more: String = "") throws -> Destination {
  try destinations(#"{"crm": {"url": "\#(url)", "allow_private": true\#(more.isEmpty ? "" : ", " + more)}}"#)[0]
}

/// A queue on a real file and a forwarder in front of it, as in one run of the relay after the other.
final class RelayFixture {
  let folder: TemporaryFolder
  let watch = LogWatch()
  private(set) var queue: DurableQueue
  private(set) var forwarder: Forwarder
  private var count = 0

  init(_ destinations: String) throws {
    folder = try TemporaryFolder()
    (queue, forwarder) = try Self.start(folder, destinations, watch)
  }

  private static func start(
    _ folder: TemporaryFolder, _ json: String, _ watch: LogWatch
  ) throws -> (DurableQueue, Forwarder) {
    let destinations = try destinations(json)
    var queueSettings = DurableQueue.Settings()
    queueSettings.destinations = destinations.map(\.name)
    queueSettings.ordered = Set(destinations.filter { $0.order == .perCall }.map(\.name))
    queueSettings.capturing = Set(destinations.filter { $0.capture != nil }.map(\.name))
    let queue = try DurableQueue.open(
      path: folder.file("cdrelay.db"), settings: queueSettings, time: SystemTime(), log: .silent)
    var settings = Forwarder.Settings(destinations: destinations, sources: [:], userAgent: "cdrelay/test")
    settings.refreshTokensFile = folder.file("cdrelay.db.refresh-tokens")
    let forwarder = try Forwarder(queue: queue, settings: settings, time: SystemTime(), log: watch.log)
    forwarder.start()
    queue.start(taker: forwarder)
    return (queue, forwarder)
  }

  /// Puts back what is in flight and closes the file.
  func stop(within limit: Duration = .seconds(10)) {
    forwarder.drain(within: limit)
    queue.close()
  }

  func startAgain(_ destinations: String) throws {
    (queue, forwarder) = try Self.start(folder, destinations, watch)
  }

  /// The rule file changes, in the order in which the relay tells its parts.
  func use(_ json: String, environment: [String: String] = [:]) throws {
    let destinations = try destinations(json, .lenient, environment: environment)
    var queueSettings = DurableQueue.Settings()
    queueSettings.destinations = destinations.map(\.name)
    queueSettings.ordered = Set(destinations.filter { $0.order == .perCall }.map(\.name))
    queueSettings.capturing = Set(destinations.filter { $0.capture != nil }.map(\.name))
    forwarder.use(destinations: destinations, sources: [:])
    queue.use(queueSettings, holds: RuleHolds(of: destinations))
  }

  /// Stores so many records for these destinations, with bodies `{"n":1}`, `{"n":2}`, …
  func admit(_ records: Int = 1, call: String? = nil, to destinations: String...) {
    let answers = Mailbox<Void>()
    for _ in 0..<records {
      count += 1
      queue.admit(Self.record(count, destinations, call: call)) { _ in answers.put(()) }
    }
    for _ in 0..<records { _ = answers.next() }
  }

  static func record(_ number: Int, _ destinations: [String], call id: String? = nil) -> NewRecord {
    var call = Call()
    call.conversationID = id
    let body = Array(#"{"n":\#(number)}"#.utf8)
    let raw = RawRecord(body: body, contentType: "application/json", headers: HTTPHeaders(), query: FormFields())
    let identity = RecordIdentity(
      key: "\(number)", time: Instant(milliseconds: 0), content: Array(SHA256.hash(body).prefix(16)))
    let record = Record(
      source: "pbx", provider: .generic, kind: .cdr, call: call,
      body: JSONView(.object(["n": .integer(Int64(number))])),
      headers: HTTPHeaders(), query: FormFields(), identity: identity)
    return NewRecord(
      record: record, raw: raw, routes: destinations.map { Route(destination: $0, rule: "all") },
      receivedAt: SystemTime().now(), sender: "127.0.0.1", credential: "none", bodyHash: SHA256.hash(body),
      rulesVersion: 1, dedupScope: "pbx")
  }

  /// Of the closed or running relay's file.
  func count(_ sql: String) throws -> Int64 {
    try Connection(path: folder.file("cdrelay.db"), mode: .readOnly).integer("SELECT count(*) FROM " + sql) ?? -1
  }

  /// Reads again and again; false after a minute.
  func waits(for sql: String, toBe wanted: Int64) throws -> Bool {
    let end = Date().addingTimeInterval(60)
    while try count(sql) != wanted {
      if Date() > end { return false }
    }
    return true
  }

  func deliveries() throws -> [Identifier] {
    let rows = try Connection(path: folder.file("cdrelay.db"), mode: .readOnly).prepare("SELECT id FROM delivery")
    var ids: [Identifier] = []
    while try rows.step() { ids.append(Identifier(rows.integer(0))) }
    return ids
  }

  func value(_ sql: String) throws -> Int64? {
    try Connection(path: folder.file("cdrelay.db"), mode: .readOnly).integer(sql)
  }
}
