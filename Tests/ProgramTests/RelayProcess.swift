import Foundation
import Glibc
import Synchronization
import TestSupport

/// The shipped binary, run as a process of its own. Its path comes from CDRELAY_BINARY: README's test command builds it first.
final class RelayProcess: Sendable {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  static var binary: String {
    get throws {
      guard let path = ProcessInfo.processInfo.environment["CDRELAY_BINARY"] else {
        throw Failure(
          description: "CDRELAY_BINARY is not set: run README's test command, which builds the binary first")
      }
      return path
    }
  }

  private let process: Mutex<Process>
  private let output: ProcessOutput
  /// The port of the receiver.
  let port: Int
  let adminPort: Int
  let pid: Int32

  /// Starts `serve` on ports of its own and returns once it listens. `wrapper` stands before the command, such as strace.
  init(
    rules: String, database: String, environment: [String: String] = [:], arguments: [String] = [],
    wrapper: [String] = []
  ) throws {
    let command =
      wrapper + [
        try Self.binary, "serve", "--rules", rules, "--database", database, "--listen", "127.0.0.1:0", "--admin",
        "127.0.0.1:0",
      ] + arguments
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let output = ProcessOutput()
    process.standardError = output.pipe
    process.standardOutput = output.pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    output.startReading()
    pid = process.processIdentifier
    self.process = Mutex(process)
    self.output = output
    do {
      port = try Self.port(of: "hooks", in: output)
      adminPort = try Self.port(of: "admin", in: output)
    } catch {
      kill(process.processIdentifier, SIGKILL)
      throw error
    }
  }

  /// From the line `relay.listening listener=NAME address=127.0.0.1:PORT`.
  private static func port(of listener: String, in output: ProcessOutput) throws -> Int {
    do throws(ProcessOutput.Ending) {
      return try output.wait { text in
        let lines = text.split(separator: "\n").filter { $0.contains("relay.listening listener=\(listener) ") }
        return lines.first?.split(separator: ":").last.flatMap { Int($0) }
      }
    } catch {
      let what = error == .closed ? "ended before it listened" : "did not listen within a minute"
      throw Failure(description: "the relay \(what):\n\(output.text)")
    }
  }

  /// Where clients place calls; of one that was started with `--calls`.
  var callsPort: Int { get throws { try Self.port(of: "calls", in: output) } }

  /// All that it printed so far; all of it behind `terminate`.
  var printed: String { output.text }

  /// Waits until it has printed this; false where it ended or a minute went by without.
  func prints(_ text: String) -> Bool {
    (try? output.wait { $0.contains(text) ? () : nil }) != nil
  }

  /// One sample of `/metrics`: its name with the labels, as it stands there.
  func metric(_ name: String) throws -> Int {
    let page = try HTTPConnection(port: adminPort).get("/metrics").text
    for line in page.split(separator: "\n") where line.hasPrefix(name + " ") {
      return Int(line.dropFirst(name.count + 1)) ?? 0
    }
    throw Failure(description: "no \(name) in:\n\(page)")
  }

  /// User and system time so far.
  func cpuSeconds() throws -> Double {
    let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
    // Behind the name, which may hold spaces, come state, ppid, …; utime and stime are the 12th and 13th (proc(5)).
    let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
    return (Double(fields[12]) ?? 0) / 100 + (Double(fields[13]) ?? 0) / 100
  }

  /// The most bytes that were in memory at once so far.
  func peakMemory() throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? .max / 1024) * 1024
  }

  func kill9() {
    kill(pid, SIGKILL)
    process.withLock { $0.waitUntilExit() }
  }

  /// SIGTERM, and the exit code; all that it printed is read then.
  @discardableResult
  func terminate() -> Int32 {
    kill(pid, SIGTERM)
    let status = process.withLock { process in
      process.waitUntilExit()
      return process.terminationStatus
    }
    output.readToEnd()
    return status
  }

  deinit {
    process.withLock { if $0.isRunning { kill(pid, SIGKILL) } }
  }
}
