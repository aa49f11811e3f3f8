import RelayCore
import SQLite

/// What became of the rule file when the relay looked at it last: taken or refused, and what is in force. The relay writes
/// it, commands read it.
package struct RulesLoad: Sendable, Equatable {
  /// What made the relay look.
  package enum Origin: String, Sendable {
    case start, signal, watch
  }

  package var at: Instant
  package var origin: Origin
  /// Of the file, absolute.
  package var path: String
  /// SHA-256 of the file's bytes; nil where it could not be read.
  package var fileHash: [UInt8]?
  /// Of the rules in force; 0 where the load itself is to make it.
  package var version: Int64 = 0
  /// Why it was refused, a line each; empty where it was taken.
  package var problems: [String] = []
  /// Secrets that are not there, a line each: `sources.callr.auth.token: secret CALLR is not in the environment`.
  package var missingSecrets: [String] = []
  /// Settings that changed and act from the next start on.
  package var needsRestart: [String] = []
  /// Counts the loads of a database. Given when it is written.
  package var number: Int64 = 0

  package init(at: Instant, origin: Origin, path: String, fileHash: [UInt8]?) {
    self.at = at
    self.origin = origin
    self.path = path
    self.fileHash = fileHash
  }

  package var isRefused: Bool { !problems.isEmpty }
}

extension RulesLoad {
  static let columns = """
    loaded_at_ms, origin, path, file_sha256, version, problems, missing_secrets, needs_restart, number
    """

  init?(_ row: Statement) {
    guard let origin = Origin(rawValue: row.text(1)) else { return nil }
    self.init(
      at: Instant(milliseconds: row.integer(0)), origin: origin, path: row.text(2),
      fileHash: row.blob(3).isEmpty ? nil : row.blob(3))
    version = row.integer(4)
    problems = Self.lines(row.text(5))
    missingSecrets = Self.lines(row.text(6))
    needsRestart = Self.lines(row.text(7))
    number = row.integer(8)
  }

  private static func lines(_ text: String) -> [String] {
    text.split(separator: "\n").map(String.init)
  }

  /// In the place of the last one.
  func write(on connection: Connection) throws(DatabaseError) {
    let replace = try connection.statement(
      """
      INSERT INTO rules_load (one, \(Self.columns)) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, 1)
      ON CONFLICT DO UPDATE SET loaded_at_ms = excluded.loaded_at_ms, origin = excluded.origin, path = excluded.path,
        file_sha256 = excluded.file_sha256, version = excluded.version, problems = excluded.problems,
        missing_secrets = excluded.missing_secrets, needs_restart = excluded.needs_restart, number = number + 1
      """)
    replace.bind(1, at.milliseconds)
    replace.bind(2, origin.rawValue)
    replace.bind(3, path)
    replace.bind(4, fileHash)
    replace.bind(5, version)
    replace.bind(6, problems.joined(separator: "\n"))
    replace.bind(7, missingSecrets.joined(separator: "\n"))
    replace.bind(8, needsRestart.joined(separator: "\n"))
    try replace.run()
  }
}
