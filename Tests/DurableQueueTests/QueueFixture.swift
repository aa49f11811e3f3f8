import Digests
import DurableQueue
import HTTPTypes
import RelayCore
import SQLite
import Synchronization
import Telemetry
import TestSupport

/// A queue on a real file in a folder of its own.
final class QueueFixture: Sendable {
  let folder: TemporaryFolder
  let path: String
  let time = ManualTime()
  let lines = LogStream()
  private let opened: Mutex<DurableQueue>

  init(settings: DurableQueue.Settings = .init()) throws {
    folder = try TemporaryFolder()
    path = folder.file("cdrelay.db")
    opened = Mutex(try DurableQueue.open(path: path, settings: settings, time: time, log: lines.log))
  }

  var queue: DurableQueue { opened.withLock { $0 } }

  /// As another process would see the file.
  func connect(_ mode: Connection.Mode = .readOnly) throws -> Connection {
    try Connection(path: path, mode: mode)
  }

  func count(_ sql: String) throws -> Int {
    Int(try connect().integer("SELECT count(*) FROM " + sql) ?? -1)
  }

  /// Waits until the queue says that it takes records again; at once where it refuses none.
  func untilRecordsAreTaken() {
    guard queue.pressure != nil else { return }
    lines.next("queue.takes_records_again")
  }

  func reopen(settings: DurableQueue.Settings = .init()) throws {
    queue.close()
    let next = try DurableQueue.open(path: path, settings: settings, time: time, log: .silent)
    opened.withLock { $0 = next }
  }

  /// A taker that has been told of the holds, with room granted.
  func startTaker(room: [String: Int] = [:]) -> TestTaker {
    let taker = TestTaker()
    queue.start(taker: taker)
    taker.next { if case .changed = $0 { true } else { false } }
    for (destination, room) in room { queue.grant(destination: destination, room: room) }
    return taker
  }
}

/// The lines of a log as they come, for a test to wait for.
final class LogStream: Sendable {
  private let lines = Mailbox<String>()

  var log: Log { Log(level: .info, timestamp: { "" }) { [lines] in lines.put($0) } }

  /// The next line with this text; those before it are dropped.
  @discardableResult
  func next(_ text: String) -> String {
    lines.next { $0.contains(text) } ?? ""
  }
}

/// Keeps what it is told, in order, for a test to wait for.
final class TestTaker: DeliveryTaker {
  enum Event: Sendable {
    case taken([DueDelivery])
    case due(Set<String>)
    case changed([String: HoldState])
    case failing(Bool)
  }

  private let events = Mailbox<Event>()

  func take(_ deliveries: [DueDelivery]) { events.put(.taken(deliveries)) }
  func becameDue(destinations: Set<String>) { events.put(.due(destinations)) }
  func databaseChanged(holds: [String: HoldState]) { events.put(.changed(holds)) }
  func commitsFail(_ failing: Bool) { events.put(.failing(failing)) }

  /// The next event that matches; those before it are dropped.
  @discardableResult
  func next(where matches: (Event) -> Bool) -> Event? {
    events.next(where: matches)
  }

  func nextTaken() -> [DueDelivery] {
    if case .taken(let deliveries) = next(where: { if case .taken = $0 { true } else { false } }) {
      return deliveries
    }
    return []
  }

  func nextDue() -> Set<String> {
    if case .due(let names) = next(where: { if case .due = $0 { true } else { false } }) { return names }
    return []
  }
}

extension DurableQueue {
  func admit(_ new: NewRecord) -> Result<CommitReceipt, CommitFailure> {
    reply { admit(new, reply: $0) }
  }

  func quarantine(_ new: NewQuarantine) -> Result<QuarantineReceipt, CommitFailure> {
    reply { quarantine(new, reply: $0) }
  }

  func claim(_ destination: String, limit: Int = 100, byteLimit: Int = 1 << 20) -> Result<Claim, CommitFailure> {
    reply { claim(destination: destination, limit: limit, byteLimit: byteLimit, reply: $0) }
  }

  /// Returns when everything posted before is committed.
  func flush() {
    while claim("nobody", limit: 0).failure == .busy {}
  }
}

extension NewRecord {
  /// A record of source `pbx` whose key and content are these texts. `call`: what its legs share; without it the key.
  static func sample(
    key: String, content: String = "first", to destinations: [String] = ["crm"], at: Instant? = nil,
    skipsRevisions: Bool = false, scope: String = "pbx", body: [UInt8]? = nil, bodyHash: [UInt8]? = nil,
    call conversation: String? = nil, sentAt: Instant = .init(milliseconds: 7)
  ) -> NewRecord {
    let body = body ?? Array(#"{"key":"\#(key)","content":"\#(content)"}"#.utf8)
    var call = Call()
    call.id = key
    call.conversationID = conversation
    call.from = "+33140000000"
    let headers = HTTPHeaders([("user-agent", "pbx \"1\""), ("x-note", "tab\there")])
    let query = FormFields([FormFields.Field(name: "a", value: "b")])
    return NewRecord(
      record: Record(
        source: "pbx", provider: .generic, kind: .cdr, call: call, body: JSONView(.null), headers: headers,
        query: query,
        identity: RecordIdentity(key: key, time: sentAt, content: Array(SHA256.hash(content.utf8)[..<16]))),
      raw: RawRecord(body: body, contentType: "application/json", headers: headers, query: query),
      routes: destinations.map { Route(destination: $0, rule: "all", skipsRevisions: skipsRevisions) },
      receivedAt: at ?? ManualTime().now(), sender: "127.0.0.1", credential: "token",
      bodyHash: bodyHash ?? SHA256.hash(body), rulesVersion: 1, dedupScope: scope)
  }
}

extension NewQuarantine {
  static func sample(_ text: String, source: String = "pbx", at: Instant? = nil) -> NewQuarantine {
    let body = Array(text.utf8)
    return NewQuarantine(
      source: source, receivedAt: at ?? ManualTime().now(), sender: "127.0.0.1", credential: "token", status: 400,
      reason: "not JSON: expected a value at byte 0",
      raw: RawRecord(body: body, contentType: nil, headers: HTTPHeaders(), query: FormFields()), size: body.count,
      contentHash: SHA256.hash(body))
  }
}

extension Settlement {
  static func sample(
    _ delivery: DueDelivery, _ outcome: Outcome, reason: String? = nil, status: Int? = 200, at now: Instant,
    isTried: Bool = true, response: [UInt8] = Array("ok".utf8)
  ) -> Settlement {
    let attempt = Attempt(
      startedAt: now, took: 12, requestHash: SHA256.hash(delivery.raw.body), status: status, response: response)
    return Settlement(
      delivery: delivery.id, destination: delivery.destination, outcome: outcome, reason: reason,
      attempt: isTried ? attempt : nil, settledAt: now)
  }
}

extension CommitReceipt {
  var isDuplicate: Bool { outcome == .duplicate }
  var revision: Int? { if case .accepted(let revision) = outcome { revision } else { nil } }
}

/// Where the writer passes before each transaction; a test may keep it closed for a while.
final class Gate: Sendable {
  private let mutex = Mutex(())

  func closed(_ body: () -> Void) {
    mutex.withLock { _ in body() }
  }

  func pass() {
    mutex.withLock { _ in }
  }
}

extension DurableQueue.Settings {
  static func behind(_ gate: Gate) -> DurableQueue.Settings {
    var settings = DurableQueue.Settings()
    settings.beforeCommit = { _ in gate.pass() }
    return settings
  }
}
