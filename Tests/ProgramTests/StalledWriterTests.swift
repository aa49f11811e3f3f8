import Foundation
import Glibc
import SQLite
import TestSupport
import Testing

/// The shipped binary while its writer can't write. Senders get 200 or 503, or no answer within their patience; never a 4xx,
/// never a 200 without a commit; afterwards all that was acknowledged is there.
@Suite(.serialized) struct StalledWriterTests {
  private static let rules = """
    {"sources": {"telecmi": {"provider": "telecmi", "auth": {"token": "the-token"}}},
     "destinations": {"crm": {"url": "http://127.0.0.1:9/in", "paused": true, "allow_private": true}},
     "rules": [{"name": "all", "send_to": ["crm"]}]}
    """

  private let folder: TemporaryFolder
  private var database: String { folder.file("cdrelay.db") }

  init() throws {
    folder = try TemporaryFolder()
    try Self.rules.write(toFile: folder.file("rules.json"), atomically: true, encoding: .utf8)
  }

  private func start(_ wrapper: [String] = []) throws -> RelayProcess {
    try RelayProcess(rules: folder.file("rules.json"), database: database, wrapper: wrapper)
  }

  private func checkKept(_ ledger: Senders.Ledger) throws {
    let connection = try Connection(path: database, mode: .readOnly)
    #expect(try connection.text("PRAGMA integrity_check") == "ok")
    let rows = try connection.prepare("SELECT call_id FROM record")
    var kept: Set<String> = []
    while try rows.step() { kept.insert(rows.text(0)) }
    #expect(ledger.acknowledged.subtracting(kept).isEmpty)
    #expect(Set(ledger.statuses.keys).isSubset(of: [200, 503]), "\(ledger.statuses)")
  }

  /// KiB that the process has in memory.
  private func memory(_ relay: RelayProcess) throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(relay.pid)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS") }
    return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
  }

  @Test func anotherProcessThatKeepsTheWriteLock() throws {
    let relay = try start()
    let senders = Senders(port: relay.port, count: 32, bodyBytes: 50_000)
    #expect(senders.wait { $0.acknowledged.count >= 100 })
    let before = try memory(relay)
    let visitor = try Connection(path: database, mode: .readWrite)
    try visitor.execute("BEGIN IMMEDIATE")
    // The writer waits 5 s for the lock, then answers 503 and tries again.
    #expect(senders.wait { $0.statuses[503, default: 0] >= 64 })
    #expect(try HTTPConnection(port: relay.adminPort).get("/readyz").status == 503)
    let during = try memory(relay)
    let held = senders.ledger
    try visitor.execute("ROLLBACK")
    #expect(senders.wait { $0.acknowledged.count >= held.acknowledged.count + 100 })
    senders.stop()
    #expect(senders.ledger.unanswered == 0)
    #expect(senders.ledger.slowest < 12)
    #expect(during < before + 64 * 1024, "KiB in memory: \(before) before, \(during) while the lock was held")
    #expect(relay.terminate() == 0)
    try checkKept(senders.ledger)
    print("write lock held: slowest answer \(senders.ledger.slowest) s, memory \(before) to \(during) KiB")
  }

  @Test func aProcessThatIsStoppedAndGoesOn() throws {
    let relay = try start()
    let senders = Senders(port: relay.port, count: 8, bodyBytes: 500, patienceSeconds: 1)
    #expect(senders.wait { $0.acknowledged.count >= 100 })
    kill(relay.pid, SIGSTOP)
    #expect(senders.wait { $0.unanswered >= 16 })
    kill(relay.pid, SIGCONT)
    let stopped = senders.ledger
    #expect(senders.wait { $0.acknowledged.count >= stopped.acknowledged.count + 100 })
    senders.stop()
    #expect(relay.terminate() == 0)
    try checkKept(senders.ledger)
  }

  /// A commit that takes 13 s: whoever waits for it is answered 503 after 10 s. It was not over, so it is kept all the
  /// same, and the record that comes again is a duplicate.
  @Test func aDiskThatSyncsSlowly() throws {
    let relay = try start([
      "strace", "-D", "-f", "-o", "/dev/null", "-e", "trace=fdatasync", "-e",
      "inject=fdatasync:delay_enter=13000000:when=20", "-P", database + "-wal",
    ])
    let senders = Senders(port: relay.port, count: 4, bodyBytes: 500)
    #expect(senders.wait { $0.statuses[503, default: 0] >= 4 })
    let late = senders.ledger
    #expect(senders.wait { $0.acknowledged.count >= late.acknowledged.count + 20 })
    senders.stop()
    #expect(late.refusals.contains { $0.contains("no answer in time") }, "\(late.refusals)")
    #expect(senders.ledger.unanswered == 0)
    #expect(senders.ledger.slowest < 11.5)
    #expect(relay.terminate() == 0)
    try checkKept(senders.ledger)
    let connection = try Connection(path: database, mode: .readOnly)
    #expect(try connection.integer("SELECT sum(duplicate) FROM source_hour") ?? 0 > 0, "what came again was there")
    #expect(try connection.integer("SELECT count(DISTINCT call_id) = count(*) FROM record") == 1)
  }
}
