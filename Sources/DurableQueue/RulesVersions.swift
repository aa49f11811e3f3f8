import Digests
import RelayCore
import SQLite

/// The rule files that ever were in force, numbered from 1: a record names the version that routed it.
enum RulesVersions {
  /// The newest version's number where the text is the same, else that of a new one. Secrets are masked in it: a changed
  /// one makes no new version, and routes nothing differently.
  /// `path`: of the file that it stood in.
  static func register(
    _ text: String, path: String? = nil, on connection: Connection, at now: Instant
  ) throws(DatabaseError) -> Int64 {
    let hash = SHA256.hash(text.utf8)
    let newest = try connection.statement("SELECT version, sha256 FROM rules_version ORDER BY version DESC LIMIT 1")
    defer { newest.reset() }
    var version: Int64 = 1
    if try newest.step() {
      guard newest.blob(1) != hash else { return newest.integer(0) }
      version = newest.integer(0) + 1
    }
    let insert = try connection.statement(
      "INSERT INTO rules_version (version, loaded_at_ms, sha256, text, path) VALUES (?, ?, ?, ?, ?)")
    insert.bind(1, version)
    insert.bind(2, now.milliseconds)
    insert.bind(3, hash)
    insert.bind(4, text)
    insert.bind(5, path)
    try insert.run()
    return version
  }
}
