import Foundation
import RelayCore
import SQLite
import Telemetry
import TestSupport
import Testing

@testable import DurableQueue

@Suite struct BackupTests {
  private func action(_ now: Instant) -> Action {
    Action(at: now, user: "ann", command: "backup copy.db")
  }

  @Test func aCopyIsWholeAndOfOneMoment() throws {
    let fixture = try QueueFixture()
    let load = BackgroundLoad { number in
      _ = fixture.queue.admit(.sample(key: "\(number)", body: [UInt8](repeating: 0x20, count: 20_000)))
    }
    while try fixture.count("record") < 300 {}
    let visitor = try QueueVisitor(path: fixture.path)
    let target = fixture.folder.file("copy.db")
    let receipt = try visitor.backup(to: target, action: action(fixture.time.now()))
    let taken = load.stop()
    let copy = try Connection(path: target, mode: .readOnly)
    #expect(try copy.text("PRAGMA integrity_check") == "ok")
    let records = Int(try copy.integer("SELECT count(*) FROM record") ?? 0)
    #expect((300...taken).contains(records))
    #expect(try copy.integer("SELECT count(*) FROM delivery") == Int64(records), "each with its delivery")
    #expect(try copy.integer("SELECT copied_at_ms FROM copied") == receipt.copiedAt.milliseconds)
    #expect(try fixture.count("copied") == 0)
    #expect(try fixture.count("backup WHERE path = '\(target)'") == 1)
    #expect(try fixture.connect().text("SELECT command || count FROM action") == "backup copy.db1")
    let attributes = try FileManager.default.attributesOfItem(atPath: target)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(attributes[.size] as? Int64 == receipt.bytes)
    let names = try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path)
    #expect(!names.contains { $0.contains(".part") })
  }

  @Test func itOverwritesNothingAndSaysWhereItCanNotWrite() throws {
    let database = try DatabaseOnDisk()
    let visitor = try QueueVisitor(path: database.path)
    let there = #expect(throws: BackupError.self) {
      try visitor.backup(to: database.path, action: action(database.now))
    }
    #expect(there?.description == "\(database.path) is there already: give another name, or remove it")
    let nowhere = #expect(throws: BackupError.self) {
      try visitor.backup(to: "/nowhere/copy.db", action: action(database.now))
    }
    #expect(
      nowhere?.description
        == "/nowhere/copy.db: No such file or directory: give a file in a folder that this user can write")
    let full = try QueueVisitor(path: database.path) { _ in 1000 }
    let noRoom = #expect(throws: BackupError.self) {
      try full.backup(to: database.folder.file("copy.db"), action: action(database.now))
    }
    #expect(noRoom?.description.contains("1000 bytes are free there: make room") == true)
    #expect(!FileManager.default.fileExists(atPath: database.folder.file("copy.db")))
  }

  /// Two at once, to one target: the one that came second says so, and the first one's copy is whole and marked.
  @Test func aSecondBackupToTheSameFileIsRefusedAndDisturbsNothing() throws {
    let database = try DatabaseOnDisk()
    try database.delivery(.waiting)
    let target = database.folder.file("copy.db")
    var refusals = 0
    let receipt = try QueueVisitor(path: database.path).backup(to: target, action: action(database.now)) { _, _ in
      let second = #expect(throws: BackupError.self) {
        try QueueVisitor(path: database.path).backup(to: target, action: action(database.now))
      }
      #expect(second == .taken(path: target))
      refusals += 1
    }
    #expect(refusals > 0)
    #expect(
      BackupError.taken(path: "/b").description
        == "/b: another backup writes this file now: give another name, or wait until it is done")
    let copy = try Connection(path: target, mode: .readOnly)
    #expect(try copy.integer("SELECT copied_at_ms FROM copied") == receipt.copiedAt.milliseconds)
    #expect(try copy.integer("SELECT count(*) FROM delivery") == 1)
    let names = try FileManager.default.contentsOfDirectory(atPath: database.folder.path)
    #expect(!names.contains { $0.contains(".part") })
  }

  @Test func aTargetThatIsMadeMeanwhileStays() throws {
    let database = try DatabaseOnDisk()
    let target = database.folder.file("copy.db")
    let error = #expect(throws: BackupError.self) {
      try QueueVisitor(path: database.path).backup(to: target, action: action(database.now)) { _, _ in
        try Data("mine".utf8).write(to: URL(filePath: target))
      }
    }
    #expect(error == .exists(path: target))
    #expect(try String(contentsOfFile: target, encoding: .utf8) == "mine")
    #expect(try database.integer("SELECT count(*) FROM backup") == 0)
  }

  /// Whether it stood there before or came meanwhile.
  @Test(arguments: ["-wal", "-shm", "-journal"], [true, false])
  func aLogOfAnOlderFileIsNotTakenUp(suffix: String, stoodThere: Bool) throws {
    let database = try DatabaseOnDisk()
    let target = database.folder.file("copy.db")
    func leave() throws { try Data("old".utf8).write(to: URL(filePath: target + suffix)) }
    if stoodThere { try leave() }
    let error = #expect(throws: BackupError.self) {
      try QueueVisitor(path: database.path).backup(to: target, action: action(database.now)) { _, _ in try leave() }
    }
    #expect(error == .leftover(path: target + suffix))
    #expect(
      error?.description
        == "\(target)\(suffix) is there, of an older file of that name, and would become part of the copy: "
        + "give another name, or remove it")
    #expect(!FileManager.default.fileExists(atPath: target))
    unlink(target + suffix)
    _ = try QueueVisitor(path: database.path).backup(to: target, action: action(database.now))
  }

  @Test func whatAKilledBackupLeftIsNoHindrance() throws {
    let database = try DatabaseOnDisk()
    let target = database.folder.file("copy.db")
    for suffix in [".part", ".part-journal", ".part.lock"] {
      try Data(repeating: 0xD9, count: 8192).write(to: URL(filePath: target + suffix))
    }
    _ = try QueueVisitor(path: database.path).backup(to: target, action: action(database.now))
    let names = try FileManager.default.contentsOfDirectory(atPath: database.folder.path)
    #expect(!names.contains { $0.contains(".part") })
  }

  /// It has no reserve of its own, and no relay runs on it.
  @Test func aCopyIsNotSaidToRefuseRecords() throws {
    let database = try DatabaseOnDisk()
    let target = database.folder.file("copy.db")
    _ = try QueueVisitor(path: database.path).backup(to: target, action: action(database.now))
    #expect(try QueueVisitor(path: target).status(dayStart: database.now).pressure == nil)
    // Where a relay ran, a missing reserve was given up.
    unlink(database.path + ".reserve")
    #expect(try QueueVisitor(path: database.path).status(dayStart: database.now).pressure?.limit == .reserve)
  }

  @Test func whatStopsItLeavesNothing() throws {
    struct Stopped: Error {}
    let database = try DatabaseOnDisk()
    let target = database.folder.file("copy.db")
    #expect(throws: Stopped.self) {
      try QueueVisitor(path: database.path).backup(to: target, action: action(database.now)) { _, _ in throw Stopped() }
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: database.folder.path)
    #expect(!names.contains { $0.hasPrefix("copy.db") })
    #expect(try database.integer("SELECT count(*) FROM backup") == 0)
  }

  @Test func aRelayOnACopyHoldsEveryDestination() throws {
    let fixture = try QueueFixture()
    _ = fixture.queue.admit(.sample(key: "k", to: ["crm", "archive"]))
    let target = fixture.folder.file("copy.db")
    _ = try QueueVisitor(path: fixture.path).backup(to: target, action: action(fixture.time.now()))
    var settings = DurableQueue.Settings()
    settings.destinations = ["crm", "billing"]
    func start() throws -> DurableQueue {
      try DurableQueue.open(path: target, settings: settings, time: fixture.time, log: .silent)
    }
    var queue = try start()
    let reason = "restored from a backup of 2025-10-01T09:00:00.000Z: what waits here may have been sent since"
    for name in ["archive", "billing", "crm"] {
      #expect(queue.holds[name]?.holds.map(\.kind) == [.copy], "\(name)")
      #expect(queue.holds[name]?.holds.first?.reason == reason)
    }
    // Also behind a second start, until a person says so, for each.
    queue.close()
    queue = try start()
    let visitor = try QueueVisitor(path: target)
    #expect(try visitor.resume("crm", action: action(fixture.time.now())).map(\.kind) == [.copy])
    queue.close()
    queue = try start()
    #expect(queue.holds["crm"]?.isHeld == false)
    #expect(queue.holds["archive"]?.isHeld == true)
    queue.close()
    // The one it was made of goes on.
    #expect(fixture.queue.holds.isEmpty)
  }
}
