import AdminWeb
import Calling
import Dispatch
import DurableQueue
import HTTP1
import RelayCore
import Rules
import Telemetry

/// What `--calls` opens. Small: it is for a few programs of the house, not for strangers.
final class CallsListener: Sendable {
  let calling: Calling
  private let server: HTTPServer
  private let log: Log

  /// Milliseconds that a call may take from its last byte to the answer: the provider's longest time-out, and what it waits.
  private static let longestCall: Int64 = 330_000
  private static let drain = Duration.seconds(2)

  init(
    rules: RuleFile, queue: DurableQueue, health: Health, connections: Int, time: any TimeSource, log: Log
  ) {
    calling = Calling(rules: rules, queue: queue, userAgent: Program.userAgent, time: time, log: log)
    var limits = HTTPLimits()
    limits.connections = connections
    limits.connectionsPerAddress = connections
    limits.bodyLimit = 64 << 10
    limits.bufferedBytes = 16 << 20
    limits.answerMilliseconds = Self.longestCall
    server = HTTPServer(handler: CallsDoor(calls: calling, health: health), limits: limits, log: log)
    self.log = log
    calling.start()
    tell(rules)
  }

  func listen(_ socket: Listener) throws {
    try server.listen(socket)
  }

  func use(_ rules: RuleFile) {
    calling.use(rules)
    tell(rules)
  }

  /// Ends in the background, so that it takes no time of the receiver's: `wait` for it.
  func stop() -> DispatchGroup {
    let ended = DispatchGroup()
    DispatchQueue.global().async(group: ended) { [self] in
      calling.stop(within: Self.drain)
      _ = server.drain(deadlineMilliseconds: 500)
    }
    return ended
  }

  private func tell(_ rules: RuleFile) {
    guard !rules.clients.contains(where: \.isEnabled) else { return }
    log.warning("calls.no_client", [LogField("do", "name who may place calls in the rule file's clients")])
  }
}
