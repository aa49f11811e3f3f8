import AdminWeb
import DurableQueue
import Forwarding
import HTTP1
import HTTPTypes
import Intake
import RelayCore
import Rules
import Telemetry

/// Everything that runs behind `cdrelay serve`, wired: the same for the program, the demo and tests.
struct Relay {
  struct Addresses {
    /// Where providers post, `127.0.0.1:8080`; port 0 takes a free one.
    var listen: String
    /// Where `/healthz`, `/readyz` and `/metrics` are for the machine's own use.
    var admin: String
  }

  /// The bound ports.
  let port: Int
  let adminPort: Int

  private let queue: DurableQueue
  private let forwarder: Forwarder
  private let receiver: HTTPServer
  private let admin: HTTPServer
  private let log: Log

  /// Milliseconds that the receiver may take to stop; with the forwarder's time below the 10 s in which the exit code must
  /// be there.
  private static let receiverDrain: Int64 = 4000
  private static let forwarderDrain = Duration.seconds(3)

  init(rules: RuleFile, database: String, addresses: Addresses, time: any TimeSource, log: Log) throws {
    self.log = log
    queue = try DurableQueue.open(
      path: database, settings: DurableQueue.Settings(rules.relay.queue), time: time, log: log)
    let version = try queue.registerRules(text: rules.text)
    forwarder = try Forwarder(
      queue: queue,
      settings: Forwarder.Settings(
        destinations: rules.destinations,
        sources: Dictionary(uniqueKeysWithValues: rules.sources.map { ($0.name, $0.settings) }),
        userAgent: "cdrelay/\(Program.version)"),
      time: time, log: log)
    forwarder.start()
    queue.start(taker: forwarder)
    let health = Health(queue: queue)
    let intake = Intake(rules: rules, rulesVersion: version, queue: queue, time: time, log: log)
    var limits = HTTPLimits()
    limits.bodyLimit = rules.relay.bodyLimitBytes
    limits.answerMilliseconds = rules.relay.queue.answerWithinMilliseconds
    limits.connections = DescriptorBudget.receiverConnections(
      wanted: limits.connections, limit: DescriptorBudget.raiseLimit(),
      inFlight: rules.destinations.reduce(0) { $0 + $1.maxInFlight })
    var adminLimits = HTTPLimits()
    adminLimits.connections = DescriptorBudget.adminConnections
    receiver = HTTPServer(handler: FrontDoor(intake: intake, health: health), limits: limits, log: log)
    admin = HTTPServer(handler: AdminPages(health: health, metrics: [queue, intake]), limits: adminLimits, log: log)
    adminPort = try admin.listen(addresses.admin)
    port = try receiver.listen(addresses.listen)
    log.info(
      "relay.started",
      [
        LogField("database", database), LogField("rules_version", version), LogField("sources", rules.sources.count),
        LogField("destinations", rules.destinations.count), LogField("rules", rules.rules.count),
      ])
    announce("admin", addresses.admin, adminPort)
    announce("hooks", addresses.listen, port)
  }

  /// Stops accepting, answers what was read, commits, finishes or puts back what is being sent, and closes the file.
  func stop() {
    _ = receiver.drain(deadlineMilliseconds: Self.receiverDrain)
    forwarder.drain(within: Self.forwarderDrain)
    queue.close()
    _ = admin.drain(deadlineMilliseconds: 100)
    log.info("relay.stopped")
  }

  private func announce(_ listener: String, _ address: String, _ port: Int) {
    let host = address.prefix(upTo: address.lastIndex(of: ":") ?? address.endIndex)
    log.info("relay.listening", [LogField("listener", listener), LogField("address", "\(host):\(port)")])
  }
}

extension DurableQueue.Settings {
  init(_ settings: QueueSettings) {
    self.init()
    waitingLimit = settings.maxWaitingRequests
    waitingBytes = settings.maxWaitingRequestBytes
    limits = QueueLimits(settings)
  }
}

extension QueueLimits {
  init(_ settings: QueueSettings) {
    self.init()
    maxWaitingDeliveries = settings.maxWaitingDeliveries
    maxDatabaseBytes = settings.maxDatabaseBytes
    minFreeBytes = settings.minFreeBytes
    reserveBytes = settings.reserveBytes
  }
}

/// The receiver's listener: webhooks, and its own health for load balancers in front of it.
private struct FrontDoor: HTTPHandler {
  let intake: Intake
  let health: Health

  func handle(_ request: HTTPRequest, answer: @escaping @Sendable (HTTPResponse) -> Void) {
    switch request.path {
    case "/healthz", "/readyz": health.handle(request, answer: answer)
    default: intake.handle(request, answer: answer)
    }
  }
}
