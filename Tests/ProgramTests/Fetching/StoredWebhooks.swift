import Digests
import Dispatch
import DurableQueue
import HTTPTypes
import Providers
import RelayCore
import Rules
import Synchronization
import TestSupport
import Testing

/// Puts webhooks into a database as the receiver would, without a network.
enum StoredWebhooks {
  struct Webhook {
    let body: [UInt8]
    let at: Instant
    var headers = HTTPHeaders()
  }

  static func store(
    _ webhooks: [Webhook], of source: String, _ rules: RuleFile, in database: String, openedAt: Instant
  ) throws {
    let source = try #require(rules.source(named: source))
    let queue = try DurableQueue.open(path: database, time: ManualTime(openedAt), log: .silent)
    let version = try queue.registerRules(text: rules.text)
    let left = DispatchGroup()
    let failures = Mutex(0)
    for webhook in webhooks {
      let raw = RawRecord(
        body: webhook.body, contentType: "application/json", headers: webhook.headers, query: FormFields())
      let record = try Decoder.decode(raw, settings: source.settings)
      left.enter()
      queue.admit(
        NewRecord(
          record: record, raw: raw, routes: rules.route(record), receivedAt: webhook.at, sender: "127.0.0.1",
          credential: "none", bodyHash: SHA256.hash(raw.body), rulesVersion: version, dedupScope: source.dedupScope)
      ) { result in
        if case .failure = result { failures.withLock { $0 += 1 } }
        left.leave()
      }
    }
    left.wait()
    queue.close()
    try #require(failures.withLock { $0 } == 0)
  }
}
