import RelayCore
import SQLite
import TestSupport
import Testing

@testable import cdrelay

@Suite struct BackupCommandTests {
  @Test func itSaysWhatItMade() throws {
    let database = try DatabaseOnDisk()
    _ = try database.record()
    let file = database.folder.file("copy.db")
    let run = CalledCommand("backup --json", [file], database: database)
    #expect(run.code == .done, "\(run.errors)")
    let object = try #require(run.json.first)
    #expect(object["file"] == .string(file) && object["copied_at"] == .string("2025-10-01T09:00:00.000Z"))
    #expect(try Connection(path: file, mode: .readOnly).integer("SELECT count(*) FROM record") == 1)
    let again = CalledCommand("backup", [file], database: database)
    #expect(again.code == .failed)
    #expect(again.errors == "cdrelay: \(file) is there already: give another name, or remove it\n")
    #expect(CalledCommand("backup", database: database).code == .usage)
  }

  @Test func statusSaysWhyACopySendsNothing() throws {
    let database = try DatabaseOnDisk()
    try database.delivery(.waiting)
    try database.execute(
      """
      INSERT INTO destination (name, held_total_ms, held_since_at_ms) VALUES ('crm', 0, \(database.now.milliseconds));
      INSERT INTO hold (destination, kind, since_at_ms, reason) VALUES ('crm', 'copy', \(database.now.milliseconds), 'restored from a backup of yesterday')
      """)
    let problems = CalledCommand("status --problems", database: database)
    #expect(problems.output.contains("held by a restored backup"))
    #expect(problems.output.contains("`cdrelay destinations resume crm`"))
    let resumed = CalledCommand("destinations resume crm", database: database)
    #expect(resumed.code == .done && resumed.output.contains("no longer held by a restored backup"))
  }
}
