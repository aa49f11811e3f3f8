import DurableQueue
import Foundation
import RelayCore
import SQLite
import Synchronization
import Telemetry
import TestSupport
import Testing

@Suite struct OpeningTests {
  let folder: TemporaryFolder
  let path: String
  let time = ManualTime()

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("cdrelay.db")
  }

  private func open(_ path: String? = nil) throws -> DurableQueue {
    try DurableQueue.open(path: path ?? self.path, time: time, log: .silent)
  }

  private func mode(_ path: String) throws -> Int {
    try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
  }

  @Test func aNewFileIsItsOwnersAlone() throws {
    let queue = try open()
    defer { queue.close() }
    for name in [path, path + ".lock", path + "-wal", path + "-shm"] { #expect(try mode(name) == 0o600) }
    let database = try Connection(path: path, mode: .readOnly)
    #expect(try database.text("PRAGMA journal_mode") == "wal")
    #expect(try database.integer("SELECT max(version) FROM schema_version") == Int64(Schema.newestVersion))
  }

  @Test func aSecondInstanceIsRefusedUntilTheFirstIsClosed() throws {
    let queue = try open()
    let error = #expect(throws: OpeningError.self) { try open() }
    #expect(
      error?.description == "another cdrelay (process \(getpid())) already serves \(path): stop it first, "
        + "or give this one another --database")
    queue.close()
    try open().close()
  }

  @Test func aMissingFolderIsNamed() {
    let error = #expect(throws: OpeningError.self) { try open(folder.file("none/cdrelay.db")) }
    #expect(
      error?.description == "\(folder.path)/none/cdrelay.db: there is no folder \(folder.path)/none: "
        + "make it (mkdir -p \(folder.path)/none), or give another --database")
  }

  @Test func aFolderInPlaceOfTheFileIsNamed() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    let error = #expect(throws: OpeningError.self) { try open() }
    #expect(
      error?.description == "\(path): Is a directory: make it writable for this user, or give another --database")
  }

  @Test(arguments: [false, true]) func aFileOfSomethingElseIsLeftAlone(isDatabase: Bool) throws {
    if isDatabase {
      try Connection(path: path, mode: .create).execute("CREATE TABLE invoice (number INTEGER)")
    } else {
      try Data("A letter, of more than a hundred bytes. \(String(repeating: "Yours. ", count: 20))".utf8)
        .write(to: URL(fileURLWithPath: path))
    }
    let error = #expect(throws: OpeningError.self) { try open() }
    #expect(error?.description == "\(path) is not a database of cdrelay: give another --database")
  }

  @Test func aNewerDatabaseIsRefused() throws {
    let newest = Schema.newestVersion
    let newer = Schema.migrations + ["CREATE TABLE later (id INTEGER PRIMARY KEY)"]
    _ = try DatabaseFile.open(path: path, time: time, migrations: newer)
    let error = #expect(throws: OpeningError.self) { try open() }
    #expect(
      error?.description == "\(path) has schema version \(newest + 1), this cdrelay knows versions up to \(newest): "
        + "run the newer cdrelay that wrote it, or put back the copy made before the migration "
        + "(\(path).before-\(newest + 1))")
  }

  @Test func aMigrationKeepsACopyOfTheFileAsItWas() throws {
    try DatabaseFile.open(path: path, time: time).connection.execute(
      "INSERT INTO action VALUES (1, 0, 'root', 'replay', 1, NULL)")
    let newest = Schema.newestVersion
    #expect(!FileManager.default.fileExists(atPath: path + ".before-1"))
    // As a process that was killed in the middle of its copy leaves them.
    let leftover = path + ".before-\(newest + 1).part"
    try Data(repeating: 0xD9, count: 8192).write(to: URL(filePath: leftover))
    try Data(repeating: 0xD9, count: 512).write(to: URL(filePath: leftover + "-journal"))
    let migrations = Schema.migrations + ["ALTER TABLE action ADD COLUMN host TEXT", "DROP TABLE action"]
    let lines = LineBox()
    let log = Log(level: .info, timestamp: { "" }, write: { line in lines.lines.withLock { $0.append(line) } })
    _ = try DatabaseFile.open(path: path, time: time, migrations: migrations, log: log)
    #expect(
      lines.lines.withLock { $0 }.first?.contains("database.migrating from=\(newest) to=\(newest + 2) copy=") == true)
    #expect(lines.lines.withLock { $0 }.last?.contains("database.migrated version=\(newest + 2)") == true)
    let database = try Connection(path: path, mode: .readOnly)
    #expect(try database.integer("SELECT max(version) FROM schema_version") == Int64(newest + 2))
    #expect(try database.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'action'") == 0)
    let copyPath = path + ".before-\(newest + 1)"
    let copy = try Connection(path: copyPath, mode: .readOnly)
    #expect(try copy.integer("SELECT max(version) FROM schema_version") == Int64(newest))
    #expect(try copy.integer("SELECT count(*) FROM action") == 1)
    #expect(try mode(copyPath) == 0o600)
    #expect(!FileManager.default.fileExists(atPath: path + ".before-\(newest + 2)"))
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(!left.contains { $0.contains(".part") })
  }

  /// SQLite would write it into the new copy.
  @Test func aMigrationWaitsWhileALogOfAnOlderCopyIsThere() throws {
    _ = try DatabaseFile.open(path: path, time: time)
    let newest = Schema.newestVersion
    let copyPath = path + ".before-\(newest + 1)"
    try Data("older copy".utf8).write(to: URL(filePath: copyPath))
    try Data("its log".utf8).write(to: URL(filePath: copyPath + "-wal"))
    let migrations = Schema.migrations + ["DROP TABLE action"]
    let error = #expect(throws: OpeningError.self) {
      try DatabaseFile.open(path: path, time: time, migrations: migrations)
    }
    #expect(
      error?.description
        == "\(copyPath)-wal: it is there, of an older file of that name, and would become part of the copy "
        + "made before the migration: move \(copyPath) and it away together")
    #expect(try String(contentsOfFile: copyPath, encoding: .utf8) == "older copy")
    // An older copy alone gives way to today's.
    unlink(copyPath + "-wal")
    _ = try DatabaseFile.open(path: path, time: time, migrations: migrations)
    #expect(try Connection(path: copyPath, mode: .readOnly).integer("SELECT count(*) FROM action") == 0)
  }

  /// A file of the first release, with a record in it.
  @Test func aDatabaseOfTheFirstVersionIsBroughtToToday() throws {
    try DatabaseFile.open(path: path, time: time, migrations: [Schema.migrations[0]]).connection.execute(
      "INSERT INTO action VALUES (1, 0, 'root', 'replay', 1, NULL)")
    let queue = try open()
    _ = queue.admit(.sample(key: "k"))
    queue.close()
    let database = try Connection(path: path, mode: .readOnly)
    #expect(try database.integer("SELECT count(*) FROM record") == 1)
    #expect(try database.integer("SELECT count(*) FROM action") == 1)
    #expect(try database.integer("SELECT count(*) FROM refused") == 0)
    let copy = try Connection(path: path + ".before-2", mode: .readOnly)
    #expect(try copy.integer("SELECT max(version) FROM schema_version") == 1)
  }

  @Test func aMigrationThatFailsLeavesTheOldVersion() throws {
    _ = try DatabaseFile.open(path: path, time: time)
    let broken = Schema.migrations + ["CREATE TABLE half (id INTEGER); CREATE TABLE half (id INTEGER)"]
    #expect(throws: OpeningError.self) { try DatabaseFile.open(path: path, time: time, migrations: broken) }
    try open().close()
    let database = try Connection(path: path, mode: .readOnly)
    #expect(try database.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'half'") == 0)
  }

  @Test func closingLeavesOneFile() throws {
    try open().close()
    #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
  }

  /// What was claimed while its taker stopped, which reads no answer any more.
  @Test func closingLeavesNothingInSending() throws {
    let fixture = try QueueFixture()
    _ = fixture.queue.admit(.sample(key: "1", to: ["crm"]))
    _ = fixture.queue.claim("crm")
    #expect(try fixture.count("delivery WHERE state = 'sending'") == 1)
    fixture.queue.close()
    #expect(try fixture.count("delivery WHERE state = 'waiting'") == 1)
  }

  /// A backup that reads, say: the process must have ended within 10 s, most of which its connections may take.
  @Test func closingDoesNotWaitLongForAReader() throws {
    let queue = try open()
    let reader = try Connection(path: path, mode: .readOnly)
    try reader.execute("BEGIN; SELECT count(*) FROM record")
    let took = ContinuousClock().measure { queue.close() }
    // As long as a lock is waited for on other days: 5 s.
    #expect(took < .seconds(4), "took \(took)")
    try reader.execute("COMMIT")
  }

  /// Written while the clock was years ahead: a time that no delay leads to.
  @Test func whatWaitsForATimeOutOfReachIsMadeDue() throws {
    let fixture = try QueueFixture()
    for (key, destination) in [("1", "crm"), ("2", "archive"), ("3", "archive")] {
      _ = fixture.queue.admit(.sample(key: key, to: [destination]))
    }
    let now = fixture.time.now().milliseconds
    let database = try fixture.connect(.readWrite)
    let day: Int64 = 24 * 3_600_000
    try database.execute(
      """
      UPDATE delivery SET next_attempt_at_ms = \(now + 4 * 365 * day) WHERE id != (SELECT max(id) FROM delivery);
      UPDATE delivery SET next_attempt_at_ms = \(now + day) WHERE id = (SELECT max(id) FROM delivery)
      """)
    try fixture.reopen()
    #expect(try fixture.count("delivery WHERE next_attempt_at_ms = \(now)") == 2)
    #expect(try fixture.count("delivery WHERE next_attempt_at_ms = \(now + day)") == 1)
    fixture.queue.close()
  }
}

private final class LineBox: Sendable {
  let lines = Mutex<[String]>([])
}
