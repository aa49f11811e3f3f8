import Dispatch
import Foundation
import Glibc
import RelayCore
import Simulator
import Synchronization

/// Posts the traffic of a day, over one connection or several, at so many calls a second. Its threads take the next webhook one
/// after the other; what they send side by side may arrive in any order, as providers' requests do.
final class PostingRun: Sendable {
  private struct Line {
    var traffic: SimulatedTraffic
    /// Calls that began.
    var begun = 0
  }

  let day: SimulatedDay
  private let target: HookTarget
  /// Calls a second; nil: as fast as they are taken.
  private let rate: Double?
  private let lost: Range<Instant>?
  private let hasLive: Bool
  private let line: Mutex<Line>
  private let posted = Mutex(PostedCounts())
  private let isStopped = Atomic(false)
  private let running = Atomic(0)
  private let began = DispatchTime.now()

  /// In a row; then nobody is there.
  private static let mostUnanswered = 50

  init(
    _ day: SimulatedDay, _ provider: SimulatedProvider, account: SimulatedAccount, to target: HookTarget, rate: Double?,
    lost: Range<Instant>?, hasLive: Bool = true
  ) {
    self.day = day
    self.hasLive = hasLive
    self.target = target
    self.rate = rate
    self.lost = lost
    line = Mutex(Line(traffic: SimulatedTraffic(day, provider, account: account)))
  }

  var counts: PostedCounts { posted.withLock { $0 } }
  var isOver: Bool { running.load(ordering: .acquiring) == 0 }
  var wasStopped: Bool { isStopped.load(ordering: .relaxed) }

  /// Nobody answered for a while, which is why it stopped.
  var isUnanswered: Bool { posted.withLock { $0.unansweredInARow >= Self.mostUnanswered } }

  /// A slow pace goes over one connection, and so in the traffic's own order.
  func start() throws {
    let threads = rate.map { $0 <= 50 } == true ? 1 : 8
    for _ in 0..<threads {
      // Seen here where there is no memory; each thread makes its own.
      _ = try WebhookSender(target)
      running.add(1, ordering: .relaxed)
      Thread { [self] in
        if let sender = try? WebhookSender(target) { work(sender) }
        running.subtract(1, ordering: .releasing)
      }.start()
    }
  }

  func stop() {
    isStopped.store(true, ordering: .relaxed)
  }

  private func work(_ sender: WebhookSender) {
    while !wasStopped, let webhook = next() {
      if lost?.contains(webhook.at) == true {
        posted.withLock { $0.add(lost: webhook) }
        continue
      }
      guard let outcome = sender.send(webhook, while: { !wasStopped }) else { return }
      let isHopeless = posted.withLock { counts in
        counts.add(webhook, outcome)
        return counts.unansweredInARow >= Self.mostUnanswered
      }
      if isHopeless { stop() }
    }
  }

  /// Waits until its call may begin; the others wait behind it.
  private func next() -> SimulatedWebhook? {
    line.withLock { line in
      var next = line.traffic.next()
      while let webhook = next, webhook.isLive, !hasLive { next = line.traffic.next() }
      guard let webhook = next else { return nil }
      if webhook.call >= line.begun {
        if let rate { wait(until: Double(webhook.call) / rate) }
        line.begun = webhook.call + 1
      }
      posted.withLock { $0.began(webhook) }
      return webhook
    }
  }

  /// Seconds since the beginning.
  private func wait(until seconds: Double) {
    while !wasStopped {
      let left = seconds - elapsed
      if left <= 0 { return }
      usleep(UInt32(min(left, 0.1) * 1_000_000))
    }
  }

  var elapsed: Double {
    Double(DispatchTime.now().uptimeNanoseconds - began.uptimeNanoseconds) / 1_000_000_000
  }
}

extension PostingRun {
  /// Over and over in one line on a terminal, a line every ten seconds otherwise, until it is over. False where a person
  /// stopped it.
  func watch(_ surroundings: Surroundings) -> Bool {
    var said = 0.0
    while !isOver {
      if surroundings.isInterrupted() { stop() }
      if surroundings.isTerminal {
        try? surroundings.errors.write("\r\(progress)")
        try? surroundings.errors.flush()
      } else if elapsed - said >= 10 {
        surroundings.complain(progress)
        said = elapsed
      }
      usleep(20_000)
    }
    if surroundings.isTerminal { surroundings.complain("\r\(progress)") }
    return !wasStopped || isUnanswered
  }

  private var progress: String {
    let counts = counts
    let rate = Phrases.grouped(Int(Double(counts.requests) / max(elapsed, 0.001)))
    return "\(Phrases.grouped(counts.begun)) of \(Phrases.grouped(day.count)) calls, "
      + "\(Phrases.grouped(counts.requests)) requests, \(rate) a second, \(Phrases.grouped(counts.refusedCount)) refused"
  }
}
