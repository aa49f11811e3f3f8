import Dispatch
import DurableQueue
import Foundation
import Outgoing
import RelayCore
import Rules
import Synchronization
import Telemetry

/// Brings due deliveries to their destinations. The face of the sending loop towards other threads: everything told to it is
/// put into the inbox, and the loop is woken.
package final class Forwarder: Sendable {
  package struct Settings: Sendable {
    package var destinations: [Destination]
    /// By name of the source: what its decoder must know, for deliveries that are read from disk and rendered.
    package var sources: [String: SourceSettings]
    /// `cdrelay/1.0.0`.
    package var userAgent: String
    /// Where refresh tokens are kept that servers change; nil: in memory alone.
    package var refreshTokensFile: String?
    /// From 0 to 1, drawn for each delay.
    package var jitter: @Sendable () -> Double = { Double.random(in: 0...1) }

    package init(destinations: [Destination], sources: [String: SourceSettings], userAgent: String) {
      self.destinations = destinations
      self.sources = sources
      self.userAgent = userAgent
    }

    var keptConnections: Int {
      min(max(destinations.reduce(0) { $0 + $1.maxInFlight }, 16), 4096)
    }
  }

  package struct CurlUnavailable: Error, CustomStringConvertible {
    package let description = "libcurl can't be used: it could not be initialised; check memory and libcurl.so.4"
  }

  private let settings: Settings
  private let queue: any DueQueue
  private let time: any TimeSource
  private let log: Log
  private let multi: CurlMulti
  private let inbox = Mutex(Inbox())
  private let metrics: SendingMetrics
  private let hasEnded = DispatchSemaphore(value: 0)

  package init(queue: any DueQueue, settings: Settings, time: any TimeSource, log: Log) throws(CurlUnavailable) {
    guard let multi = CurlMulti(keptConnections: settings.keptConnections) else { throw CurlUnavailable() }
    self.multi = multi
    self.queue = queue
    self.settings = settings
    self.time = time
    self.log = log
    metrics = SendingMetrics(
      destinations: settings.destinations.map(\.name),
      tokens: TokenSource.groups(settings.destinations).map(\.names),
      asking: settings.destinations.filter { $0.lookup != nil }.map(\.name),
      capturing: settings.destinations.filter { $0.capture != nil }.map(\.name))
  }

  /// Starts the thread. Nothing is sent before the queue has said what is held (`databaseChanged`). Call once.
  package func start() {
    queue.synchronizeRuleHolds(RuleHolds(of: settings.destinations))
    let thread = Thread { [self] in
      let loop = SendingLoop(
        settings: settings, queue: queue, time: time, log: log, multi: multi, metrics: metrics,
        claimed: { [weak self] destination, result in
          self?.tell { $0.claims.append((destination, result)) }
        })
      while loop.turn(
        inbox.withLock { box in
          defer { box = Inbox(stopBy: box.stopBy) }; return box
        })
      {}
      hasEnded.signal()
    }
    thread.name = "forwarding"
    thread.start()
  }

  /// Sends nothing new, waits for what is in flight, puts back the rest, and returns when all that is written to the queue.
  /// Call once, behind `start`. Blocks.
  package func drain(within limit: Duration = .seconds(3)) {
    tell { $0.stopBy = ContinuousClock.now + limit }
    hasEnded.wait()
  }

  /// The rule file changed. What is in flight goes on; the holds of the file are the queue's to be told
  /// (`DurableQueue.use`), behind this.
  package func use(destinations: [Destination], sources: [String: SourceSettings]) {
    var new = settings
    new.destinations = destinations
    new.sources = sources
    metrics.add(
      destinations: destinations.map(\.name), tokens: TokenSource.groups(destinations).map(\.names),
      asking: destinations.filter { $0.lookup != nil }.map(\.name),
      capturing: destinations.filter { $0.capture != nil }.map(\.name))
    tell { [new] in $0.settings = new }
  }

  private func tell(_ change: (inout Inbox) -> Void) {
    inbox.withLock { change(&$0) }
    multi.wakeUp()
  }
}

extension RuleHolds {
  /// What the rule file holds of these.
  package init(of destinations: [Destination]) {
    self.init()
    for destination in destinations {
      if let missing = destination.missingSecrets.first {
        missingSecrets[destination.name] = "\(missing.path): \(missing.message)"
      }
      guard destination.isPaused || !destination.isEnabled else { continue }
      written[destination.name] = destination.isEnabled ? "paused in the rule file" : "switched off in the rule file"
    }
  }
}

extension Forwarder: MetricsSource {
  package func write(to page: inout MetricsPage) {
    metrics.write(to: &page)
  }
}

extension Forwarder: DeliveryTaker {
  package func take(_ deliveries: [DueDelivery]) {
    tell { $0.taken.append(contentsOf: deliveries) }
  }

  package func becameDue(destinations: Set<String>) {
    tell { $0.becameDue.formUnion(destinations) }
  }

  package func databaseChanged(holds: [String: HoldState]) {
    tell { $0.holds = holds }
  }

  package func commitsFail(_ failing: Bool) {
    tell { $0.commitsFail = failing }
  }
}
