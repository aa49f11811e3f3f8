import Foundation
import Glibc
import RelayCore
import Synchronization
import TestSupport

/// `simulate api` of the shipped binary, as a process of its own.
final class SimulatorProcess: Sendable {
  private let process: Mutex<Process>
  let port: Int

  /// Returns once it listens, on a port of its own.
  init(_ arguments: [String]) throws {
    let process = Process()
    let output = ProcessOutput()
    process.executableURL = URL(fileURLWithPath: try RelayProcess.binary)
    process.arguments = ["simulate", "api", "--listen", "127.0.0.1:0", "--json"] + arguments
    process.standardOutput = output.pipe
    process.standardError = output.pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    output.startReading()
    self.process = Mutex(process)
    do throws(ProcessOutput.Ending) {
      port = try output.wait { text in
        guard let end = text.firstIndex(of: "\n") else { return nil }
        return (try? JSONParser.parse(String(text[..<end])))?["port"]?.integer.map(Int.init)
      }
    } catch {
      kill(process.processIdentifier, SIGKILL)
      throw RelayProcess.Failure(description: "the simulator did not start:\n\(output.text)")
    }
  }

  var url: String { "http://127.0.0.1:\(port)" }

  /// `/simulator/dials`.
  func dials() throws -> JSON {
    try JSONParser.parse(try HTTPConnection(port: port).get("/simulator/dials").body)
  }

  deinit {
    process.withLock { process in
      guard process.isRunning else { return }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
  }
}
