import RelayCore
import TestSupport

@testable import cdrelay

/// A command run in this process, with what it printed.
struct CalledCommand {
  let code: ExitCode
  let output: String
  let errors: String

  /// `words` are split at spaces; `more` are taken as they are.
  init(
    _ words: String, _ more: [String] = [], database: DatabaseOnDisk? = nil, input: String = "",
    isTerminal: Bool = false, environment: [String: String] = [:], user: String = "ann",
    now: Instant = ManualTime().now(), isInterrupted: Bool = false, program: Program = .cdrelay
  ) {
    var printed: [UInt8] = []
    var complained: [UInt8] = []
    var lines = input.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)[...]
    let surroundings = Surroundings(
      output: Output { printed += $0 }, errors: Output { complained += $0 }, readLine: { lines.popFirst() },
      readAll: { Array(input.utf8) }, isTerminal: isTerminal, environment: environment, user: user,
      time: ManualTime(now), isInterrupted: { isInterrupted })
    let place = database.map { ["--database", $0.path] } ?? []
    code = program.run(words.split(separator: " ").map(String.init) + more + place, surroundings)
    output = String(decoding: printed, as: UTF8.self)
    errors = String(decoding: complained, as: UTF8.self)
  }

  /// Each line of the output as JSON.
  var json: [JSON] {
    output.split(separator: "\n").compactMap { try? JSONParser.parse(String($0)) }
  }
}
