import Dispatch
import Foundation
import Simulator
import Synchronization

/// Posts the webhooks of placed calls as they fall due, one after the other on a thread of its own, which lives as long as
/// the process.
final class PlacedCallPoster: Sendable {
  private struct State {
    var waiting: [SimulatedWebhook] = []
    var counts = PostedCounts()
  }

  private let state = Mutex(State())
  private let there = DispatchSemaphore(value: 0)
  /// Waiting at once; further ones are dropped. 100,000.
  private static let mostWaiting = 100_000

  init(_ target: HookTarget) throws {
    _ = try WebhookSender(target)
    Thread { [self] in
      guard let sender = try? WebhookSender(target) else { return }
      while true {
        there.wait()
        guard let webhook = state.withLock({ $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }) else { continue }
        guard let outcome = sender.send(webhook, while: { true }) else { continue }
        state.withLock { state in
          state.counts.began(webhook)
          state.counts.add(webhook, outcome)
        }
      }
    }.start()
  }

  var counts: PostedCounts { state.withLock { $0.counts } }

  func post(_ webhook: SimulatedWebhook) {
    let isTaken = state.withLock { state in
      guard state.waiting.count < Self.mostWaiting else { return false }
      state.waiting.append(webhook)
      return true
    }
    if isTaken { there.signal() }
  }
}
