import RelayCore
import SQLite
import Telemetry

/// Brings a database to the newest schema: forward only, each version in a transaction of its own.
struct Migrator {
  let connection: Connection
  let path: String
  let migrations: [String]
  /// Told of a copy, which takes its time, before it begins and when all is done.
  let log: Log?

  /// "CDRl" in the header of the file, so that `file` and we know it (sqlite.org/pragma.html#pragma_application_id).
  static let applicationID: Int64 = 0x4344_526C

  func run(at now: Instant) throws {
    let current = try version()
    guard current <= migrations.count else {
      throw OpeningError.newer(path: path, found: current, known: migrations.count)
    }
    guard current < migrations.count else { return }
    if current > 0 {
      let target = "\(path).before-\(current + 1)"
      let bytes = try connection.integer("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size") ?? 0
      log?.info(
        "database.migrating",
        [
          LogField("from", current), LogField("to", migrations.count), LogField("copy", target),
          LogField("bytes", Int(bytes)),
        ])
      try copy(to: target)
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
    if current > 0 { log?.info("database.migrated", [LogField("version", migrations.count)]) }
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
      let part = try PartFile(of: target, mayReplace: true)
      defer { part.remove() }
      let statement = try connection.prepare("VACUUM INTO ?")
      statement.bind(1, part.path)
      try statement.run()
      try part.publish()
    } catch let failure as PartFile.Failure {
      switch failure {
      case .leftover(let path):
        throw OpeningError.failed(
          path: path,
          reason:
            "it is there, of an older file of that name, and would become part of the copy made before the migration: "
            + "move \(target) and it away together")
      case .taken(let path), .exists(let path):
        throw OpeningError.failed(path: path, reason: "another process writes this file now: wait until it is done")
      case .system(let path, let reason): throw OpeningError.unusable(file: path, reason: reason)
      }
    }
  }
}
