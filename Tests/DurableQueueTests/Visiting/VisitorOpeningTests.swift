import DurableQueue
import Foundation
import RelayCore
import SQLite
import Telemetry
import TestSupport
import Testing

@Suite struct VisitorOpeningTests {
  private func refusal(_ path: String) -> String? {
    do {
      _ = try QueueVisitor(path: path)
      return nil
    } catch {
      return error.description
    }
  }

  @Test func aMissingFileIsNamedAndNotMade() throws {
    let path = try TemporaryFolder().file("cdrelay.db")
    #expect(
      refusal(path)
        == "\(path): no such database; name it with --database FILE, $CDRELAY_DATABASE or relay.database of the rule "
        + "file (--rules FILE), or make it by starting `cdrelay serve`")
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func anotherFileIsRefused() throws {
    let folder = try TemporaryFolder()
    let sentence = "not a database of cdrelay; name another with --database FILE"
    let text = folder.file("notes.txt")
    try String(repeating: "these are notes, not a database. ", count: 40).write(
      toFile: text, atomically: true, encoding: .utf8)
    #expect(refusal(text) == "\(text): \(sentence)")
    let foreign = folder.file("other.db")
    try Connection(path: foreign, mode: .create).execute("CREATE TABLE t (a)")
    #expect(refusal(foreign) == "\(foreign): \(sentence)")
    let empty = folder.file("empty.db")
    try Data().write(to: URL(fileURLWithPath: empty))
    #expect(refusal(empty) == "\(empty): \(sentence)")
  }

  @Test func anotherSchemaIsRefused() throws {
    let database = try DatabaseOnDisk()
    let newest = try #require(try database.integer("SELECT max(version) FROM schema_version"))
    try database.execute("UPDATE schema_version SET version = 99 WHERE version = \(newest)")
    #expect(
      refusal(database.path)
        == "\(database.path): its schema is version 99, this program knows versions up to \(newest); use the cdrelay "
        + "that wrote it, or a newer one")
    try database.execute("DELETE FROM schema_version WHERE version > 0; INSERT INTO schema_version VALUES (0, 0)")
    #expect(
      refusal(database.path)
        == "\(database.path): its schema is version 0, this program needs version \(newest); start `cdrelay serve` of "
        + "this program once, which copies and migrates it")
  }

  @Test func itWorksBesideARelay() throws {
    let database = try DatabaseOnDisk()
    let id = try database.delivery(.dead)
    let queue = try DurableQueue.open(path: database.path, time: ManualTime(database.now), log: .silent)
    let visitor = try QueueVisitor(path: database.path)
    let action = Action(at: database.now, user: "ann", command: "replay")
    #expect(try visitor.change(.replay, ids: [id], action: action).changed == 1)
    #expect(try queue.registerRules(text: "{}") == 1)
    #expect(try visitor.newestRules()?.text == "{}")
    queue.close()
  }
}
