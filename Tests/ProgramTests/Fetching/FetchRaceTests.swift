import Foundation
import RelayCore
import Simulator
import Synchronization
import TestSupport
import Testing

@testable import cdrelay

/// The shipped relay receives webhooks while two backfills fetch the same calls at the same moment: whoever comes first, each
/// call goes out once.
@Suite(.serialized) struct FetchRaceTests {
  private static let calls = 400

  @Test(arguments: ["telecmi", "callr"]) func noCallIsSentTwice(provider: String) throws {
    let seed = UInt64.random(in: 0 ... .max)
    // Two days ago. All was lost; it comes while the backfills run.
    let begin = SystemTime().now() + -172_800_000
    let fixture = try SimulatedProviderFixture(
      provider == "telecmi" ? .telecmi : .callr(.mixed), calls: Self.calls, begin: begin, lostHours: 0..<31)
    let relay = try RelayProcess(rules: fixture.rules, database: fixture.database)
    let words = [
      "backfill", fixture.source, "--from", begin.rfc3339, "--to", (begin + 31 * 3_600_000).rfc3339, "--rules",
      fixture.rules,
      "--database", fixture.database, "--settle", "0", "--json",
    ]
    let runs = Mutex<[Int32]>([])
    let posted = Mutex<[Int]>([])
    let path = "/hooks/\(fixture.source)"
    let post: @Sendable (HTTPConnection, SimulatedWebhook) -> Void = { connection, webhook in
      let status = (try? connection.post(path, webhook.body))?.status
      posted.withLock { $0.append(status ?? 0) }
    }
    let webhooks = SimulatedTraffic(fixture.day, fixture.provider, account: fixture.account).filter { !$0.isLive }
    // Of four calls one comes before, one behind, and two while the backfills run: now ahead of its row, now behind it.
    let before = try HTTPConnection(port: relay.port)
    for webhook in webhooks where webhook.call % 4 == 0 { post(before, webhook) }
    let backfills = (0..<2).map { _ in
      BackgroundThread {
        let code = (try? CommandRun(words))?.exitCode ?? -1
        runs.withLock { $0.append(code) }
      }
    }
    let senders = (1..<3).map { place in
      BackgroundThread {
        var random = SeededRandom(seed: seed &+ UInt64(place))
        guard let connection = try? HTTPConnection(port: relay.port) else { return }
        for webhook in webhooks where webhook.call % 4 == place {
          usleep(UInt32(random.next() % 60_000))
          post(connection, webhook)
        }
      }
    }
    (backfills + senders).forEach { $0.join() }
    let behind = try HTTPConnection(port: relay.port)
    for webhook in webhooks where webhook.call % 4 == 3 { post(behind, webhook) }
    #expect(runs.withLock { $0 } == [0, 0], "seed \(seed)")
    #expect(posted.withLock { $0.count } == webhooks.count && posted.withLock { $0.allSatisfy { $0 == 200 } })
    #expect(relay.terminate() == 0)
    let fetched = try fixture.integer("SELECT count(*) FROM record WHERE credential = 'backfill'") ?? 0
    let first =
      try fixture.integer(
        "SELECT count(*) FROM delivery d JOIN record r ON r.id = d.record WHERE r.credential <> 'backfill'") ?? 0
    #expect(fetched >= 100 && first >= 100, "\(fetched) fetched, \(first) by webhook, seed \(seed)")
    #expect(try fixture.integer("SELECT count(*) FROM delivery") == Int64(Self.calls), "seed \(seed)")
    #expect(
      try fixture.integer("SELECT count(DISTINCT r.call_id) FROM delivery d JOIN record r ON r.id = d.record")
        == Int64(Self.calls), "seed \(seed)")
    print("fetch race: \(provider), \(fetched) fetched first, \(first) webhooks first, seed \(seed)")
  }
}
