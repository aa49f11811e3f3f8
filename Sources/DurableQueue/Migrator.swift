import RelayCore
import SQLite

/// Brings a database to the newest schema: forward only, each version in a transaction of its own.
struct Migrator {
  let connection: Connection
  let path: String
  let migrations: [String]

  /// "CDRl" in the header of the file, so that `file` and we know it (sqlite.org/pragma.html#pragma_application_id).
  static let applicationID: Int64 = 0x4344_526C

  func run(at now: Instant) throws {
    let current = try version()
    guard current <= migrations.count else {
      throw OpeningError.newer(path: path, found: current, known: migrations.count)
    }
    guard current < migrations.count else { return }
    if current > 0 {
      try copy(to: "\(path).before-\(current + 1)")
    } else {
      try connection.execute("PRAGMA application_id = \(Self.applicationID)")
    }
    for version in (current + 1)...migrations.count {
      try connection.transaction {
        try connection.execute(
          """
          CREATE TABLE IF NOT EXISTS schema_version (
            version INTEGER PRIMARY KEY,
            migrated_at_ms INTEGER NOT NULL
          ) STRICT
          """)
        try connection.execute(migrations[version - 1])
        try connection.execute("INSERT INTO schema_version VALUES (\(version), \(now.milliseconds))")
      }
    }
  }

  /// 0 for an empty file.
  private func version() throws -> Int {
    guard try connection.integer("SELECT count(*) FROM sqlite_schema") != 0 else { return 0 }
    guard try connection.integer("PRAGMA application_id") == Self.applicationID else {
      throw OpeningError.foreign(path: path)
    }
    return Int(try connection.integer("SELECT max(version) FROM schema_version") ?? 0)
  }

  private func copy(to target: String) throws {
    do {
      let part = try PartFile(of: target)
      defer { part.remove() }
      let statement = try connection.prepare("VACUUM INTO ?")
      statement.bind(1, part.path)
      try statement.run()
      try part.publish()
    } catch let failure as PartFile.Failure {
      throw OpeningError.unusable(file: failure.path, reason: failure.reason)
    }
  }
}
