import Glibc
import Synchronization

/// One line per thing that happened: a name, then fields. `logfmt` for terminals, JSON lines for collectors.
/// Callers see to it that no secret, body or whole phone number is among the values.
package struct Log: Sendable {
  package enum Level: Int, Sendable, Comparable, CaseIterable {
    case debug, info, warning, error

    package static func < (left: Level, right: Level) -> Bool {
      left.rawValue < right.rawValue
    }

    package var word: String { "\(self)" }
  }

  package enum Format: Sendable {
    case logfmt, json
  }

  /// Lines below this level are not made at all: their fields are never evaluated.
  package let level: Level
  private let format: Format
  private let write: @Sendable (String) -> Void
  private let timestamp: @Sendable () -> String

  /// `write` gets each line with its newline; by default it goes to standard error in one system call.
  package init(
    level: Level = .info, format: Format = .logfmt, timestamp: @escaping @Sendable () -> String,
    write: @escaping @Sendable (String) -> Void = Log.writeToStandardError
  ) {
    self.level = level
    self.format = format
    self.timestamp = timestamp
    self.write = write
  }

  /// Drops everything: for tests and commands.
  package static let silent = Log(level: .error, timestamp: { "" }, write: { _ in })

  package func debug(_ name: StaticString, _ fields: @autoclosure () -> [LogField] = []) {
    if level <= .debug { emit(.debug, name, fields()) }
  }

  package func info(_ name: StaticString, _ fields: @autoclosure () -> [LogField] = []) {
    if level <= .info { emit(.info, name, fields()) }
  }

  package func warning(_ name: StaticString, _ fields: @autoclosure () -> [LogField] = []) {
    if level <= .warning { emit(.warning, name, fields()) }
  }

  package func error(_ name: StaticString, _ fields: @autoclosure () -> [LogField] = []) {
    if level <= .error { emit(.error, name, fields()) }
  }

  private func emit(_ level: Level, _ name: StaticString, _ fields: [LogField]) {
    let all = [LogField("at", timestamp()), LogField("level", level.word), LogField("event", "\(name)")] + fields
    switch format {
    case .logfmt:
      write(all.dropFirst(3).reduce("\(all[0].value) \(level.word) \(name)") { $0 + " " + $1.logfmt } + "\n")
    case .json: write("{" + all.map(\.json).joined(separator: ",") + "}\n")
    }
  }

  package static func writeToStandardError(_ line: String) {
    var line = line
    line.withUTF8 { bytes in
      // A log that can't be written must not stop the relay: the result is of no use to anybody.
      _ = Glibc.write(2, bytes.baseAddress, bytes.count)
    }
  }
}
