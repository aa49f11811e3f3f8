import HTTP1
import RelayCore
import Rules
import Telemetry

extension Command {
  static let serve = Command(
    "serve", "Receives records, keeps them, forwards them",
    details: """
      Runs until SIGTERM or SIGINT; then stops accepting, answers what was read, commits, finishes or puts back what is being
      sent, and exits with 0 within 10 s. One relay owns a database; commands may work on it beside the relay.
      Listening sockets may come from the service manager (LISTEN_FDS, named hooks and admin); then the option for the same
      listener must not be given.
      """,
    options: [
      Option("--rules", "FILE", "The rule file; required."),
      Option(
        "--database", "FILE", "Made where missing. Default: $CDRELAY_DATABASE, else relay.database, else cdrelay.db."),
      Option("--listen", "ADDRESS", "Where providers post. Default 127.0.0.1:8080; port 0 takes a free one."),
      Option("--admin", "ADDRESS", "Where /healthz, /readyz and /metrics are. Default 127.0.0.1:8081."),
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
    let signals = StopSignals()
    let rules = try RuleFile.loadOrExplain(path)
    for warning in rules.warnings { log.warning("rules.warning", [LogField("warning", warning.description)]) }
    // Before the database: an address that is taken leaves nothing behind.
    let sockets = try Relay.Sockets(addresses, inherited)
    let relay = try Relay(
      rules: rules, database: invocation.databasePath(rules), sockets: sockets, time: invocation.surroundings.time,
      log: log)
    // Not within the line: its fields are not even asked for where the level leaves it out.
    let signal = signals.wait()
    log.info("relay.stopping", [LogField("signal", signal)])
    relay.stop()
    return .done
  }
}

extension RuleFile {
  /// Throws all problems of the file, a line each.
  fileprivate static func loadOrExplain(_ path: String) throws -> RuleFile {
    do throws(RuleFileError) {
      return try load(path: path, secrets: .process())
    } catch {
      throw CommandError("nothing was started, the rule file has problems:\n\(error)")
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
