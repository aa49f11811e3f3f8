import Foundation

/// One run of the shipped binary, or of another program, that ends by itself.
struct CommandRun {
  let output: String
  let errors: String
  let exitCode: Int32

  /// `program`: another one than the binary, such as a shell that starts it.
  init(
    _ arguments: [String], input: String = "", environment: [String: String] = [:], program: String? = nil
  ) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try program ?? RelayProcess.binary)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (standardInput, standardOutput, standardError) = (Pipe(), Pipe(), Pipe())
    process.standardInput = standardInput
    process.standardOutput = standardOutput
    process.standardError = standardError
    try process.run()
    try standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try standardInput.fileHandleForWriting.close()
    // Read side by side: a full pipe would stop the process.
    let errorsRead = PipeReader(standardError.fileHandleForReading)
    output = String(decoding: standardOutput.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    errors = errorsRead.text()
    process.waitUntilExit()
    exitCode = process.terminationStatus
  }
}

/// Reads a pipe to its end on a thread of its own.
private final class PipeReader: @unchecked Sendable {
  // Sendable because `data` is written before `done` is signalled and read only behind that.
  private var data = Data()
  private let done = DispatchSemaphore(value: 0)

  init(_ handle: FileHandle) {
    Thread { [self] in
      data = handle.readDataToEndOfFile()
      done.signal()
    }.start()
  }

  func text() -> String {
    done.wait()
    return String(decoding: data, as: UTF8.self)
  }
}
