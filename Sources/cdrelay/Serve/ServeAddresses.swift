import Glibc
import HTTP1
import Telemetry

/// Where the options say to listen; nil where they don't.
struct ServeAddresses {
  let listen: String?
  let admin: String?
  let calls: String?

  /// Looked at before anything is opened, so that a slip of the pen leaves no database behind.
  init(_ arguments: Arguments) throws(UsageError) {
    listen = arguments["--listen"]
    admin = arguments["--admin"]
    calls = arguments["--calls"]
    for (option, address) in [("--listen", listen), ("--admin", admin), ("--calls", calls)] {
      guard let address else { continue }
      do { try HTTPServer.check(address: address) } catch { throw UsageError("\(option): \(error)") }
    }
  }
}

extension ServiceSockets {
  /// Those of this process. An option that asks for what is there already contradicts it, and is refused rather than
  /// passed over: somebody would wait at that address in vain.
  static func taken(by addresses: ServeAddresses, _ environment: [String: String]) throws -> ServiceSockets {
    let sockets = try take(environment)
    let pairs = [
      ("--listen", addresses.listen, sockets.hooks), ("--admin", addresses.admin, sockets.admin),
      ("--calls", addresses.calls, sockets.calls),
    ]
    for (option, address, descriptors) in pairs where address != nil && !descriptors.isEmpty {
      throw UsageError(
        "\(option): the service manager passed on a socket for the same (LISTEN_FDS); leave the option out, or the socket"
      )
    }
    return sockets
  }

  /// Sockets that were passed over: a script between the service manager and the relay keeps its own process id in
  /// `LISTEN_PID` unless it ends with `exec`.
  func tell(_ log: Log) {
    guard let meantFor else { return }
    log.info(
      "relay.sockets_passed_over",
      [
        LogField("listen_pid", meantFor), LogField("pid", Int(getpid())),
        LogField("reason", "LISTEN_PID names another process, so its sockets are not used"),
        LogField("do", "start cdrelay itself, or with exec as the last command of a script"),
      ])
  }
}

extension Relay.Sockets {
  /// What the service manager gave, else what the options say, else the defaults.
  init(_ addresses: ServeAddresses, _ inherited: ServiceSockets) throws {
    hooks = try Self.open(inherited.hooks, or: addresses.listen ?? "127.0.0.1:8080")
    admin = try Self.open(inherited.admin, or: addresses.admin ?? "127.0.0.1:8081")
    calls = try Self.open(inherited.calls, or: addresses.calls)
  }

  private static func open(_ inherited: [Int32], or address: String?) throws -> [Listener] {
    if inherited.isEmpty { return try address.map { [try Listener(address: $0)] } ?? [] }
    do { return try inherited.map { try Listener(inherited: $0) } } catch {
      throw CommandError("LISTEN_FDS: \(error)")
    }
  }
}
