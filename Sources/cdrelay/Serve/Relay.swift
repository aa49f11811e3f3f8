import AdminWeb
import DurableQueue
import Forwarding
import HTTP1
import HTTPTypes
import Intake
import RelayCore
import Rules
import Telemetry

import class Foundation.ProcessInfo

/// Everything that runs behind `cdrelay serve`, wired: the same for the program, the demo and tests.
struct Relay {
  /// Bound already, so that a taken address is known before anything else is opened; they listen once all of it is, so that
  /// whoever gets a connection finds the relay ready.
  struct Sockets {
    /// Where providers post.
    var hooks: [Listener]
    /// Where `/healthz`, `/readyz` and `/metrics` are for the machine's own use.
    var admin: [Listener]
    /// Where clients place calls; none: nobody can.
    var calls: [Listener] = []
  }

  /// The bound ports.
  let port: Int
  let adminPort: Int
  let callsPort: Int

  let queue: DurableQueue
  let forwarder: Forwarder
  private let receiver: HTTPServer
  private let admin: HTTPServer
  let intake: Intake
  let calls: CallsListener?
  let reloads = ReloadCounts()
  let startedWith: RuleFile
  let watchman: Watchman
  let reconciler: Reconciler
  let log: Log

  /// Milliseconds that the receiver may take to stop; with the forwarder's time below the 10 s in which the exit code must
  /// be there.
  private static let receiverDrain: Int64 = 4000
  private static let forwarderDrain = Duration.seconds(3)

  /// - Parameter load: how the rules were found, for commands to see; nil for none to see.
  init(
    rules: RuleFile, load: RulesLoad? = nil, database: String, sockets: Sockets, time: any TimeSource, log: Log
  ) throws {
    self.log = log
    startedWith = rules
    queue = try DurableQueue.open(
      path: database, settings: DurableQueue.Settings(rules), time: time, log: log)
    let version = try queue.registerRules(text: rules.text, load: load)
    reloads.started(version: version, isRefused: load?.isRefused == true)
    var sending = Forwarder.Settings(
      destinations: rules.destinations,
      sources: rules.sourceSettings,
      userAgent: "cdrelay/\(Program.version)")
    sending.refreshTokensFile = database + ".refresh-tokens"
    forwarder = try Forwarder(queue: queue, settings: sending, time: time, log: log)
    forwarder.start()
    queue.start(taker: forwarder)
    let health = Health(queue: queue)
    intake = Intake(rules: rules, rulesVersion: version, queue: queue, time: time, log: log)
    var limits = HTTPLimits(rules.relay)
    limits.answerMilliseconds = rules.relay.queue.answerWithinMilliseconds
    let descriptors = DescriptorBudget.raiseLimit()
    let wanted = limits.connections
    limits.connections = DescriptorBudget.receiverConnections(
      wanted: wanted, limit: descriptors, inFlight: rules.destinations.reduce(0) { $0 + $1.maxInFlight })
    if limits.connections < wanted {
      log.warning(
        "relay.few_open_files",
        [
          LogField("limit", descriptors), LogField("connections", limits.connections), LogField("wanted", wanted),
          LogField("do", "raise ulimit -Hn (systemd: LimitNOFILE), or lower relay.limits.connections"),
        ])
    }
    var adminLimits = HTTPLimits()
    adminLimits.connections = DescriptorBudget.adminConnections(limit: descriptors)
    receiver = HTTPServer(
      handler: FrontDoor(intake: intake, health: health), limits: limits, gate: Self.gate(intake), log: log)
    watchman = Watchman(
      queue: queue, path: database, rules: rules, environment: ProcessInfo.processInfo.environment, time: time,
      log: log)
    reconciler = Reconciler(path: database, rules: rules, version: version, time: time, log: log)
    calls =
      sockets.calls.isEmpty
      ? nil
      : CallsListener(
        rules: rules, queue: queue, health: health, connections: adminLimits.connections, time: time, log: log)
    var metrics: [any MetricsSource] = [
      receiver, intake, queue, queue.refusedTray, forwarder, watchman, reconciler, reloads,
    ]
    if let calls { metrics += [calls.calling, calls.recordings] }
    if calls == nil, rules.hasRecordings {
      log.warning(
        "recordings.no_listener", [LogField("do", "start serve with --calls: it answers the links to recordings")])
    }
    admin = HTTPServer(handler: AdminPages(health: health, metrics: metrics), limits: adminLimits, log: log)
    adminPort = sockets.admin.first?.port ?? 0
    port = sockets.hooks.first?.port ?? 0
    callsPort = sockets.calls.first?.port ?? 0
    for socket in sockets.calls { try calls?.listen(socket) }
    for socket in sockets.admin { try admin.listen(socket) }
    for socket in sockets.hooks { try receiver.listen(socket) }
    log.info(
      "relay.started",
      [
        LogField("database", database), LogField("rules_version", version), LogField("sources", rules.sources.count),
        LogField("destinations", rules.destinations.count), LogField("rules", rules.rules.count),
      ])
    if let load { tell(load) }
    watchman.start()
    reconciler.start()
    for socket in sockets.admin { announce("admin", socket) }
    for socket in sockets.hooks { announce("hooks", socket) }
    for socket in sockets.calls { announce("calls", socket) }
  }

  /// While nothing can be stored, large bodies are refused before they are read.
  private static func gate(_ intake: Intake) -> Gate {
    Gate(
      overload: { intake.refusal },
      isProxy: { address in intake.rules.relay.trustedProxies.contains { $0.contains(address) } })
  }

  /// Stops accepting, answers what was read, commits, finishes or puts back what is being sent, and closes the file.
  func stop() {
    reconciler.cancel()
    watchman.stop()
    let callsEnd = calls?.stop()
    _ = receiver.drain(deadlineMilliseconds: Self.receiverDrain)
    forwarder.drain(within: Self.forwarderDrain)
    reconciler.stop()
    callsEnd?.wait()
    queue.close()
    _ = admin.drain(deadlineMilliseconds: 100)
    log.info("relay.stopped")
  }

  private func announce(_ listener: String, _ socket: Listener) {
    let givenBy = socket.isInherited ? "service_manager" : "cdrelay"
    log.info(
      "relay.listening",
      [LogField("listener", listener), LogField("socket_of", givenBy), LogField("address", socket.address)])
  }
}

extension DurableQueue.Settings {
  init(_ rules: RuleFile) {
    self.init()
    waitingLimit = rules.relay.queue.maxWaitingRequests
    waitingBytes = rules.relay.queue.maxWaitingRequestBytes
    limits = QueueLimits(rules.relay.queue)
    retention = RetentionPolicy(rules.relay.retention)
    destinations = rules.destinations.map(\.name)
    ordered = Set(rules.destinations.filter { $0.order == .perCall }.map(\.name))
    capturing = Set(rules.destinations.filter { $0.capture != nil }.map(\.name))
  }
}

extension RetentionPolicy {
  init(_ settings: RetentionSettings) {
    self.init()
    bodies = settings.bodies
    delivered = settings.delivered
    cancelled = settings.cancelled
    dead = settings.dead
    unrouted = settings.unrouted
    records = settings.records
    quarantine = settings.quarantine
    calls = settings.calls
  }
}

extension QueueLimits {
  init(_ settings: QueueSettings) {
    self.init()
    maxUnsettledDeliveries = settings.maxUnsettledDeliveries
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
