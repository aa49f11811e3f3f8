import AdminWeb
import Calling
import Dispatch
import DurableQueue
import HTTP1
import Recordings
import RelayCore
import Rules
import Telemetry

/// What `--calls` opens. Small: it is for a few programs of the house, not for strangers.
final class CallsListener: Sendable {
  let calling: Calling
  let recordings: Recordings
  private let server: HTTPServer
  private let log: Log

  /// Milliseconds that a call may take from its last byte to the answer: the provider's longest time-out, and what it waits.
  private static let longestCall: Int64 = 330_000
  private static let drain = Duration.seconds(2)
  /// Then for what is being written: recordings are long, and cut off here.
  private static let serverDrain: Int64 = 2500

  init(
    rules: RuleFile, queue: DurableQueue, health: Health, connections: Int, time: any TimeSource, log: Log
  ) {
    calling = Calling(rules: rules, queue: queue, userAgent: Program.userAgent, time: time, log: log)
    recordings = Recordings(rules: rules, time: time, userAgent: Program.userAgent, log: log)
    var limits = HTTPLimits()
    limits.connections = connections
    limits.connectionsPerAddress = connections
    limits.bodyLimit = 64 << 10
    // Recordings take up to 256 KiB each, and slow clients of them give way first.
    limits.bufferedBytes = 32 << 20
    limits.answerMilliseconds = Self.longestCall
    let door = CallsDoor(calls: calling, recordings: recordings, health: health)
    server = HTTPServer(handler: door, limits: limits, log: log)
    self.log = log
    calling.start()
    tell(rules)
  }

  func listen(_ socket: Listener) throws {
    try server.listen(socket)
  }

  func use(_ rules: RuleFile) {
    calling.use(rules)
    recordings.use(rules)
    tell(rules)
  }

  /// Ends in the background, so that it takes no time of the receiver's: `wait` for it.
  func stop() -> DispatchGroup {
    let ended = DispatchGroup()
    DispatchQueue.global().async(group: ended) { [self] in
      calling.stop(within: Self.drain)
      _ = server.drain(deadlineMilliseconds: Self.serverDrain)
      recordings.stop()
    }
    return ended
  }

  private func tell(_ rules: RuleFile) {
    if rules.clients.contains(where: \.isEnabled) || rules.hasRecordings { return }
    log.warning("calls.no_client", [LogField("do", "name who may place calls in the rule file's clients")])
  }
}
