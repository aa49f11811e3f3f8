import DurableQueue
import Foundation
import RelayCore
import SQLite
import Synchronization
import TestSupport
import Testing

/// The promise under SIGKILL: what was answered with 2xx reaches its destination, however often the process dies.
@Suite struct CrashTests {
  private static let rounds = 20
  private static let clients = 4

  @Test func nothingAcknowledgedIsLostUnderSIGKILL() throws {
    var random = SeededRandom(seed: UInt64.random(in: 0 ... .max))
    let seed = random.seed
    let folder = try TemporaryFolder()
    let destination = try ScriptedDestination { _ in .status(200) }
    let rules = folder.file("rules.json")
    try Self.rules(port: destination.port).write(toFile: rules, atomically: true, encoding: .utf8)
    let database = folder.file("cdrelay.db")
    let ledger = Ledger()

    for round in 1...Self.rounds {
      let relay = try RelayProcess(rules: rules, database: database)
      // The moment of death is a random number of acknowledgements away: no clock is needed.
      let goal = ledger.acknowledgedCount + Int(random.next() % 400) + 1
      let posting = Posting(port: relay.port, round: round, clients: Self.clients, ledger: ledger)
      #expect(ledger.wait(acknowledged: goal), "seed \(seed), round \(round): the relay stopped taking records")
      relay.kill9()
      posting.join()
      #expect(try Self.faults(database) == [], "seed \(seed), round \(round)")
    }

    let relay = try RelayProcess(rules: rules, database: database)
    let acknowledged = ledger.acknowledged
    let arrived = Arrivals(destination)
    #expect(arrived.wait(for: acknowledged, seconds: 60), "seed \(seed): acknowledged records did not arrive")
    let missing = acknowledged.subtracting(arrived.ids)
    #expect(missing.isEmpty, "seed \(seed): \(missing.count) of \(acknowledged.count) are missing")
    #expect(arrived.ids.isSubset(of: ledger.sent), "seed \(seed): a record arrived that nobody sent")
    #expect(relay.terminate() == 0)

    #expect(try Self.faults(database) == [], "seed \(seed)")
    let connection = try Connection(path: database, mode: .readOnly)
    let unsettled = try connection.prepare("SELECT count(*) FROM delivery WHERE state <> 'delivered'")
    #expect(try unsettled.step() && unsettled.integer(0) == 0, "seed \(seed)")
    print(
      "crash test: \(Self.rounds) x SIGKILL, \(ledger.sent.count) sent, \(acknowledged.count) acknowledged, "
        + "\(arrived.count) arrivals of \(arrived.ids.count) records (\(arrived.count - arrived.ids.count) duplicates), "
        + "seed \(seed)")
  }

  /// What can't be, in sentences.
  private static func faults(_ database: String) throws -> [String] {
    try QueueVisitor(path: database).check(now: SystemTime().now(), integrity: .full).faults.map(\.sentence)
  }

  private static func rules(port: Int) -> String {
    """
    {"sources": {"telecmi": {"provider": "telecmi", "auth": "none"}},
     "destinations": {"crm": {"url": "http://127.0.0.1:\(port)/crm", "allow_private": true,
                              "retry": {"first_delay_seconds": 0.1}}},
     "rules": [{"name": "all", "send_to": ["crm"]}]}
    """
  }
}

/// What clients sent, and what the relay answered with 200.
private final class Ledger: Sendable {
  private struct Content {
    var sent: Set<String> = []
    var acknowledged: Set<String> = []
  }

  private let content = Mutex(Content())
  private let acknowledgement = NSCondition()

  var sent: Set<String> { content.withLock { $0.sent } }
  var acknowledged: Set<String> { content.withLock { $0.acknowledged } }
  var acknowledgedCount: Int { content.withLock { $0.acknowledged.count } }

  func send(_ id: String) {
    content.withLock { _ = $0.sent.insert(id) }
  }

  func acknowledge(_ id: String) {
    content.withLock { _ = $0.acknowledged.insert(id) }
    acknowledgement.lock()
    acknowledgement.broadcast()
    acknowledgement.unlock()
  }

  /// False after a minute.
  func wait(acknowledged count: Int) -> Bool {
    let end = Date().addingTimeInterval(60)
    acknowledgement.lock()
    defer { acknowledgement.unlock() }
    while acknowledgedCount < count {
      if !acknowledgement.wait(until: end) { return acknowledgedCount >= count }
    }
    return true
  }
}

/// Clients that post records one behind the other until the relay is gone.
private final class Posting: Sendable {
  private let ended = DispatchGroup()

  init(port: Int, round: Int, clients: Int, ledger: Ledger) {
    for client in 0..<clients {
      ended.enter()
      Thread { [ended] in
        defer { ended.leave() }
        guard let connection = try? HTTPConnection(port: port) else { return }
        for number in 0... {
          let id = "r\(round)-c\(client)-n\(number)"
          ledger.send(id)
          guard let answer = try? connection.post("/hooks/telecmi", TeleCMISample.outgoingMissed(id: id)) else {
            return
          }
          if answer.status == 200 { ledger.acknowledge(id) }
        }
      }.start()
    }
  }

  func join() {
    ended.wait()
  }
}

/// What came to a destination.
private struct Arrivals {
  private let destination: ScriptedDestination

  init(_ destination: ScriptedDestination) {
    self.destination = destination
  }

  var ids: Set<String> { Set(destination.requests.compactMap { TeleCMISample.id(in: $0.body) }) }
  var count: Int { destination.requests.count }

  /// False after the limit.
  func wait(for wanted: Set<String>, seconds: Double) -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
      let count = destination.requests.count
      if wanted.isSubset(of: ids) { return true }
      _ = destination.wait(requests: count + 1, seconds: 1)
    }
    return false
  }
}
