import HTTP1
import RelayCore
import Rules
import Telemetry

extension Command {
  static let serve = Command(
    "serve", "Receives records, keeps them, forwards them",
    details: """
      SIGHUP loads the rule file again: it is taken as a whole, or refused with all its problems while the rules in force
      stay. Where the file is bad at the start, the rules that were accepted last are in force;
      give --database, so that they are found whatever the file holds.
      Runs until SIGTERM or SIGINT; then stops accepting, answers what was read, commits, finishes or puts back what is being
      sent, and exits with 0 within 10 s. One relay owns a database; commands may work on it beside the relay.
      Listening sockets may come from the service manager (LISTEN_FDS, named hooks, admin and calls); then the option for the same
      listener must not be given.
      """,
    options: [
      Option("--rules", "FILE", "The rule file; required."),
      Option("--watch", nil, "Loads it again whenever it is saved."),
      Option(
        "--database", "FILE", "Made where missing. Default: $CDRELAY_DATABASE, else relay.database, else cdrelay.db."),
      Option("--listen", "ADDRESS", "Where providers post. Default 127.0.0.1:8080; port 0 takes a free one."),
      Option("--admin", "ADDRESS", "Where /healthz, /readyz and /metrics are. Default 127.0.0.1:8081."),
      Option("--calls", "ADDRESS", "Where clients place calls (POST /calls/SOURCE) and hear recordings. Default: off."),
      Option("--log", "FORMAT", "logfmt (default) or json: a line on standard error for each event."),
      Option("--log-level", "LEVEL", "debug, info (default), warning or error."),
    ]
  ) { invocation in
    let arguments = invocation.arguments
    guard let path = arguments["--rules"] else { throw UsageError("missing --rules FILE") }
    let addresses = try ServeAddresses(arguments)
    let inherited = try ServiceSockets.taken(by: addresses, invocation.surroundings.environment)
    let log = try Log(arguments, time: invocation.surroundings.time)
    inherited.tell(log)
    let signals = ServeSignals()
    var watch = FileWatch(loaded: FileStamp(path: path))
    let found = FoundRules(path: path, secrets: .process(.lenient))
    var load = found.load(.start, at: invocation.now)
    let (rules, database): (RuleFile, String)
    switch found.result {
    case .success(let found): (rules, database) = (found, try invocation.databasePath(found))
    case .failure(let error):
      (rules, database) = try LastGoodRules.instead(of: found, error, invocation)
      load.missingSecrets = rules.missingSecrets.map(\.line)
    }
    for warning in rules.warnings { log.warning("rules.warning", [LogField("warning", warning.description)]) }
    // Before the database: an address that is taken leaves nothing behind.
    let sockets = try Relay.Sockets(addresses, inherited)
    let relay = try Relay(
      rules: rules, load: load, database: database, sockets: sockets, time: invocation.surroundings.time, log: log)
    let pause = arguments.has("--watch") ? FileWatch<FileStamp>.pause : nil
    while true {
      // Before the file is read: what changes meanwhile is seen at the next look.
      let signal = signals.next(within: pause)
      let stamp = FileStamp(path: path)
      switch signal {
      case .stop(let name):
        // Not within the line: its fields are not even asked for where the level leaves it out.
        log.info("relay.stopping", [LogField("signal", name)])
        relay.stop()
        return .done
      case .reload:
        watch.wasLoaded(stamp)
      case nil:
        guard watch.look(stamp) else { continue }
      }
      relay.reload(
        FoundRules(path: path, secrets: .process(.lenient)), signal == nil ? .watch : .signal, at: invocation.now)
    }
  }
}

extension Log {
  fileprivate init(_ arguments: Arguments, time: any TimeSource) throws(UsageError) {
    let format: Format
    switch arguments["--log"] {
    case nil, "logfmt": format = .logfmt
    case "json": format = .json
    case let other?: throw UsageError("--log: expected logfmt or json, found \(other)")
    }
    let name = arguments["--log-level"] ?? "info"
    guard let level = Level.allCases.first(where: { $0.word == name }) else {
      throw UsageError("--log-level: expected debug, info, warning or error, found \(name)")
    }
    self.init(level: level, format: format, timestamp: { time.now().rfc3339 })
  }
}
